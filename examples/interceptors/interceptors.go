package main

import (
	"context"
	"log/slog"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/curlew-rpc/curlew"
)

// logCalls logs every call when it ends. It serves servers and clients alike.
func logCalls(log *slog.Logger) curlew.Interceptor {
	return func(ctx context.Context, call *curlew.Call, next curlew.Handler) error {
		start := time.Now()
		err := next(ctx, call)
		log.Info("call", "method", call.Method().Path, "code", curlew.CodeOf(err), "took", time.Since(start))
		return err
	}
}

// addKey sends a client's key with each call.
func addKey(key string) curlew.Interceptor {
	return func(ctx context.Context, call *curlew.Call, next curlew.Handler) error {
		call.RequestHeader().Set("x-api-key", key)
		return next(ctx, call)
	}
}

type userKey struct{}

// authenticate lets calls pass whose key is known, and tells the handler whose it
// is. Nothing of a request has been decoded before.
func authenticate(users map[string]string) curlew.Interceptor {
	return func(ctx context.Context, call *curlew.Call, next curlew.Handler) error {
		user, ok := users[call.RequestHeader().Get("x-api-key")]
		if !ok {
			return curlew.Errorf(curlew.Unauthenticated, "no such key")
		}
		return next(context.WithValue(ctx, userKey{}, user), call)
	}
}

// userOf returns the user whom authenticate found.
func userOf(ctx context.Context) string {
	user, _ := ctx.Value(userKey{}).(string)
	return user
}

// limitSize refuses requests that are larger than so many bytes, as an example of
// looking at messages: it puts a stream of its own around that of the call.
func limitSize(most int) curlew.Interceptor {
	return func(ctx context.Context, call *curlew.Call, next curlew.Handler) error {
		call.Stream = &sizeLimited{call.Stream, most}
		return next(ctx, call)
	}
}

type sizeLimited struct {
	curlew.Stream
	most int
}

func (s *sizeLimited) Recv(msg any) error {
	if err := s.Stream.Recv(msg); err != nil {
		return err
	}
	if m, ok := msg.(proto.Message); ok && proto.Size(m) > s.most {
		return curlew.Errorf(curlew.InvalidArgument, "the request is larger than %d bytes", s.most)
	}
	return nil
}
