package web_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/web"
	"github.com/curlew-rpc/curlew/web/internal/librarypb"
)

func newRecorder() *httptest.ResponseRecorder { return httptest.NewRecorder() }

// A server that is part of another HTTP server answers as one that has its own listener.
func TestHandlerEmbedded(t *testing.T) {
	curlewtest.NoLeaks(t)
	srv := curlew.NewServer()
	librarypb.RegisterLibrary(srv, librarypb.Shelf{})
	defer srv.Close()
	mux := http.NewServeMux()
	mux.Handle("/api/", http.StripPrefix("/api", web.Handler(srv)))
	mux.Handle("/", web.Handler(srv, web.WithCORS(web.CORS{Origins: []string{"*"}})))
	addr := serveHTTP(t, mux.ServeHTTP)
	for version := 1; version <= 2; version++ {
		c := &http.Client{Transport: transportOf(t, version)}
		for _, prefix := range []string{"", "/api"} {
			for _, p := range protocols {
				req, err := http.NewRequestWithContext(t.Context(), p.method, "http://"+addr+prefix+p.path, strings.NewReader(p.body))
				if err != nil {
					t.Fatal(err)
				}
				for i := 0; i < len(p.header); i += 2 {
					req.Header.Set(p.header[i], p.header[i+1])
				}
				req.Header.Set("origin", "http://"+addr)
				res, err := c.Do(req)
				if err != nil {
					t.Fatal(err)
				}
				res.Body.Close()
				if res.StatusCode != 200 || (res.Header.Get("access-control-allow-origin") == "*") != (prefix == "") {
					t.Errorf("%s over HTTP/%d below %q: status %d, header %v", p.name, version, prefix, res.StatusCode, res.Header)
				}
			}
			res, err := c.Get("http://" + addr + prefix + "/v1/shelves/a%2Fb/books/c%20d")
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode != 200 {
				t.Errorf("an escaped path below %q: status %d", prefix, res.StatusCode)
			}
		}
	}
}

// gRPC goes through net/http's HTTP/2 too: calls of all kinds, and errors with details.
func TestHandlerEmbeddedGRPC(t *testing.T) {
	curlewtest.NoLeaks(t)
	srv := curlew.NewServer()
	librarypb.RegisterLibrary(srv, librarypb.Shelf{})
	defer srv.Close()
	c := newClient(t, "passthrough:///"+serveHTTP(t, web.Handler(srv).ServeHTTP))
	calls := librarypb.NewLibraryClient(c)
	out, err := calls.Echo(t.Context(), &librarypb.Everything{Text: strings.Repeat("x", 1<<20)})
	if err != nil || len(out.GetText()) != 1<<20 {
		t.Errorf("unary: %v", err)
	}
	_, err = calls.Fail(t.Context(), &librarypb.FailRequest{Code: 5, Message: "no", Detail: &librarypb.Book{Name: "n"}})
	if curlew.CodeOf(err) != curlew.NotFound || !strings.Contains(err.Error(), "no") {
		t.Errorf("an error: %v", err)
	}
	for b := range curlew.Details[*librarypb.Book](err) {
		if b.GetName() != "n" {
			t.Errorf("a detail: %v", b)
		}
	}
	for _, count := range []int32{0, 3} {
		n := int32(0)
		for _, err := range calls.Watch(t.Context(), &librarypb.FailRequest{Count: count, Code: 9}) {
			if err == nil {
				n++
			} else if curlew.CodeOf(err) != curlew.FailedPrecondition {
				t.Errorf("a stream: %v", err)
			}
		}
		if n != count {
			t.Errorf("%d messages of %d", n, count)
		}
	}
	_, err = curlew.CallUnary(context.Background(), c.Caller(), unary, wrapperspb.String("x"))
	if curlew.CodeOf(err) != curlew.Unimplemented {
		t.Errorf("an unknown method: %v", err)
	}
}

// What a handler around a server knows of a request, calls know too.
func TestHandlerEmbeddedValues(t *testing.T) {
	curlewtest.NoLeaks(t)
	type user struct{}
	var saw any
	srv := curlew.NewServer(curlew.WithBaseContext(context.WithValue(t.Context(), user{}, "nobody")), curlew.WithInterceptors(
		func(ctx context.Context, call *curlew.Call, next curlew.Handler) error {
			saw = ctx.Value(user{})
			return next(ctx, call)
		}))
	librarypb.RegisterLibrary(srv, librarypb.Shelf{})
	defer srv.Close()
	inner := web.Handler(srv)
	for _, tt := range []struct {
		ctx  context.Context
		want any
	}{{context.WithValue(t.Context(), user{}, "ada"), "ada"}, {t.Context(), "nobody"}} {
		rec := newRecorder()
		inner.ServeHTTP(rec, newRequest(t, "GET", "/v1/echo", nil).WithContext(tt.ctx)) // it has no Body at all
		if saw != tt.want || rec.Code != 200 {
			t.Errorf("the call's user is %v, want %v; status %d", saw, tt.want, rec.Code)
		}
		for _, p := range protocols {
			r := httptest.NewRequest(p.method, p.path, strings.NewReader(p.body)).WithContext(tt.ctx)
			for i := 0; i < len(p.header); i += 2 {
				r.Header.Set(p.header[i], p.header[i+1])
			}
			rec := newRecorder()
			inner.ServeHTTP(rec, r)
			if saw != tt.want || rec.Code != 200 {
				t.Errorf("%s: the call's user is %v, want %v; status %d", p.name, saw, tt.want, rec.Code)
			}
		}
	}
}
