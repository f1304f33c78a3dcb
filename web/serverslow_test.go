package web_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/web"
)

// A client that asks again and again and reads nothing is not waited for.
func TestNothingReadHTTP1(t *testing.T) {
	for name, path := range map[string]string{"a call": "/v1/echo", "a page": "/page", "a refusal": "/nothing"} {
		t.Run(name, func(t *testing.T) {
			curlewtest.NoLeaks(t)
			h := newHost(t, []web.Option{web.WithHandler("/page", text("page"))}, curlew.WithWriteTimeout(50*time.Millisecond))
			w := h.wire()
			request := strings.Repeat("GET "+path+" HTTP/1.1\r\nHost: in-process\r\n\r\n", 1000)
			ended := make(chan error)
			go func() {
				for {
					if _, err := io.WriteString(w.nc, request); err != nil {
						ended <- err
						return
					}
				}
			}()
			wait(t, ended)
		})
	}
}

// A connection that a handler has taken from net/http ends with the server.
func TestCloseHijacked(t *testing.T) {
	curlewtest.NoLeaks(t)
	for _, how := range []string{"close", "shutdown"} {
		gone := make(chan error, 1)
		h := newHost(t, []web.Option{web.WithHandler("/own", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			nc, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			defer nc.Close()
			io.WriteString(nc, "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: own\r\n\r\n")
			_, err = nc.Read(make([]byte, 1))
			gone <- err
		}))})
		w := h.wire()
		w.write("GET /own HTTP/1.1\r\nHost: in-process\r\nConnection: upgrade\r\nUpgrade: own\r\n\r\n")
		if r := w.next("GET"); r == nil || r.StatusCode != 101 {
			t.Fatalf("%+v", r)
		}
		down := make(chan error, 1)
		go func() {
			if how == "shutdown" {
				ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
				defer cancel()
				h.Shutdown(ctx)
			} else {
				h.Close()
			}
			down <- nil
		}()
		if err := wait(t, gone); err == nil {
			t.Error("the handler has read something")
		}
		wait(t, down)
	}
}

// A call by GET may take longer than its request.
func TestSlowGetHTTP1(t *testing.T) {
	curlewtest.NoLeaks(t)
	h := newHost(t, nil, curlew.WithReadTimeout(20*time.Millisecond), curlew.WithInterceptors(func(ctx context.Context, call *curlew.Call, next curlew.Handler) error {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
		return next(ctx, call)
	}))
	over(t, func(t *testing.T, version int) {
		for _, r := range []*reply{
			h.do(version, "GET", library+"GetBook?connect=v1&encoding=json&message=%7B%7D", ""),
			h.do(version, "GET", "/v1/echo", ""),
			h.do(version, "GET", "/v1/watch?count=1", ""),
			h.do(version, "POST", library+"Echo", "{}", "content-type", jsonType),
			h.do(version, "POST", library+"Echo", framed(0, nil), "content-type", "application/grpc-web"),
		} {
			if r.StatusCode != 200 || r.err != nil {
				t.Errorf("%s: status %d, body %s", r.Request.URL, r.StatusCode, r.body)
			}
		}
	})
}

// A request whose content does not come on ends, whoever answers it.
func TestStalledRequestHTTP1(t *testing.T) {
	curlewtest.NoLeaks(t)
	deny := func(context.Context, *curlew.Call, curlew.Handler) error {
		return curlew.Errorf(curlew.PermissionDenied, "no")
	}
	denying := newHost(t, nil, curlew.WithInterceptors(deny))
	h := newHost(t, []web.Option{
		web.WithHandler("/ignore", text("page")),
		web.WithHandler("/read", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.Copy(io.Discard, r.Body) })),
	}, curlew.WithReadTimeout(50*time.Millisecond))
	for _, tt := range []struct {
		h    *host
		path string
	}{{h, "/ignore"}, {h, "/read"}, {h, "/v1/echo"}, {h, library + "Echo"}, {denying, "/v1/echo"}, {denying, library + "Echo"}} {
		w := tt.h.wire()
		w.write("POST " + tt.path + " HTTP/1.1\r\nHost: in-process\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
		w.next("POST")
		w.ended(tt.path)
	}
}
