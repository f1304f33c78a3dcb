package site

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"

	"github.com/curlew-rpc/curlew/internal/transport"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
)

// A page is one request over our engine that the http.Handler answers. It is the
// http.ResponseWriter.
type page struct {
	base
	r      *handlerRoute
	ctx    context.Context
	cancel context.CancelFunc

	// A handler may leave goroutines behind that still write; they find the response
	// over.
	mu       sync.Mutex
	header   http.Header // the handler's
	said     http.Header // what it was when the status was said; nil: it has not been
	status   int
	buf      []byte // of the body, not sent yet
	sent     bool   // the header has been
	trailers []string
	length   int64 // that the header announces, or -1
	written  int64
	err      error // of writing; then nothing is written any more
}

var errPageOver = errors.New("web: the http.Handler has returned")

// How much of a body is collected before it is sent.
const pageBuffer = 16 << 10

func (p *page) Aborted(error) { p.cancel() }

func (p *page) Serve() {
	defer p.cancel()
	peer := p.Peer()
	body := &pageBody{p: p}
	req, err := requestOf(context.WithValue(p.ctx, http.LocalAddrContextKey, peer.Local), p.r.m, body)
	if err != nil {
		_ = p.carrier.Send(transport.Outgoing{Header: refusal(p.r.m, 400, "the request is malformed").header, End: true}, nil)
		return
	}
	req.RemoteAddr, req.TLS = peer.Remote.String(), peer.TLS
	if req.ContentLength < 0 && p.stream.Ended() {
		if b, _ := p.stream.Peek(1, nil); len(b) == 0 {
			req.ContentLength, req.Body = 0, http.NoBody
		}
	}
	p.header, p.length = fieldsOf(p.r.more), -1
	whole := p.serve(req)
	p.mu.Lock()
	if !whole || !p.finish() {
		p.Abort()
	}
	p.err = errPageOver
	p.mu.Unlock()
	body.close()
}

func fieldsOf(fields []transport.Field) http.Header {
	h := http.Header{}
	for _, f := range fields {
		h.Add(f.Name, f.Value)
	}
	return h
}

// serve runs the handler, which is somebody else's code, and reports whether the response
// is to be ended as it should.
func (p *page) serve(req *http.Request) (whole bool) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		logPanic(p.r.site.host.Logger, p.r.m, v)
		p.mu.Lock()
		defer p.mu.Unlock()
		if !p.sent && v != http.ErrAbortHandler {
			p.said, p.status, p.buf, p.written, whole = fieldsOf(p.r.more), 500, nil, 0, true
			p.length = -1
		}
	}()
	p.r.site.cfg.Handler.ServeHTTP(p, req)
	return true
}

// logPanic logs the panic of an http.Handler, if it is not the one that is allowed.
func logPanic(log *slog.Logger, m *transport.Message, v any) {
	if v != http.ErrAbortHandler {
		log.Error("panic in a http.Handler", "path", m.Path, "panic", v, "stack", string(debug.Stack()))
	}
}

// Header implements http.ResponseWriter.
func (p *page) Header() http.Header { return p.header }

// WriteHeader implements http.ResponseWriter.
func (p *page) WriteHeader(status int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.say(status)
}

// say notes status and header. What the handler changes of it then is for trailers.
func (p *page) say(status int) {
	if status < 100 || status > 999 {
		panic("site: invalid WriteHeader code " + strconv.Itoa(status)) // as net/http does
	}
	if p.said != nil || status < 200 { // what comes before is for HTTP/1.1
		return
	}
	p.said, p.status = p.header.Clone(), status
	if value := p.said.Get("Content-Length"); value != "" {
		if n, err := strconv.ParseInt(value, 10, 64); err == nil && n >= 0 && bodyAllowed(status) {
			p.length = n
		} else if status != 304 {
			p.said.Del("Content-Length")
		}
	}
	for name := range wire.Listed(strings.Join(p.said.Values("Trailer"), ",")) {
		p.trailers = append(p.trailers, http.CanonicalHeaderKey(name))
	}
}

// Write implements http.ResponseWriter.
func (p *page) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return 0, p.err
	}
	p.say(200)
	switch {
	case !bodyAllowed(p.status):
		return 0, http.ErrBodyNotAllowed
	case p.length >= 0 && p.written+int64(len(b)) > p.length:
		return 0, http.ErrContentLength
	}
	p.written += int64(len(b))
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
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil {
		p.say(200)
		p.err = p.flush(false, nil)
	}
	return p.err
}

// EnableFullDuplex is for http.ResponseController: HTTP/2 has nothing else.
func (p *page) EnableFullDuplex() error { return nil }

func bodyAllowed(status int) bool { return status != 204 && status != 304 }

// flush sends what there is, and with end all that remains.
func (p *page) flush(end bool, trailer []transport.Field) error {
	out := transport.Outgoing{Data: p.buf, End: end && trailer == nil, Trailer: trailer}
	if !p.sent {
		p.sent = true
		out.Header = p.head(end && trailer == nil)
	}
	if p.r.m.Method == "HEAD" {
		out.Data = nil
	}
	err := p.carrier.Send(out, p.ctx.Done())
	p.buf = p.buf[:0]
	if err != nil {
		p.carrier.Reset(transport.ResetCancel)
	}
	return err
}

// head returns the response header; whole says that the body is all there.
func (p *page) head(whole bool) []transport.Field {
	h := p.said
	if _, typed := h["Content-Type"]; !typed && len(p.buf) > 0 && h.Get("Content-Encoding") == "" {
		h.Set("Content-Type", http.DetectContentType(p.buf))
	}
	if whole && p.length < 0 && bodyAllowed(p.status) && (p.written > 0 || p.r.m.Method != "HEAD") {
		h.Set("Content-Length", strconv.FormatInt(p.written, 10))
	}
	fields := append(make([]transport.Field, 0, len(h)+2), transport.Field{Name: ":status", Value: strconv.Itoa(p.status)})
	for name, values := range h {
		fields = appendPageField(fields, name, values)
	}
	if _, dated := h["Date"]; !dated {
		fields = append(fields, p.r.site.clock.date())
	}
	return fields
}

// appendPageField appends the values of a field, if HTTP/2 has such fields.
func appendPageField(fields []transport.Field, name string, values []string) []transport.Field {
	if strings.HasPrefix(name, http.TrailerPrefix) || hopByHop(name) {
		return fields
	}
	for _, v := range values {
		name, v, err := wire.ReceivedField(name, lineBreaks.Replace(v))
		if err == nil {
			fields = append(fields, transport.Field{Name: name, Value: v})
		}
	}
	return fields
}

// lineBreaks makes of values what net/http sends of them.
var lineBreaks = strings.NewReplacer("\n", " ", "\r", " ")

// hopByHop names the fields that HTTP/2 does not have (RFC 9113 §8.2.2).
func hopByHop(name string) bool {
	switch http.CanonicalHeaderKey(name) {
	case "Connection", "Proxy-Connection", "Keep-Alive", "Transfer-Encoding", "Upgrade":
		return true
	}
	return false
}

// finish ends the response, and reports whether it is what its header announces.
func (p *page) finish() bool {
	if p.err != nil {
		return false
	}
	p.say(200)
	if p.length > p.written && p.r.m.Method != "HEAD" {
		return false
	}
	var trailer []transport.Field
	for name, values := range p.header {
		if name, ok := strings.CutPrefix(name, http.TrailerPrefix); ok {
			trailer = appendPageField(trailer, name, values)
		}
	}
	for _, name := range p.trailers {
		trailer = appendPageField(trailer, name, p.header[name])
	}
	return p.flush(true, trailer) == nil
}
