package site

import (
	"bytes"
	"context"
	"errors"
	"log"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/curlew-rpc/curlew/internal/transport"
)

// HTTP1 serves connections of HTTP/1.1 by net/http. It is a [transport.HTTP1].
type HTTP1 struct {
	server http.Server
	conns  handed
	site   *Site

	start, drain sync.Once
	draining     atomic.Bool

	mu    sync.Mutex
	open  map[*http1Conn]struct{}
	ended bool
}

// NewHTTP1 returns what serves a site over HTTP/1.1.
func NewHTTP1(s *Site) *HTTP1 {
	h := &HTTP1{site: s, conns: handed{next: make(chan net.Conn), closed: make(chan struct{})}, open: map[*http1Conn]struct{}{}}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	h.server = http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if h.draining.Load() {
				w.Header().Set("Connection", "close")
			}
			c := connOf(r)
			if c.last.Load() {
				panic(http.ErrAbortHandler) // it is what is left of the request before
			}
			s.ServeHTTP(w, tlsState(r, c.TLS))
		}),
		Protocols:         protocols,
		ReadHeaderTimeout: s.host.HandshakeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    int(s.host.MaxHeaderBytes),
		ErrorLog:          log.New(quiet{s.host.Logger}, "", 0),
		ConnState:         h.watch,
		ConnContext:       func(ctx context.Context, c net.Conn) context.Context { return context.WithValue(ctx, connKey{}, c) },
	}
	return h
}

// idleTimeout is how long a connection may be without a request.
const idleTimeout = 2 * time.Minute

type connKey struct{}

// quiet logs what net/http has to say, which is mostly of clients' faults.
type quiet struct{ log *slog.Logger }

func (q quiet) Write(b []byte) (int, error) {
	if bytes.Contains(b, []byte("panic serving")) { // which is of ours
		q.log.Error("HTTP/1.1", "said", string(b))
		return len(b), nil
	}
	q.log.Debug("HTTP/1.1", "said", string(b))
	return len(b), nil
}

// Serve implements [transport.HTTP1].
func (h *HTTP1) Serve(c *transport.ForeignConn) {
	h.start.Do(func() {
		go h.server.Serve(&h.conns) // it returns when the server is closed, and says nothing else
	})
	own := &http1Conn{ForeignConn: c, owner: h}
	h.mu.Lock()
	ended := h.ended
	h.open[own] = struct{}{}
	h.mu.Unlock()
	if ended {
		own.Close()
		return
	}
	select {
	case h.conns.next <- own:
	case <-h.conns.closed:
		own.Close()
	}
}

// forget notes that a connection is closed.
func (h *HTTP1) forget(c *http1Conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.open, c)
}

// drainTime is how long a server that drains has idle connections open: their clients
// cannot be told that the next request must not come, and what they have sent meanwhile
// would be lost. Those that do send something are told by the response.
const drainTime = 300 * time.Millisecond

// Drain implements [transport.HTTP1].
func (h *HTTP1) Drain() {
	h.drain.Do(func() {
		h.draining.Store(true)
		go func() {
			timer := time.NewTimer(drainTime)
			defer timer.Stop()
			select {
			case <-timer.C:
				_ = h.server.Shutdown(context.Background()) // what it waits for, who drains does too
			case <-h.conns.closed:
			}
		}()
	})
}

// Close implements [transport.HTTP1].
func (h *HTTP1) Close() {
	h.mu.Lock()
	h.ended = true
	open := slices.Collect(maps.Keys(h.open))
	h.mu.Unlock()
	h.conns.Close()
	h.server.Close()
	h.site.sockets.cut()
	for _, c := range open { // those that net/http does not know yet, or any more
		c.end()
	}
}

// watch hears from net/http what becomes of a connection.
func (h *HTTP1) watch(nc net.Conn, state http.ConnState) {
	c, ok := nc.(*http1Conn)
	switch {
	case !ok:
	case state == http.StateHijacked:
		c.hijack()
	case state == http.StateIdle && c.last.Load():
		c.part()
	}
}

// handed is a listener of connections that others have accepted.
type handed struct {
	next   chan net.Conn
	closed chan struct{}
	once   sync.Once
}

// Accept implements net.Listener.
func (l *handed) Accept() (net.Conn, error) {
	select {
	case c := <-l.next:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (l *handed) Close() error {
	err := errors.New("closed before")
	l.once.Do(func() {
		close(l.closed)
		err = nil
	})
	return err
}

// Addr implements net.Listener.
func (l *handed) Addr() net.Addr { return address{"tcp", "handed over"} }
