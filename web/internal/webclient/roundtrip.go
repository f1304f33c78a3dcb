package webclient

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/curlew-rpc/curlew/internal/transport"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
)

// A roundTrip is a request that a RoundTripper makes, and its response. One goroutine
// waits for the response and reads it into a buffer: as much as the receiver waits for,
// or a little ahead of it. It implements transport.ClientCarrier.
type roundTrip struct {
	conn   *conn
	ctx    context.Context // ends with the request
	cancel context.CancelFunc
	body   *body // nil: the request was complete when it left
	duplex bool

	mu        sync.Mutex
	header    *transport.Message
	trailer   *transport.Message
	in        []byte // received; what comes before off has been discarded
	off       int
	want      int  // bytes that the receiver waits for
	eof       bool // the response is complete
	err       error
	stopped   bool // it has come to its end, one way or the other
	abandoned bool
	http1     bool // as far as is known, the request goes by HTTP/1
	version   int  // of the response
	peer      transport.PeerInfo
	timer     *time.Timer

	arrived chan struct{} // wakes the receiver
	drained chan struct{} // wakes who reads the response
}

// readAhead is how many bytes of a response are read that nobody waits for.
const readAhead = 64 << 10

// newRoundTrip returns a request that is ready to be made; without one it has failed.
func newRoundTrip(c *conn, r *transport.ClientRequest) (*roundTrip, *http.Request) {
	rt := &roundTrip{
		conn: c, duplex: r.Duplex, http1: c.http1.Load() || onlyHTTP1(c.rt, r.Scheme),
		arrived: make(chan struct{}, 1), drained: make(chan struct{}, 1),
	}
	u, err := url.ParseRequestURI(r.Path)
	if err != nil {
		rt.cancel, rt.stopped = func() {}, true
		rt.err = &transport.Status{Code: wire.Internal, Message: "the path of the call makes no URL", Cause: err}
		return rt, nil
	}
	u.Scheme, u.Host = r.Scheme, c.host
	req := &http.Request{Method: r.Method, URL: u, Host: r.Authority, Header: make(http.Header, len(r.Fields))}
	for _, f := range r.Fields {
		req.Header.Add(f.Name, f.Value)
	}
	switch {
	case r.Method == http.MethodGet:
	case r.End:
		n := len(r.Data)
		for _, p := range r.More {
			n += len(p)
		}
		data := append(make([]byte, 0, n), r.Data...) // read for as long as the RoundTripper likes
		for _, p := range r.More {
			data = append(data, p...)
		}
		req.ContentLength = int64(len(data))
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }
		req.Body, _ = req.GetBody()
		if len(data) == 0 {
			req.Body = http.NoBody
		}
	default:
		rt.body = newBody()
		if len(r.Data) > 0 {
			rt.body.send(transport.Outgoing{Data: r.Data, More: r.More}, nil)
		}
		req.Body, req.ContentLength, req.GetBody = rt.body.reader, -1, rt.body.again
	}
	ctx, cancel := context.WithCancel(c.ctx)
	rt.ctx, rt.cancel = ctx, cancel
	trace := &httptrace.ClientTrace{GotConn: rt.gotConn}
	return rt, req.WithContext(httptrace.WithClientTrace(ctx, trace))
}

// onlyHTTP1 reports whether rt is certain to make requests by HTTP/1.
func onlyHTTP1(rt http.RoundTripper, scheme string) bool {
	t, ok := rt.(*http.Transport)
	switch {
	case !ok:
		return false
	case t.Protocols == nil:
		return scheme == "http"
	case scheme == "http":
		return t.Protocols.HTTP1() || !t.Protocols.UnencryptedHTTP2()
	}
	return !t.Protocols.HTTP2()
}

func (r *roundTrip) gotConn(info httptrace.GotConnInfo) {
	if info.Conn == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.peer.Remote, r.peer.Local = info.Conn.RemoteAddr(), info.Conn.LocalAddr()
	if tc, ok := info.Conn.(*tls.Conn); ok {
		state := tc.ConnectionState()
		r.peer.TLS = &state
		r.http1 = state.NegotiatedProtocol != "h2"
		raise(r.arrived)
	}
}

// run makes the request and reads the response.
func (r *roundTrip) run(req *http.Request) {
	defer r.stop()
	res, err := r.conn.rt.RoundTrip(req)
	if err != nil {
		r.fail(roundTripError(err))
		return
	}
	defer res.Body.Close()
	if r.begin(res) {
		r.read(res)
	}
}

// stop frees what the request took.
func (r *roundTrip) stop() {
	r.cancel()
	if r.body != nil {
		r.body.close()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopped = true
	if r.timer != nil {
		r.timer.Stop()
	}
}

// fail ends the request with err, unless it has ended.
func (r *roundTrip) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil && !r.eof {
		r.err = err
	}
	raise(r.arrived)
}

// begin takes the response's header, and reports whether content follows.
func (r *roundTrip) begin(res *http.Response) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.body != nil {
		r.body.settle()
	}
	r.version = res.ProtoMajor
	r.http1 = res.ProtoMajor < 2
	if r.http1 {
		r.conn.http1.Store(true)
	}
	if res.TLS != nil {
		r.peer.TLS = res.TLS
	}
	r.header = r.section(res.Header)
	r.header.Status, r.header.ContentLength = res.StatusCode, res.ContentLength
	if res.Body == http.NoBody {
		r.trailer, r.eof = r.header, true
	}
	raise(r.arrived)
	return !r.eof
}

// section returns a header section. Field names are in lower case, as HTTP/2 has them.
func (r *roundTrip) section(h http.Header) *transport.Message {
	m := &transport.Message{ContentLength: -1}
	size := 0
	for name, values := range h {
		name = strings.ToLower(name)
		for _, v := range values {
			size += len(name) + len(v) + 32 // RFC 9113 §6.5.2
			m.Fields = append(m.Fields, transport.Field{Name: name, Value: v})
		}
	}
	if size > r.conn.maxHeader {
		m.TooLarge, m.Fields = true, nil
	}
	return m
}

// read reads the content and the trailers.
func (r *roundTrip) read(res *http.Response) {
	const most, least = 32 << 10, 512
	n := most
	if res.ContentLength >= 0 {
		n = int(min(res.ContentLength+1, most)) // and room to see the end
	}
	buf := make([]byte, max(n, least))
	for {
		n, err := res.Body.Read(buf)
		r.mu.Lock()
		if !r.abandoned {
			r.in = append(r.in, buf[:n]...)
		}
		switch {
		case err == io.EOF:
			r.eof = r.err == nil
			if len(res.Trailer) > 0 {
				r.trailer = r.section(res.Trailer)
			}
		case err != nil && r.err == nil:
			r.err = roundTripError(err)
		}
		raise(r.arrived)
		for err == nil && r.err == nil && !r.abandoned && len(r.in)-r.off >= max(r.want, readAhead) {
			r.mu.Unlock()
			select {
			case <-r.drained:
			case <-r.ctx.Done():
				r.fail(roundTripError(r.ctx.Err()))
			}
			r.mu.Lock()
		}
		end := err != nil || r.err != nil
		r.mu.Unlock()
		if end {
			return
		}
	}
}
