package site

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/curlew-rpc/curlew/internal/transport"
)

// handles reports whether the http.Handler beside the services has something for a
// request.
func (s *Site) handles(m *transport.Message) bool {
	if s.cfg.Handles == nil {
		return true
	}
	r, err := requestOf(context.Background(), m, nil)
	return err == nil && s.cfg.Handles(r)
}

// A handlerRoute is the route of requests that the http.Handler answers.
type handlerRoute struct {
	site *Site
	m    *transport.Message
	more []transport.Field
}

// direct has the handler answer a request that net/http carries.
func (r *handlerRoute) direct(w http.ResponseWriter, req *http.Request) {
	for _, f := range r.more {
		w.Header().Add(f.Name, f.Value)
	}
	r.site.cfg.Handler.ServeHTTP(w, req)
}

func (r *handlerRoute) begin() (transport.Owner, *base) {
	p := &page{r: r}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	return p, &p.base
}

func (r *handlerRoute) start() transport.Start { return transport.Start{} }

// A page is one request over our engine that the http.Handler answers. It is the
// http.ResponseWriter.
type page struct {
	base
	r      *handlerRoute
	ctx    context.Context
	cancel context.CancelFunc

	header  http.Header
	status  int    // 0: not said yet
	buf     []byte // of the body, not sent yet
	sent    bool   // the header has been
	length  int64  // that the header announces, or -1
	written int64
	err     error
}

// How much of a body is collected before it is sent.
const pageBuffer = 16 << 10

func (p *page) Aborted(error) { p.cancel() }

func (p *page) Serve() {
	defer p.cancel()
	body := &pageBody{p: p}
	req, err := requestOf(p.ctx, p.r.m, body)
	if err != nil {
		_ = p.carrier.Send(transport.Outgoing{Header: refusal(p.r.m, 400, "the request is malformed").header, End: true}, nil)
		return
	}
	peer := p.Peer()
	req.RemoteAddr, req.TLS = peer.Remote.String(), peer.TLS
	p.header = http.Header{}
	for _, f := range p.r.more {
		p.header.Add(f.Name, f.Value)
	}
	if p.serve(req) {
		p.finish()
	} else {
		p.Abort()
	}
	body.close()
}

// serve runs the handler, which is somebody else's code.
func (p *page) serve(req *http.Request) (whole bool) {
	defer func() {
		if v := recover(); v != nil {
			if v != http.ErrAbortHandler {
				p.r.site.host.Logger.Error("panic in a http.Handler", "path", p.r.m.Path, "panic", v)
				if !p.sent {
					p.header, p.status, p.buf = http.Header{}, 500, nil
					whole = true
				}
			}
		}
	}()
	p.r.site.cfg.Handler.ServeHTTP(p, req)
	return true
}

// requestOf returns a header of our engine as a request of net/http.
func requestOf(ctx context.Context, m *transport.Message, body io.ReadCloser) (*http.Request, error) {
	u, err := url.ParseRequestURI(m.Path)
	if err != nil && m.Path != "*" {
		return nil, err
	}
	header := make(http.Header, len(m.Fields))
	for _, f := range m.Fields {
		name := http.CanonicalHeaderKey(f.Name)
		if name == "Cookie" && header.Get(name) != "" { // RFC 9113 §8.2.3
			header.Set(name, header.Get(name)+"; "+f.Value)
			continue
		}
		header[name] = append(header[name], f.Value)
	}
	r := &http.Request{
		Method: m.Method, URL: u, RequestURI: m.Path, Host: m.Authority, Header: header, ContentLength: m.ContentLength,
		Proto: "HTTP/2.0", ProtoMajor: 2, Body: http.NoBody,
	}
	if body != nil && m.ContentLength != 0 {
		r.Body = body
	}
	return r.WithContext(ctx), nil
}

// Header implements http.ResponseWriter.
func (p *page) Header() http.Header { return p.header }

// WriteHeader implements http.ResponseWriter.
func (p *page) WriteHeader(status int) {
	if p.status == 0 && status >= 200 { // what comes before is for HTTP/1.1
		p.status = status
	}
}

// Write implements http.ResponseWriter.
func (p *page) Write(b []byte) (int, error) {
	if p.err != nil {
		return 0, p.err
	}
	if p.status == 0 {
		p.status = 200
	}
	if !bodyAllowed(p.status) {
		return 0, http.ErrBodyNotAllowed
	}
	p.written += int64(len(b))
	if p.r.m.Method == "HEAD" {
		return len(b), nil
	}
	if p.header.Get("Content-Type") == "" && !p.sent && len(p.buf) == 0 {
		p.header.Set("Content-Type", http.DetectContentType(b))
	}
	p.buf = append(p.buf, b...)
	if len(p.buf) >= pageBuffer {
		p.err = p.flush(false, nil)
	}
	return len(b), p.err
}

// WriteString implements io.StringWriter.
func (p *page) WriteString(s string) (int, error) { return p.Write([]byte(s)) }

// Flush implements http.Flusher.
func (p *page) Flush() { _ = p.FlushError() }

// FlushError is Flush for http.ResponseController.
func (p *page) FlushError() error {
	if p.err == nil {
		p.err = p.flush(false, nil)
	}
	return p.err
}

func bodyAllowed(status int) bool { return status != 204 && status != 304 }

// flush sends what there is, and with end all that remains.
func (p *page) flush(end bool, trailer []transport.Field) error {
	out := transport.Outgoing{Data: p.buf, End: end && trailer == nil, Trailer: trailer}
	if !p.sent {
		p.sent = true
		if p.status == 0 {
			p.status = 200
		}
		if end && bodyAllowed(p.status) && p.header.Get("Content-Length") == "" && (p.written > 0 || p.r.m.Method != "HEAD") {
			p.header.Set("Content-Length", itoa(int(p.written)))
		}
		out.Header = append(out.Header, transport.Field{Name: ":status", Value: itoa(p.status)})
		for name, values := range p.header {
			if strings.HasPrefix(name, http.TrailerPrefix) || hopByHop(name) {
				continue
			}
			name = strings.ToLower(name)
			for _, v := range values {
				out.Header = append(out.Header, transport.Field{Name: name, Value: cleanValue(v)})
			}
		}
		if p.header.Get("Date") == "" {
			out.Header = append(out.Header, transport.Field{Name: "date", Value: time.Now().UTC().Format(http.TimeFormat)})
		}
	}
	err := p.carrier.Send(out, p.ctx.Done())
	p.buf = p.buf[:0]
	if err != nil {
		p.carrier.Reset(transport.ResetCancel)
	}
	return err
}

// hopByHop names the fields that HTTP/2 does not have (RFC 9113 §8.2.2).
func hopByHop(name string) bool {
	switch name {
	case "Connection", "Proxy-Connection", "Keep-Alive", "Transfer-Encoding", "Upgrade":
		return true
	}
	return false
}

// cleanValue returns a value without line breaks, as net/http sends it.
func cleanValue(v string) string {
	return strings.TrimSpace(strings.NewReplacer("\n", " ", "\r", " ", "\x00", " ").Replace(v))
}

func (p *page) finish() {
	if p.err != nil {
		return
	}
	var trailer []transport.Field
	for name, values := range p.header {
		if name, ok := strings.CutPrefix(name, http.TrailerPrefix); ok {
			for _, v := range values {
				trailer = append(trailer, transport.Field{Name: strings.ToLower(name), Value: cleanValue(v)})
			}
		}
	}
	p.err = p.flush(true, trailer)
}

// pageBody is the request's content for the handler.
type pageBody struct {
	p      *page
	mu     sync.Mutex
	closed bool
}

// Read implements io.Reader.
func (b *pageBody) Read(to []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return 0, http.ErrBodyReadAfterClose
	}
	if len(to) == 0 {
		return 0, nil
	}
	have, err := b.p.carrier.Peek(1, b.p.ctx.Done())
	if len(have) == 0 {
		if err == transport.ErrDone {
			err = b.p.ctx.Err()
		}
		return 0, err
	}
	n := copy(to, have)
	b.p.carrier.Discard(n)
	return n, nil
}

// Close implements io.Closer.
func (b *pageBody) Close() error { return nil }

// close keeps goroutines that the handler has left behind from what is no longer theirs.
func (b *pageBody) close() {
	b.p.cancel()
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
}
