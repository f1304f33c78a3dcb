package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/internal/h2/hpack"
	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
	"github.com/curlew-rpc/curlew/web"
	"github.com/curlew-rpc/curlew/web/internal/librarypb"
)

// A briefShelf answers at once and not at length.
type briefShelf struct{ librarypb.Shelf }

func (s briefShelf) Fail(ctx context.Context, req *librarypb.FailRequest) (*librarypb.Book, error) {
	if m := req.GetMessage(); m == "wait" || m == "panic" {
		req.Message = ""
	}
	return s.Shelf.Fail(ctx, req)
}

func (s briefShelf) Watch(ctx context.Context, req *librarypb.FailRequest, stream curlew.Sender[*librarypb.Book]) error {
	if req.GetMessage() == "header" {
		req.Message = ""
	}
	req.Count = min(req.Count, 10)
	return s.Shelf.Watch(ctx, req, stream)
}

func briefServer(f *testing.F, opts ...web.Option) (*curlew.Server, http.Handler) {
	var log panics
	opts = append(opts, web.WithCORS(web.CORS{Origins: []string{"https://*.a.example"}, Credentials: true}), web.WithHandler("/h/", text("h")))
	srv := curlew.NewServer(curlew.WithMaxReceiveBytes(1<<16), web.Enable(opts...), curlew.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	librarypb.RegisterLibrary(srv, briefShelf{})
	f.Cleanup(func() { srv.Close() })
	return srv, web.Handler(srv, opts...)
}

// panics is where a server logs that must not panic.
type panics struct{}

func (panics) Write(b []byte) (int, error) {
	if bytes.Contains(b, []byte("panic")) {
		panic(string(b))
	}
	return len(b), nil
}

// seeds are requests of all kinds: method, target, header as lines, and body.
func seeds(f *testing.F) {
	add := func(method, target, body string, header []string) {
		lines := ""
		for i := 0; i+1 < len(header); i += 2 {
			lines += header[i] + ": " + header[i+1] + "\n"
		}
		f.Add(method, target, lines, []byte(body))
	}
	for _, r := range routings {
		add(r.method, r.path, r.body, r.header)
	}
	for _, a := range attacks {
		if len(a.path)+len(a.body) < 2000 {
			add(a.method, a.path, a.body, a.header)
		}
	}
	for _, p := range protocols {
		add(p.method, p.path, p.body, append(p.header, "accept-encoding", "gzip", "connect-timeout-ms", "1000", "x-bin", "AA"))
	}
	add("OPTIONS", "/v1/echo", "", []string{"origin", "https://b.a.example", "access-control-request-method", "PUT", "access-control-request-headers", "a,b"})
	add("GET", "/v1/watch?count=3&code=5", "", []string{"accept", "text/event-stream"})
	add("POST", "/v1/discuss", `{"title":"a"}{}`, []string{"content-type", jsonType})
	add("POST", library+"Discuss", framed(0, []byte(`{}`))+framed(1, []byte(zip("{}"))), []string{"content-type", "application/connect+json", "connect-content-encoding", "gzip"})
	add("POST", "/v1/store", "abc", []string{"content-type", "image/png"})
	add("GET", "/v1/files/x.text%2Fplain", "", nil)
}

// fieldsOf reads the lines of a header, and leaves out what HTTP could not carry.
func fieldsOf(lines string) (fields []hpack.Field) {
	for line := range strings.Lines(lines) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
		name, value = strings.ToLower(name), strings.TrimSpace(value)
		ok := name != "" && len(fields) < 50
		for _, c := range []byte(name) {
			ok = ok && (c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_')
		}
		for _, c := range []byte(value) {
			ok = ok && (c >= ' ' || c == '\t') && c != 0x7f
		}
		switch name {
		case "connection", "upgrade", "transfer-encoding", "keep-alive", "proxy-connection", "te", "host", "content-length", "expect":
			ok = false
		}
		if ok {
			fields = append(fields, hpack.Field{Name: name, Value: value})
		}
	}
	return fields
}

// Whatever a request is, it gets a response that HTTP has, and soon.
func FuzzServeHTTP(f *testing.F) {
	seeds(f)
	_, h := briefServer(f)
	f.Fuzz(func(t *testing.T, method, target, header string, body []byte) {
		u, err := url.ParseRequestURI(target)
		if err != nil || !strings.HasPrefix(target, "/") || method == "" || strings.ContainsAny(method, " \r\n\t\x00:/") {
			return
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		r := (&http.Request{
			Method: method, URL: u, RequestURI: target, Host: "a.example", Header: http.Header{}, ContentLength: int64(len(body)),
			Body: io.NopCloser(bytes.NewReader(body)), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, RemoteAddr: "1.2.3.4:5",
		}).WithContext(ctx)
		if len(header)%2 == 1 {
			r.Proto, r.ProtoMajor, r.ProtoMinor = "HTTP/2.0", 2, 0
		}
		for _, f := range fieldsOf(header) {
			r.Header.Add(f.Name, f.Value)
		}
		w := httptest.NewRecorder()
		func() {
			defer func() {
				if v := recover(); v != nil && v != http.ErrAbortHandler {
					panic(v)
				}
			}()
			h.ServeHTTP(w, r)
		}()
		if ctx.Err() != nil {
			t.Fatal("there is no end")
		}
		judge(t, method, w.Code, w.Body.Bytes(), w.Result().Header.Get("content-type"), w.Result().Header.Get("content-encoding"))
	})
}

// judge looks at what every response has to be.
func judge(t *testing.T, method string, status int, body []byte, ct, encoding string) {
	t.Helper()
	switch {
	case status < 200 || status > 599:
		t.Errorf("status %d", status)
	case (method == "HEAD" || status == 204 || status == 304) && len(body) > 0 && status != 404:
		t.Errorf("status %d for %s has the content %.100q", status, method, body)
	case ct == jsonType && encoding == "" && len(body) > 0 && !json.Valid(body):
		t.Errorf("this is no JSON: %q", body)
	}
}

// The same, over our own HTTP/2.
func FuzzServeHTTP2(f *testing.F) {
	seeds(f)
	srv, _ := briefServer(f)
	l := curlewtest.Listen(0)
	served := make(chan error)
	go func() { served <- srv.Serve(l) }()
	f.Cleanup(func() { srv.Close(); <-served })
	f.Fuzz(func(t *testing.T, method, target, header string, body []byte) {
		for _, s := range []string{method, target} {
			for _, c := range []byte(s) {
				if c <= ' ' || c >= 0x7f {
					return
				}
			}
		}
		if method == "" || target == "" || method == "CONNECT" || len(body) > 60000 {
			return
		}
		nc, err := l.Dial(t.Context(), "tcp", "in-process:1")
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		p := rawpeer.Client(t, nc, frame.Setting{ID: frame.SettingInitialWindowSize, Value: 1 << 24})
		p.Write(frame.AppendWindowUpdate(nil, 0, 1<<24))
		fields := append(rawpeer.Fields(":method", method, ":scheme", "http", ":path", target, ":authority", "a.example"), fieldsOf(header)...)
		p.Headers(1, len(body) == 0, fields...)
		if len(body) > 0 {
			p.Data(1, true, body)
		}
		s := p.Stream(1)
		if s.Reset || len(s.Sections) == 0 {
			return
		}
		status := 0
		for _, c := range rawpeer.Value(s.First(), ":status") {
			status = status*10 + int(c-'0')
		}
		judge(t, method, status, s.Data, rawpeer.Value(s.First(), "content-type"), rawpeer.Value(s.First(), "content-encoding"))
		// What is sent has to be what HTTP/2 lets through.
		for _, section := range s.Sections {
			for _, f := range section {
				if strings.ToLower(f.Name) != f.Name || strings.ContainsAny(f.Value, "\r\n\x00") || f.Name == "connection" || strings.TrimSpace(f.Value) != f.Value {
					t.Errorf("the response has the field %q: %q", f.Name, f.Value)
				}
			}
		}
	})
}

// The JSON of a message is the same for Connect and for a rule of REST whose body is all
// of it.
func FuzzJSONAgrees(f *testing.F) {
	for _, s := range []string{
		`{}`, `{"text":"a","number":"1","real":1e3,"tags":["a"],"labels":{"a":"b"}}`, `null`, `[]`, ` {"none":[{"a":1}]} `, `{"text":1}`, `{"left":"a","right":1}`,
		`{"any":{"a":[1,null,"x",{}]},"time":"2020-01-02T03:04:05Z","wait":"1.5s","mask":"aB,c.d"}`, `{"color":"COLOR_RED","maybe":null}`, `{"deeper":{"deeper":{}}}`, `{}x`, `{"text":"\ud800"}`,
	} {
		f.Add([]byte(s))
	}
	_, h := briefServer(f, web.WithUnknownIgnored())
	f.Fuzz(func(t *testing.T, body []byte) {
		if len(body) == 0 { // no message at all is one for REST
			return
		}
		var got [2]*httptest.ResponseRecorder
		for i, path := range []string{library + "Echo", "/v1/echo"} {
			r := httptest.NewRequest("POST", path, bytes.NewReader(body))
			r.Header.Set("content-type", jsonType)
			got[i] = httptest.NewRecorder()
			h.ServeHTTP(got[i], r)
		}
		if got[0].Code != got[1].Code || got[0].Code == 200 && !bytes.Equal(got[0].Body.Bytes(), got[1].Body.Bytes()) {
			t.Errorf("Connect: %d %s\nREST: %d %s", got[0].Code, got[0].Body, got[1].Code, got[1].Body)
		}
	})
}
