package transport

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"slices"
	"sync/atomic"
	"time"

	"github.com/curlew-rpc/curlew/compress"
	"github.com/curlew-rpc/curlew/internal/h2"
	"github.com/curlew-rpc/curlew/internal/h2/frame"
)

// ClientConfig is what a client's connections need to know. It must not change.
type ClientConfig struct {
	H2  h2.Config
	TLS *tls.Config // nil: cleartext with prior knowledge
	// Dial opens the socket; nil means a net.Dialer.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// UserTimeout is how long the kernel waits for the server's acknowledgement of
	// what it sends before it gives the connection up; 0 leaves that to the system.
	UserTimeout time.Duration
}

// A ClientConn is one connection of a client. It implements [Conn].
type ClientConn struct {
	*h2.Conn
	following atomic.Int32 // calls of Follow under way
}

// Close ends the connection at once and returns when its goroutines have ended.
func (c *ClientConn) Close() {
	c.Conn.Close()
	<-c.Done()
}

// Dial connects, performs the TLS handshake, and returns when the server's
// SETTINGS have arrived: only then is the connection known to work.
func Dial(ctx context.Context, network, address, serverName string, cfg *ClientConfig, obs h2.Observer) (*ClientConn, error) {
	dial := cfg.Dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	nc, err := dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if cfg.UserTimeout > 0 {
		h2.SetUserTimeout(nc, cfg.UserTimeout)
	}
	if cfg.TLS != nil {
		if nc, err = shield(ctx, nc, serverName, cfg.TLS); err != nil {
			return nil, fmt.Errorf("%s: %w", address, err)
		}
	}
	c := &ClientConn{Conn: h2.NewClient(nc, &cfg.H2, obs)}
	c.Start()
	if err := c.Greeted(ctx); err != nil {
		c.Close()
		return nil, fmt.Errorf("%s: no HTTP/2 settings from the server (does it speak HTTP/2, and TLS or not as the client does?): %w", address, err)
	}
	return c, nil
}

func shield(ctx context.Context, nc net.Conn, serverName string, base *tls.Config) (net.Conn, error) {
	cfg := base.Clone()
	cfg.MinVersion = max(cfg.MinVersion, tls.VersionTLS12)
	if cfg.ServerName == "" {
		cfg.ServerName = serverName
	}
	if !slices.Contains(cfg.NextProtos, "h2") {
		cfg.NextProtos = append([]string{"h2"}, cfg.NextProtos...)
	}
	shielded, state, err := h2.Shield(ctx, nc, cfg, true)
	if err != nil {
		return nil, err
	}
	if state.NegotiatedProtocol != "h2" {
		shielded.Close()
		return nil, fmt.Errorf("the server did not agree to HTTP/2 by ALPN (it chose %q)", state.NegotiatedProtocol)
	}
	return shielded, nil
}

// A ClientStream is one attempt at a gRPC call. It must not be used again.
type ClientStream struct {
	h2.Stream
	comp    compress.Compressor // of responses; nil: they are not compressed
	head    *Head
	checked bool
}

// Cancel ends the attempt, unless it has ended. It may be called from any
// goroutine; one that receives returns.
func (s *ClientStream) Cancel() { s.Reset(frame.CodeCancel) }
