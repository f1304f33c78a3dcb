package site

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/curlew-rpc/curlew/internal/transport"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
)

// ServeHTTP answers a request that another server than our own engine carries.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := s.host.Err(); err != nil {
		s.host.Logger.Error("a request cannot be served", "err", err)
		http.Error(w, "the server is not set up rightly: see its log", http.StatusInternalServerError)
		return
	}
	version := http2
	switch r.ProtoMajor {
	case 1:
		version = http1
	case 3:
		version = http3
	}
	m := messageOf(r)
	if version == http1 && r.Method == http.MethodGet && s.upgrade(w, r, m) {
		return
	}
	found := s.find(m, version)
	if h, ok := found.(*handlerRoute); ok {
		h.direct(w, r)
		return
	}
	owner, b := found.begin()
	c := newCarrier(s, w, r)
	b.carrier = c
	b.other, b.values = peerOf(r), r.Context()
	if start := found.start(); start.Whole {
		c.timed = r.Body != http.NoBody
	} else if version == http1 {
		// Without it the response follows the request.
		c.duplex = c.rc.EnableFullDuplex() == nil
	}
	stop := context.AfterFunc(r.Context(), func() { owner.Aborted(r.Context().Err()) })
	owner.Serve()
	stop()
	c.finish()
}

// messageOf returns a request's header as our engine has it.
func messageOf(r *http.Request) *transport.Message {
	m := &transport.Message{Method: r.Method, Scheme: "http", Authority: r.Host, Path: r.URL.EscapedPath(), ContentLength: r.ContentLength}
	if r.TLS != nil {
		m.Scheme = "https"
	}
	if r.URL.RawQuery != "" {
		m.Path += "?" + r.URL.RawQuery
	}
	for name, values := range r.Header {
		name = strings.ToLower(name)
		for _, v := range values {
			m.Fields = append(m.Fields, transport.Field{Name: name, Value: v})
		}
	}
	return m
}

func peerOf(r *http.Request) *transport.PeerInfo {
	p := &transport.PeerInfo{Remote: address{"tcp", r.RemoteAddr}, TLS: r.TLS}
	if r.ProtoMajor == 3 {
		p.Remote = address{"udp", r.RemoteAddr}
	}
	if own := connOf(r); own != nil {
		p.Remote = own.RemoteAddr() // as over HTTP/2
	}
	p.Local, _ = r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	return p
}

// address is a peer's address of which there is only the text.
type address struct{ network, text string }

func (a address) Network() string { return a.network }
func (a address) String() string  { return a.text }

// A carrier is a request that net/http, or a server with its interface, carries.
type carrier struct {
	site *Site
	w    http.ResponseWriter
	r    *http.Request
	rc   *http.ResponseController

	buf      []byte
	off      int
	err      error // of the request's content, after what buf has
	written  bool
	aborted  bool
	deadline bool // one has been set for writing
	duplex   bool // over HTTP/1.1
	timed    bool // the request has a time to arrive in, from when it is first asked for
	stopped  atomic.Bool
}

func newCarrier(s *Site, w http.ResponseWriter, r *http.Request) *carrier {
	if r.Body == nil { // which net/http's own server never has
		r.Body = http.NoBody
	}
	return &carrier{site: s, w: w, r: r, rc: http.NewResponseController(w)}
}

// expect limits how long the request may take.
func (c *carrier) expect(by time.Time) { _ = c.rc.SetReadDeadline(by) }

// minRead is how much is read at once.
const minRead = 4 << 10

// Peek implements [transport.Carrier].
func (c *carrier) Peek(n int, done <-chan struct{}) ([]byte, error) {
	if len(c.buf)-c.off >= n {
		return c.buf[c.off:], nil
	}
	if c.off > 0 {
		c.buf = c.buf[:copy(c.buf, c.buf[c.off:])]
		c.off = 0
	}
	if c.timed {
		c.timed = false
		c.expect(time.Now().Add(c.site.host.ReadTimeout))
	}
	stop := c.interrupt(done, c.rc.SetReadDeadline)
	defer stop()
	for len(c.buf) < n && c.err == nil {
		if c.stopped.Load() {
			return c.buf, transport.ErrDone
		}
		if cap(c.buf)-len(c.buf) < minRead {
			c.buf = append(c.buf, make([]byte, minRead)...)[:len(c.buf)]
		}
		got, err := c.r.Body.Read(c.buf[len(c.buf):cap(c.buf)])
		c.buf = c.buf[:len(c.buf)+got]
		if err == nil {
			continue
		}
		if isDone(done) || c.stopped.Load() {
			return c.buf, transport.ErrDone
		}
		c.err = readError(err)
		if c.err == io.EOF {
			c.expect(time.Time{}) // the response may take longer
		}
	}
	if len(c.buf) >= n {
		return c.buf, nil
	}
	return c.buf, c.err
}

// readError returns the error of a content that net/http could not read.
func readError(err error) error {
	var tooLarge *http.MaxBytesError
	switch {
	case err == io.EOF:
		return io.EOF
	case errors.As(err, &tooLarge):
		return transport.NewStatus(wire.ResourceExhausted, "the request is larger than the limit")
	case errors.Is(err, context.DeadlineExceeded), isTimeout(err):
		return transport.NewStatus(wire.DeadlineExceeded, "the request did not arrive in time")
	}
	return &transport.Status{Code: wire.Canceled, Message: "the request broke off", Cause: err}
}

func isTimeout(err error) bool {
	var ne net.Error
	return errors.As(err, &ne) && ne.Timeout()
}

func isDone(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}

// interrupt has a read or a write that is under way end when done is closed, until stop
// is called.
func (c *carrier) interrupt(done <-chan struct{}, set func(time.Time) error) (stop func()) {
	if done == nil {
		return func() {}
	}
	over := make(chan struct{})
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		select {
		case <-done:
			_ = set(time.Unix(1, 0))
		case <-over:
		}
	}()
	return func() {
		close(over)
		<-gone
	}
}

// stopReceiving has Peek return what there is, at once.
func (c *carrier) stopReceiving() {
	c.stopped.Store(true)
	c.expect(time.Unix(1, 0))
}

// Discard implements [transport.Carrier].
func (c *carrier) Discard(n int) { c.off += n }

// Send implements [transport.Carrier].
func (c *carrier) Send(out transport.Outgoing, done <-chan struct{}) error {
	if c.aborted {
		return transport.ErrDone
	}
	c.extend()
	stop := c.interrupt(done, c.rc.SetWriteDeadline)
	err := c.send(out, done)
	stop()
	switch {
	case err == nil:
		return nil
	case isDone(done):
		return transport.ErrDone
	}
	return &transport.Status{Code: wire.Canceled, Message: "the response broke off", Cause: err}
}

// extend gives the client time to take what is written next.
func (c *carrier) extend() {
	c.deadline = c.rc.SetWriteDeadline(time.Now().Add(c.site.host.WriteTimeout)) == nil
}

func (c *carrier) send(out transport.Outgoing, done <-chan struct{}) error {
	if out.Header != nil {
		c.head(&out)
	}
	if err := c.write(out.Data, done); err != nil {
		return err
	}
	for _, p := range out.More {
		if err := c.write(p, done); err != nil {
			return err
		}
	}
	header := c.w.Header()
	for _, f := range out.Trailer {
		header.Add(http.TrailerPrefix+http.CanonicalHeaderKey(f.Name), f.Value)
	}
	if out.End || out.Trailer != nil {
		return nil // returning ends the response
	}
	return c.rc.Flush()
}

// maxWrite is how much of a message has to be taken within the write timeout.
const maxWrite = 256 << 10

func (c *carrier) write(b []byte, done <-chan struct{}) error {
	for len(b) > 0 {
		n := min(len(b), maxWrite)
		if _, err := c.w.Write(b[:n]); err != nil {
			return err
		}
		if b = b[n:]; len(b) > 0 {
			c.extend()
			if isDone(done) { // and may have been before
				return transport.ErrDone
			}
		}
	}
	return nil
}

// head writes the response header.
func (c *carrier) head(out *transport.Outgoing) {
	header := c.w.Header()
	status := 200
	for _, f := range out.Header {
		switch f.Name {
		case ":status":
			status = statusCode(f.Value)
		default:
			header.Add(f.Name, f.Value)
		}
	}
	// A response that is all here need not be sent in chunks.
	if out.End && out.Trailer == nil && status != 204 && status != 304 && header.Get("content-length") == "" && c.r.Method != "HEAD" {
		n := len(out.Data)
		for _, p := range out.More {
			n += len(p)
		}
		header.Set("content-length", strconv.Itoa(n))
	}
	c.written = true
	if out.End && !c.duplex && c.err == nil && c.r.Body != http.NoBody {
		c.expect(time.Now().Add(replyPatience)) // net/http reads the rest of the request first
	}
	c.w.WriteHeader(status)
}

// Reset implements [transport.Carrier].
func (c *carrier) Reset(transport.ErrCode) { c.aborted = true }

// tlsState puts the state of TLS into a request whose server did not see it.
func tlsState(r *http.Request, state *tls.ConnectionState) *http.Request {
	if state == nil || r.TLS != nil {
		return r
	}
	r.TLS = state
	return r
}
