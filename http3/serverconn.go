package http3

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"

	"github.com/curlew-rpc/curlew/internal/transport"
)

// A conn is one connection of a server. It has an http3.Server to itself: that is what
// can be told to send GOAWAY.
type conn struct {
	server *server
	quic   *quic.Conn
	http   *http3.Server
	served chan struct{} // closed when http has it
	leave  func()

	mu       sync.Mutex
	active   int // requests that have a handler
	draining bool
	cut      bool // closed: what happens now is not for the tally
	tally    transport.Tally
	timers   []*time.Timer
}

func newConn(s *server, qc *quic.Conn, leave func()) *conn {
	c := &conn{server: s, quic: qc, served: make(chan struct{}), leave: leave}
	idle := s.limits.MaxIdle
	if idle == 0 {
		idle = defaultIdle
	}
	c.http = &http3.Server{
		Handler:        c,
		MaxHeaderBytes: int(s.limits.MaxHeaderBytes),
		IdleTimeout:    idle,
		Logger:         s.host.Logger,
		ConnContext: func(ctx context.Context, _ *quic.Conn) context.Context {
			close(c.served)
			return ctx
		},
	}
	return c
}

// start serves the connection.
func (c *conn) start() {
	go func() {
		err := c.http.ServeQUICConn(c.quic)
		c.server.host.Logger.Debug("connection ended", "peer", c.quic.RemoteAddr(), "http", 3, "err", err)
	}()
	context.AfterFunc(c.quic.Context(), c.ended)
	l := &c.server.limits
	if l.MaxAge <= 0 {
		return
	}
	// So that not all of them leave at once that have come at once.
	age := l.MaxAge + time.Duration((rand.Float64()-0.5)/5*float64(l.MaxAge))
	c.after(age, func() {
		c.drain()
		if l.MaxAgeGrace > 0 {
			c.after(l.MaxAgeGrace, func() { c.close("the connection is too old") })
		}
	})
}

// after calls f in d, unless the connection has ended.
func (c *conn) after(d time.Duration, f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.quic.Context().Err() == nil {
		c.timers = append(c.timers, time.AfterFunc(d, f))
	}
}

// ended hears that the connection is gone.
func (c *conn) ended() {
	c.mu.Lock()
	for _, t := range c.timers {
		t.Stop()
	}
	c.cut = true
	c.mu.Unlock()
	c.server.gone(c)
	c.leave()
}

// drain sends GOAWAY: clients make no more requests, and close the connection when those
// that are open have been answered.
func (c *conn) drain() {
	c.mu.Lock()
	first := !c.draining
	c.draining = true
	idle := c.active == 0
	c.mu.Unlock()
	if !first {
		return
	}
	go func() {
		ctx := c.quic.Context()
		select {
		case <-c.served: // before that it would not be served at all
			c.http.Shutdown(ctx) // which returns when the connection is gone
		case <-ctx.Done():
		}
	}()
	if idle {
		c.part()
	}
}

// linger is for how long a client that has got all its answers may leave the connection
// open: it has to hear GOAWAY, and perhaps get again what was lost of them.
const linger = 500 * time.Millisecond

// part closes a draining connection in a while whose client does not.
func (c *conn) part() {
	c.after(linger+4*c.quic.ConnectionStats().SmoothedRTT, func() {
		c.mu.Lock()
		idle := c.active == 0
		c.mu.Unlock()
		if idle {
			c.close("")
		}
	})
}

// close ends the connection, and tells the client why.
func (c *conn) close(reason string) {
	c.mu.Lock()
	if c.draining && !c.cut {
		c.tally.Cut += c.active
	}
	c.cut = true
	c.mu.Unlock()
	c.quic.CloseWithError(quic.ApplicationErrorCode(http3.ErrCodeNoError), reason)
}

// counted returns what became of the calls since the connection drains.
func (c *conn) counted() transport.Tally {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tally
}

// ServeHTTP serves one request.
func (c *conn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !c.enter() {
		refuse(w, r)
		return
	}
	defer func() { c.exit(r.Context().Err() == nil) }()
	defer func() {
		switch p := recover(); {
		case p == nil:
		case p != http.ErrAbortHandler || !cancel(w):
			panic(p)
		}
	}()
	c.server.handler.ServeHTTP(w, r)
}

// cancel has a response broken off with H3_REQUEST_CANCELLED, as RFC 9114 §4.1.1 has it for
// one that will not be completed, and reports whether it could. For a handler that
// panics, http3.Server takes H3_INTERNAL_ERROR, and the former for a frame that could not
// be written as a whole.
func cancel(w http.ResponseWriter) bool {
	if http.NewResponseController(w).SetWriteDeadline(time.Unix(1, 0)) != nil {
		return false
	}
	_, err := w.Write(make([]byte, moreThanBuffered))
	return errors.Is(err, os.ErrDeadlineExceeded)
}

// moreThanBuffered is more than http3.Server keeps of a response to see whether that is
// all of it.
const moreThanBuffered = 8 << 10

// enter counts a request, unless there are too many. QUIC counts streams: those that a
// client has reset are no more, while their handlers may be (CVE-2023-44487).
func (c *conn) enter() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.active >= int(c.server.limits.MaxStreams) {
		if c.draining {
			c.tally.Refused++
		}
		return false
	}
	c.active++
	return true
}

// exit counts a request off, which was answered unless its client has given it up.
func (c *conn) exit(answered bool) {
	c.mu.Lock()
	c.active--
	if answered && c.draining && !c.cut {
		c.tally.Finished++
	}
	last := c.draining && c.active == 0
	c.mu.Unlock()
	if last {
		c.part()
	}
}

// refuse resets a request of which nothing has been looked at, so that the client may
// make it elsewhere.
func refuse(w http.ResponseWriter, r *http.Request) {
	if s, ok := w.(http3.HTTPStreamer); ok {
		if str, err := s.HTTPStream(); err == nil {
			str.CancelRead(quic.StreamErrorCode(http3.ErrCodeRequestRejected))
			str.CancelWrite(quic.StreamErrorCode(http3.ErrCodeRequestRejected))
			return
		}
	}
	panic(errors.New("http3: a response writer that is none of quic-go's"))
}
