// Client is the bench's curlew client.
package main

import (
	"context"
	"flag"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/bench/benchpb"
	"github.com/curlew-rpc/curlew/bench/benchpb/benchpbcurlew"
	"github.com/curlew-rpc/curlew/bench/internal/peer"
)

func main() {
	interceptors := flag.Int("interceptors", 0, "`number` of interceptors, which do nothing")
	peer.RunClient(func(ctx context.Context, target peer.Target) (peer.Client, error) {
		opts := []curlew.ClientOption{curlew.WithMaxReceiveBytes(peer.MessageLimit)}
		if target.TLS != nil {
			opts = append(opts, curlew.WithTLS(target.TLS))
		}
		for range *interceptors {
			opts = append(opts, curlew.WithInterceptors(pass))
		}
		conn, err := curlew.NewClient(target.Addr, opts...)
		if err != nil {
			return nil, err
		}
		return client{benchpbcurlew.NewBenchClient(conn)}, conn.Ready(ctx)
	})
}

func pass(ctx context.Context, call *curlew.Call, next curlew.Handler) error {
	return next(ctx, call)
}

type client struct{ benchpbcurlew.BenchClient }

func (c client) List(ctx context.Context, req *benchpb.ListRequest, receive func(*benchpb.Payload)) error {
	for msg, err := range c.BenchClient.List(ctx, req) {
		if err != nil {
			return err
		}
		receive(msg)
	}
	return nil
}

func (c client) Import(ctx context.Context, next func() *benchpb.Payload) (*benchpb.Summary, error) {
	return c.BenchClient.Import(ctx, func(yield func(*benchpb.Payload, error) bool) {
		for msg := next(); msg != nil; msg = next() {
			if !yield(msg, nil) {
				return
			}
		}
	})
}

func (c client) Chat(ctx context.Context) (peer.Chat, error) {
	return c.BenchClient.Chat(ctx)
}
