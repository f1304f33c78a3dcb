package site

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/curlew-rpc/curlew/internal/transport"
)

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
	defer func() {
		if v := recover(); v != nil {
			logPanic(r.site.host.Logger, r.m, v)
			panic(http.ErrAbortHandler) // net/http need not say it again
		}
	}()
	if own := connOf(req); own != nil && req.Body != http.NoBody {
		// Over a connection of ours the content has to come on.
		body := &timedBody{req.Body, http.NewResponseController(w), r.site.host.ReadTimeout}
		body.arm()
		req = req.WithContext(req.Context()) // net/http knows its own body
		req.Body = body
	}
	r.site.cfg.Handler.ServeHTTP(w, req)
}

// A timedBody is a content each piece of which has to come within a time. Also what a
// handler leaves of it has, which net/http reads.
type timedBody struct {
	io.ReadCloser
	rc    *http.ResponseController
	limit time.Duration
}

func (b *timedBody) arm() { _ = b.rc.SetReadDeadline(time.Now().Add(b.limit)) }

// Read implements io.Reader.
func (b *timedBody) Read(p []byte) (int, error) {
	b.arm()
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		_ = b.rc.SetReadDeadline(time.Time{}) // the response may take longer
	}
	return n, err
}

func (r *handlerRoute) begin() (transport.Owner, *base) {
	p := &page{r: r}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	return p, &p.base
}

func (r *handlerRoute) start() transport.Start { return transport.Start{} }

// requestOf returns a header of our engine as a request of net/http.
func requestOf(ctx context.Context, m *transport.Message, body io.ReadCloser) (*http.Request, error) {
	u, err := url.ParseRequestURI(m.Path)
	if err != nil {
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
