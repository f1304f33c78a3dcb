package http3

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"

	"github.com/curlew-rpc/curlew/web"
)

// A roundTripper makes the requests of one client, all of them to one host.
type roundTripper struct {
	tls       *tls.Config // nil: the default
	quic      *quic.Config
	http      http3.Transport // makes connections of those of QUIC
	handshake time.Duration

	mu      sync.Mutex
	socket  *quic.Transport // nil before the first request
	current *clientConn     // that requests go over; nil: there is none
	all     map[*clientConn]struct{}
	closed  bool
	dialing sync.WaitGroup
	ctx     context.Context // ends with Close
	cancel  context.CancelFunc
}

// A clientConn is a connection, or the attempt to make one.
type clientConn struct {
	made chan struct{} // closed when it is made, or err says why not
	stop func()        // ends the attempt
	err  error
	quic *quic.Conn
	http *http3.ClientConn

	active  int  // requests; guarded by the roundTripper's mu, as retired is
	retired bool // it takes no more of them
}

func newRoundTripper(c web.Connections) *roundTripper {
	t := &roundTripper{
		tls: c.TLS, handshake: c.HandshakeTimeout, all: map[*clientConn]struct{}{},
		// Twice of it, for http3 does not say by which error a header is too large.
		http: http3.Transport{MaxResponseHeaderBytes: 2 * c.MaxHeaderBytes, DisableCompression: true},
		quic: &quic.Config{
			HandshakeIdleTimeout: c.HandshakeTimeout / 2,
			MaxIdleTimeout:       silence,
			KeepAlivePeriod:      keepalive,
			MaxIncomingStreams:   -1, // servers open none
		},
	}
	t.ctx, t.cancel = context.WithCancel(context.Background())
	return t
}

// tries is how many connections a request is tried on that it has not left by.
const tries = 4

// RoundTrip implements http.RoundTripper.
func (t *roundTripper) RoundTrip(req *http.Request) (*http.Response, error) {
	var err error
	for range tries {
		var c *clientConn
		if c, err = t.conn(req); err != nil {
			break
		}
		gotConn(req.Context(), c.quic)
		var res *http.Response
		if res, err = c.http.RoundTrip(req); err == nil {
			res.Body = &responseBody{ReadCloser: res.Body, done: func() { t.release(c) }}
			return res, nil
		}
		left := !unusable(err)
		if !left || errors.Is(err, rejected) {
			t.retire(c)
		}
		t.release(c)
		if left || req.Context().Err() != nil {
			if req.Body != nil {
				req.Body.Close()
			}
			return nil, requestError(req, err)
		}
	}
	if req.Body != nil {
		req.Body.Close()
	}
	return nil, dialError(req, err)
}

// rejected is what a server says to requests that come after its GOAWAY, which may be
// heard of first: that is on another stream.
var rejected = &http3.Error{Remote: true, ErrorCode: http3.ErrCodeRequestRejected}

// unusable reports whether an error of a request says that it has not left, for the
// connection takes no more: the type has no name outside of its package.
func unusable(err error) bool { return strings.HasSuffix(fmt.Sprintf("%T", err), ".errConnUnusable") }

// conn returns a connection that is made, and counts a request of it.
func (t *roundTripper) conn(req *http.Request) (*clientConn, error) {
	t.mu.Lock()
	if t.closed {
		t.mu.Unlock()
		return nil, errClosed
	}
	c := t.current
	if c == nil || c.dead() {
		c = &clientConn{made: make(chan struct{})}
		ctx, cancel := context.WithTimeout(t.ctx, t.handshake)
		c.stop = cancel
		t.current = c
		t.all[c] = struct{}{}
		t.dialing.Add(1)
		go t.make(ctx, c, req.URL.Host)
	}
	c.active++
	t.mu.Unlock()
	select {
	case <-c.made:
	case <-req.Context().Done():
		t.release(c)
		return nil, req.Context().Err()
	}
	if c.err != nil {
		t.release(c)
		return nil, c.err
	}
	return c, nil
}

// dead reports whether a connection has been made and has ended.
func (c *clientConn) dead() bool {
	select {
	case <-c.made:
		return c.quic == nil || c.quic.Context().Err() != nil
	default:
		return false
	}
}

// make makes a connection.
func (t *roundTripper) make(ctx context.Context, c *clientConn, host string) {
	defer t.dialing.Done()
	defer c.stop()
	qc, err := t.dial(ctx, host)
	t.mu.Lock()
	if err == nil && t.closed {
		qc.CloseWithError(noError, "")
		err = errClosed
	}
	if err == nil {
		c.quic, c.http = qc, t.http.NewClientConn(qc)
		context.AfterFunc(qc.Context(), func() { t.forget(c) })
	}
	c.err = err
	close(c.made)
	t.mu.Unlock()
	if err != nil {
		t.forget(c)
	}
}

// forget drops a connection that has ended, or could not be made.
func (t *roundTripper) forget(c *clientConn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.all, c)
	if t.current == c {
		t.current = nil
	}
}

// retire has requests use another connection. This one is closed after its last.
func (t *roundTripper) retire(c *clientConn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c.retired = true
	if t.current == c {
		t.current = nil
	}
}

// release counts a request out.
func (t *roundTripper) release(c *clientConn) {
	t.mu.Lock()
	c.active--
	end := c.retired && c.active == 0
	t.mu.Unlock()
	if end {
		c.quic.CloseWithError(noError, "")
	}
}

const noError = quic.ApplicationErrorCode(http3.ErrCodeNoError)

// CloseIdleConnections closes the connection if no request uses it.
func (t *roundTripper) CloseIdleConnections() {
	t.mu.Lock()
	c := t.current
	if c == nil || c.active > 0 {
		t.mu.Unlock()
		return
	}
	t.current = nil
	t.mu.Unlock()
	c.stop()
	<-c.made
	if c.quic != nil {
		c.quic.CloseWithError(noError, "")
	}
}

// Close closes everything, and fails requests that are under way.
func (t *roundTripper) Close() error {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	t.cancel()
	t.dialing.Wait()
	t.mu.Lock()
	var conns []*clientConn
	for c := range t.all {
		conns = append(conns, c)
	}
	socket := t.socket
	t.socket = nil
	t.mu.Unlock()
	for _, c := range conns {
		c.quic.CloseWithError(noError, "")
	}
	if socket == nil {
		return nil
	}
	socket.Close()
	return socket.Conn.Close()
}

// gotConn tells who traces a request which connection it goes over.
func gotConn(ctx context.Context, qc *quic.Conn) {
	if trace := httptrace.ContextClientTrace(ctx); trace != nil && trace.GotConn != nil {
		trace.GotConn(httptrace.GotConnInfo{Conn: addresses{qc: qc}})
	}
}

// addresses is a connection as far as traces look at it.
type addresses struct {
	net.Conn // nil
	qc       *quic.Conn
}

func (a addresses) LocalAddr() net.Addr  { return a.qc.LocalAddr() }
func (a addresses) RemoteAddr() net.Addr { return a.qc.RemoteAddr() }

// A responseBody tells what HTTP/3's errors mean, and when a response is over.
type responseBody struct {
	io.ReadCloser
	once sync.Once
	done func()
}

// Read implements io.Reader.
func (b *responseBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		err = statusOf(err)
	}
	return n, err
}

// Close implements io.Closer.
func (b *responseBody) Close() error {
	err := b.ReadCloser.Close()
	b.once.Do(b.done)
	return err
}
