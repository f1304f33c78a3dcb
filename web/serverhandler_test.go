package web_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/health"
	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
	"github.com/curlew-rpc/curlew/web"
)

// text returns a handler that says s.
func text(s string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, s) })
}

// A safeBuffer collects what is logged.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(b)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

var large = strings.Repeat("0123456789abcdef", 64<<10)

var handlers = []struct {
	name    string
	handler http.HandlerFunc
	method  string // "": GET
	path    string
	body    string
	header  []string
	status  int
	want    string
	fields  []string // of the response
	trailer []string
}{
	{name: "a text", handler: text("hallo").ServeHTTP, status: 200, want: "hallo",
		fields: []string{"content-type", "text/plain; charset=utf-8", "content-length", "5"}},
	{name: "a text by HEAD", handler: text("hallo").ServeHTTP, method: "HEAD", status: 200,
		fields: []string{"content-type", "text/plain; charset=utf-8", "content-length", "5"}},
	{name: "nothing", handler: func(http.ResponseWriter, *http.Request) {}, status: 200, fields: []string{"content-length", "0"}},
	{name: "no content", handler: func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(204)
		if n, err := w.Write([]byte("x")); n != 0 || err != http.ErrBodyNotAllowed {
			panic(err)
		}
	}, status: 204, fields: []string{"content-length", "", "content-type", ""}},
	{name: "not modified", handler: func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Etag", `"x"`)
		w.WriteHeader(304)
	}, status: 304, fields: []string{"etag", `"x"`}},
	{name: "what was not modified", handler: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Etag", `"x"`)
		http.ServeContent(w, r, "x.txt", time.Time{}, strings.NewReader("content"))
	}, header: []string{"if-none-match", `"x"`}, status: 304},
	{name: "a range", handler: func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "x.txt", time.Time{}, strings.NewReader("content"))
	}, header: []string{"range", "bytes=2-3"}, status: 206, want: "nt", fields: []string{"content-range", "bytes 2-3/7", "content-length", "2"}},
	{name: "a header of many kinds", handler: func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Add("X-Two", "a")
		h.Add("X-Two", "b")
		h.Set("Set-Cookie", "c=d")
		h.Set("X-Lines", "a\r\nset-cookie: e=f")
		h.Set("Connection", "keep-alive")
		w.WriteHeader(201)
		h.Set("X-Late", "c")
	}, status: 201, fields: []string{"x-two", "a, b", "set-cookie", "c=d", "x-lines", "a  set-cookie: e=f", "x-late", ""}},
	{name: "a type that is not to be guessed", handler: func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = nil
		io.WriteString(w, "<html>")
	}, status: 200, want: "<html>", fields: []string{"content-type", ""}},
	{name: "a type that is guessed from more than a byte", handler: func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "<")
		io.WriteString(w, "html>")
	}, status: 200, want: "<html>", fields: []string{"content-type", "text/html; charset=utf-8"}},
	{name: "trailers", handler: func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Trailer", "X-Sum, X-None")
		io.WriteString(w, "x")
		w.Header().Set("X-Sum", "1")
		w.Header().Set(http.TrailerPrefix+"X-More", "2")
	}, status: 200, want: "x", trailer: []string{"X-Sum", "1", "X-More", "2"}},
	{name: "an early hint", handler: func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusEarlyHints)
		io.WriteString(w, "x")
	}, status: 200, want: "x"},
	{name: "much", handler: text(large).ServeHTTP, status: 200, want: large},
	{name: "much both ways", handler: func(w http.ResponseWriter, r *http.Request) {
		http.NewResponseController(w).EnableFullDuplex()
		io.Copy(w, r.Body)
	}, method: "POST", body: large, status: 200, want: large},
	{name: "what was asked", handler: func(w http.ResponseWriter, r *http.Request) {
		local, _ := r.Context().Value(http.LocalAddrContextKey).(interface{ String() string })
		b, err := io.ReadAll(r.Body)
		say := []any{r.Method, r.URL.Path, r.URL.RawPath, r.URL.RawQuery, r.RequestURI, r.Host, r.Header.Get("X-A"), r.Header["X-B"], r.ContentLength, string(b), err,
			r.RemoteAddr != "", local != nil, r.TLS == nil, r.FormValue("q")}
		for _, c := range r.Cookies() {
			say = append(say, c.Name+"="+c.Value)
		}
		fmt.Fprintln(w, say...)
	}, method: "PUT", path: "/a%2Fb?q=%31", body: "body", header: []string{"x-a", "1", "x-b", "2", "x-b", "3", "cookie", "a=b; c=d"}, status: 200,
		want: "PUT /h/a/b /h/a%2Fb q=%31 /h/a%2Fb?q=%31 in-process 1 [2 3] 4 body <nil> true true true 1 a=b c=d\n"},
	{name: "no body", handler: func(w http.ResponseWriter, r *http.Request) {
		n, err := r.Body.Read(make([]byte, 1))
		fmt.Fprint(w, n, err, r.ContentLength)
	}, status: 200, want: "0 EOF 0"},
	{name: "another error", handler: func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "gone", http.StatusGone) }, status: 410, want: "gone\n",
		fields: []string{"content-type", "text/plain; charset=utf-8"}},
	{name: "half of the request", handler: func(w http.ResponseWriter, r *http.Request) {
		io.ReadFull(r.Body, make([]byte, 10))
		io.WriteString(w, "enough")
	}, method: "POST", body: large[:1<<16], status: 200, want: "enough"},
	{name: "more than was announced", handler: func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "3")
		io.WriteString(w, "abc")
		if _, err := io.WriteString(w, "d"); err != http.ErrContentLength {
			panic(err)
		}
	}, status: 200, want: "abc", fields: []string{"content-length", "3"}},
}

// What a http.Handler can see and do is the same over HTTP/1.1, where net/http is under
// it, and over HTTP/2, where our engine is.
func TestHandlers(t *testing.T) {
	curlewtest.NoLeaks(t)
	over(t, func(t *testing.T, version int) {
		for i, tt := range handlers {
			t.Run(tt.name, func(t *testing.T) {
				h := newHost(t, []web.Option{web.WithHandler("/h/", tt.handler)})
				method, path := tt.method, tt.path
				if method == "" {
					method = "GET"
				}
				if path == "" {
					path = "/" + strconv.Itoa(i)
				}
				r := h.do(version, method, "/h"+path, tt.body, tt.header...)
				if r.StatusCode != tt.status || r.err != nil || r.body != tt.want {
					t.Errorf("status %d, %v, %d bytes %.200q; want %d and %.200q", r.StatusCode, r.err, len(r.body), r.body, tt.status, tt.want)
				}
				for i := 0; i < len(tt.fields); i += 2 {
					if got := r.header(tt.fields[i]); got != tt.fields[i+1] {
						t.Errorf("%s is %q, want %q", tt.fields[i], got, tt.fields[i+1])
					}
				}
				for i := 0; i < len(tt.trailer); i += 2 {
					if got := r.Trailer.Get(tt.trailer[i]); got != tt.trailer[i+1] {
						t.Errorf("trailer %s is %q, want %q", tt.trailer[i], got, tt.trailer[i+1])
					}
				}
				if r.header("date") == "" {
					t.Error("there is no date")
				}
			})
		}
	})
}

// A handler that panics costs its request, and the log says so.
func TestHandlerPanics(t *testing.T) {
	curlewtest.NoLeaks(t)
	over(t, func(t *testing.T, version int) {
		var log safeBuffer
		h := newHost(t, []web.Option{
			web.WithHandler("/early", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("X-Secret", "1")
				panic("early")
			})),
			web.WithHandler("/late", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				io.WriteString(w, "half")
				w.(http.Flusher).Flush()
				panic("late")
			})),
			web.WithHandler("/abort", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })),
			web.WithHandler("/short", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "10")
				io.WriteString(w, "short")
			})),
		}, curlew.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelError}))))
		for _, path := range []string{"/early", "/late", "/abort", "/short"} {
			res, err := h.clients[version].Do(newRequest(t, "GET", path, nil))
			if err == nil {
				_, err = io.Copy(io.Discard, res.Body)
				res.Body.Close()
			}
			if whole := err == nil; whole != (version == 2 && path == "/early") {
				t.Errorf("%s: the response is %v, %v", path, res, err)
			}
			if whole := err == nil; whole && (res.StatusCode != 500 || res.Header.Get("X-Secret") != "") {
				t.Errorf("%s: status %d, header %v", path, res.StatusCode, res.Header)
			}
		}
		if got := log.String(); strings.Count(got, "level=ERROR") != 2 || !strings.Contains(got, "panic=early") || !strings.Contains(got, "panic=late") {
			t.Errorf("logged: %s", got)
		}
		if r := h.do(version, "GET", "/v1/echo", ""); r.StatusCode != 200 {
			t.Errorf("afterwards: status %d", r.StatusCode)
		}
	})
}

// What is flushed is there before the handler has returned.
func TestHandlerStreams(t *testing.T) {
	curlewtest.NoLeaks(t)
	over(t, func(t *testing.T, version int) {
		seen := make(chan struct{})
		gone := make(chan error, 1)
		h := newHost(t, []web.Option{web.WithHandler("/", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "first")
			if err := http.NewResponseController(w).Flush(); err != nil {
				t.Error(err)
			}
			<-seen
			io.WriteString(w, "second")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
			gone <- r.Context().Err()
		}))})
		res, err := h.clients[version].Do(newRequest(t, "GET", "/", nil))
		if err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 5)
		if _, err := io.ReadFull(res.Body, buf); err != nil || string(buf) != "first" {
			t.Fatalf("%q, %v", buf, err)
		}
		close(seen)
		if _, err := io.ReadFull(res.Body, buf); err != nil || string(buf) != "secon" {
			t.Fatalf("%q, %v", buf, err)
		}
		res.Body.Close()
		if err := <-gone; err == nil {
			t.Error("the handler's context has not ended with the client's interest")
		}
	})
}

// Goroutines that a handler leaves behind can do no harm.
func TestHandlerLeftBehind(t *testing.T) {
	curlewtest.NoLeaks(t)
	var wg sync.WaitGroup
	h := newHost(t, []web.Option{web.WithHandler("/", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		wg.Go(func() {
			for {
				if _, err := r.Body.Read(make([]byte, 10)); err != nil {
					return
				}
			}
		})
		wg.Go(func() {
			for {
				if _, err := io.WriteString(w, "more"); err != nil {
					return
				}
				w.(http.Flusher).Flush()
			}
		})
	}))})
	for range 20 {
		res, err := h.clients[2].Do(newRequest(t, "POST", "/", strings.NewReader(strings.Repeat("x", 100000))))
		if err == nil {
			io.Copy(io.Discard, res.Body)
			res.Body.Close()
		}
	}
	wg.Wait()
}

func TestHealthPages(t *testing.T) {
	curlewtest.NoLeaks(t)
	checker := health.New()
	h := newHost(t, []web.Option{web.WithHealth(checker)})
	checker.Set("a.B", health.NotServing)
	tests := []struct {
		method, path string
		status       int
	}{
		{"GET", "/livez", 200}, {"HEAD", "/livez", 200}, {"POST", "/livez", 405}, {"GET", "/healthz", 200}, {"GET", "/healthz?service=a.B", 503},
		{"GET", "/readyz", 200}, {"GET", "/readyz?service=a.B", 503}, {"GET", "/readyz?service=c.D", 404},
	}
	over(t, func(t *testing.T, version int) {
		for _, tt := range tests {
			r := h.do(version, tt.method, tt.path, "")
			if r.StatusCode != tt.status {
				t.Errorf("%s %s: status %d, want %d", tt.method, tt.path, r.StatusCode, tt.status)
			}
			if tt.status != 405 && r.header("cache-control") != "no-store" {
				t.Errorf("%s may be cached: %v", tt.path, r.Header)
			}
		}
	})
}

// The server's own pages are there over HTTP/1.1 too.
func TestTextPages(t *testing.T) {
	curlewtest.NoLeaks(t)
	h := newHostOf(t, func(s *curlew.Server) {
		s.HandleText("/alive", func(query string) (int, string) {
			if query == "panic" {
				panic("as asked")
			}
			return 202, "alive " + query
		})
	}, []web.Option{web.WithHandler("/", text("a handler"))})
	over(t, func(t *testing.T, version int) {
		if r := h.do(version, "GET", "/alive?x", ""); r.StatusCode != 202 || r.body != "alive x\n" || r.header("cache-control") != "no-store" {
			t.Errorf("status %d, header %v, body %q", r.StatusCode, r.Header, r.body)
		}
		if r := h.do(version, "HEAD", "/alive", ""); r.StatusCode != 202 || r.body != "" || r.err != nil {
			t.Errorf("HEAD: status %d, body %q, %v", r.StatusCode, r.body, r.err)
		}
		if r := h.do(version, "GET", "/alive?panic", ""); r.StatusCode != 500 {
			t.Errorf("a panic: status %d", r.StatusCode)
		}
		if r := h.do(version, "POST", "/alive", "x"); r.body != "a handler" {
			t.Errorf("POST: status %d, body %q", r.StatusCode, r.body)
		}
	})
}

// Over HTTP/2 a request says whom it is for.
func TestNoAuthority(t *testing.T) {
	curlewtest.NoLeaks(t)
	h := newHost(t, []web.Option{web.WithHandler("/h/", text("a handler"))})
	for _, path := range []string{"/h/", "/v1/echo", library + "GetBook?encoding=json&message={}"} {
		p := h.peer()
		p.Headers(1, true, rawpeer.Fields(":method", "GET", ":scheme", "http", ":path", path)...)
		if s := p.Stream(1); rawpeer.Value(s.First(), ":status") != "400" {
			t.Errorf("%s: %+v", path, s)
		}
		p.Headers(3, true, rawpeer.Fields(":method", "GET", ":scheme", "http", ":path", path, "host", "a")...)
		if s := p.Stream(3); rawpeer.Value(s.First(), ":status") != "200" {
			t.Errorf("%s with a host: %+v", path, s)
		}
	}
}
