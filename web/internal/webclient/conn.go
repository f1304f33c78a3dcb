package webclient

import (
	"context"
	"io"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/curlew-rpc/curlew/internal/transport"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
)

// A RoundTripper makes a client's requests. It implements transport.ClientTransport.
type RoundTripper struct {
	http.RoundTripper
	// Own says that it is one client's alone, and is closed with it.
	Own bool
}

// Close implements transport.ClientTransport.
func (rt RoundTripper) Close() error {
	if c, ok := rt.RoundTripper.(io.Closer); ok && rt.Own {
		return c.Close()
	}
	return nil
}

// NewConn implements transport.ClientTransport.
func (rt RoundTripper) NewConn(host string, maxHeader int, closed func()) transport.Conn {
	c := &conn{rt: rt.RoundTripper, host: host, maxHeader: maxHeader, closed: closed}
	if idle, ok := rt.RoundTripper.(interface{ CloseIdleConnections() }); ok && rt.Own {
		c.closed = func() {
			closed()
			idle.CloseIdleConnections()
		}
	}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	return c
}

// A conn stands where a client has a connection. It has room for any number of
// requests, and where they go is for its RoundTripper to say.
type conn struct {
	rt        http.RoundTripper
	host      string
	maxHeader int
	closed    func()
	ctx       context.Context // ends when it is closed
	cancel    context.CancelFunc
	http1     atomic.Bool // a response has come by HTTP/1

	mu       sync.Mutex
	active   int // requests, and reservations
	draining bool
	gone     bool
	requests sync.WaitGroup
}

// Reserve implements transport.Conn.
func (c *conn) Reserve() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.draining || c.gone {
		return false
	}
	c.active++
	return true
}

// Unreserve implements transport.Conn.
func (c *conn) Unreserve() {
	c.mu.Lock()
	c.active--
	c.finishUnlock()
}

// Active implements transport.Conn.
func (c *conn) Active() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.active
}

// Drain implements transport.Conn.
func (c *conn) Drain() {
	c.mu.Lock()
	c.draining = true
	c.finishUnlock()
}

// finishUnlock closes a draining connection that has nothing to do any more.
func (c *conn) finishUnlock() {
	end := c.draining && c.active == 0 && !c.gone
	c.gone = c.gone || end
	c.mu.Unlock()
	if end {
		c.cancel()
		c.closed()
	}
}

// Close implements transport.Conn.
func (c *conn) Close() {
	c.mu.Lock()
	was := c.gone
	c.gone = true
	c.mu.Unlock()
	c.cancel()
	if !was {
		c.closed()
	}
	c.requests.Wait()
}

var errClosed = &transport.Status{Code: wire.Unavailable, Message: "the client's connection is closed", Unprocessed: true}

// Request implements transport.Conn.
func (c *conn) Request(r *transport.ClientRequest, _ <-chan struct{}) (transport.ClientCarrier, error) {
	rt, req := newRoundTrip(c, r)
	if req == nil {
		c.Unreserve()
		return rt, nil
	}
	c.mu.Lock()
	if c.draining || c.gone {
		c.mu.Unlock()
		c.Unreserve()
		rt.cancel()
		return nil, errClosed
	}
	c.requests.Add(1)
	c.mu.Unlock()
	go func() {
		defer c.requests.Done()
		defer c.Unreserve()
		rt.run(req)
	}()
	return rt, nil
}
