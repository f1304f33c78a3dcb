package curlew

import (
	"context"
	"errors"

	"github.com/curlew-rpc/curlew/internal/transport"
)

// A TokenSource supplies the bearer token that authorizes calls. It is asked
// for every call, so it should keep a token until it expires. It may be called
// concurrently.
type TokenSource interface {
	Token(ctx context.Context) (string, error)
}

// A TokenFunc is a function as a TokenSource.
type TokenFunc func(ctx context.Context) (string, error)

// Token calls f.
func (f TokenFunc) Token(ctx context.Context) (string, error) { return f(ctx) }

// StaticToken is a TokenSource of one token.
func StaticToken(token string) TokenSource {
	return TokenFunc(func(context.Context) (string, error) { return token, nil })
}

// Token sends "authorization: Bearer" and a token of ts with each call. Over a
// connection without TLS the call fails with Unauthenticated instead, unless
// the client has AllowTokenOverCleartext.
func Token(ts TokenSource) CallOption {
	return func(s *callSettings) error {
		s.token = ts
		if ts == nil {
			return errors.New("Token: the token source is nil")
		}
		return nil
	}
}

// AllowTokenOverCleartext lets tokens cross connections without TLS, where
// anybody on the way can read and use them.
func AllowTokenOverCleartext() ClientOption {
	return clientOption(func(c *clientConfig) error {
		c.allowBare = true
		return nil
	})
}

// authorize returns the request's fields with the token added.
func (c *clientCall) authorize(ctx context.Context, fields []transport.Field) ([]transport.Field, error) {
	cl := c.caller.client
	if cl.scheme != "https" && !cl.allowBare {
		return nil, Errorf(Unauthenticated, "the call has a token and the connection no TLS: use WithTLS, or AllowTokenOverCleartext if nobody else can listen")
	}
	token, err := c.caller.settings.token.Token(ctx)
	if err != nil {
		// What a token source says of itself must not pass for the server's word
		// on the request (gRFC A54).
		code := CodeOf(err)
		switch code {
		case Canceled, DeadlineExceeded, Unavailable, Unauthenticated, PermissionDenied:
		default:
			code = Unauthenticated
		}
		return nil, Errorf(code, "no token for the call").Because(err)
	}
	h := Header{fields}
	h.Set("authorization", "Bearer "+token)
	if err := h.check(); err != nil {
		return nil, Errorf(Unauthenticated, "the token source returned what cannot be sent in a header")
	}
	return h.fields, nil
}
