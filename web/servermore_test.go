package web_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/web"
)

func TestEnabledTwice(t *testing.T) {
	err := serveError(curlew.NewServer(web.Enable(), web.Enable()))
	if err == nil || !strings.Contains(err.Error(), "Enable") {
		t.Errorf("the server says %v", err)
	}
}

// What all pages may read says so whoever asks, for caches keep it for the next.
func TestCORSCached(t *testing.T) {
	curlewtest.NoLeaks(t)
	all := newHost(t, []web.Option{web.WithCORS(web.CORS{Origins: []string{"*"}})})
	named := newHost(t, []web.Option{web.WithCORS(web.CORS{Origins: []string{"https://a.example"}})})
	over(t, func(t *testing.T, version int) {
		for _, path := range []string{"/v1/echo", library + "GetBook?encoding=json&message=%7B%7D"} {
			r := all.do(version, "GET", path, "")
			if r.StatusCode != 200 || r.header("access-control-allow-origin") != "*" || r.header("access-control-expose-headers") == "" {
				t.Errorf("%s: header %v", path, r.Header)
			}
			r = named.do(version, "GET", path, "")
			if r.header("access-control-allow-origin") != "" || !strings.Contains(r.header("vary"), "origin") {
				t.Errorf("%s, for some: header %v", path, r.Header)
			}
			if !strings.Contains(r.header("vary"), "accept-encoding") {
				t.Errorf("%s: vary is %s", path, r.header("vary"))
			}
		}
		if r := all.do(version, "OPTIONS", "/v1/echo", "", "access-control-request-method", "POST"); r.StatusCode != 405 {
			t.Errorf("no preflight: status %d", r.StatusCode)
		}
	})
}

// Space between JSON values is not kept, so there may be any amount.
func TestEndlessSpace(t *testing.T) {
	curlewtest.NoLeaks(t)
	h := newHost(t, nil, curlew.WithMaxReceiveBytes(1<<10))
	over(t, func(t *testing.T, version int) {
		var before, after uint64
		body := io.MultiReader(strings.NewReader(`{"title":"a"}`), measured(&before), strings.NewReader(strings.Repeat(" \n", 16<<20)), measured(&after),
			strings.NewReader(`{"title":"b"}`))
		r := h.send(version, newRequest(t, "POST", "/v1/import", body, "content-type", jsonType))
		if r.StatusCode != 200 || !strings.Contains(r.body, "a;b;") {
			t.Fatalf("status %d, body %s", r.StatusCode, r.body)
		}
		if after > before+16<<20 {
			t.Errorf("%d bytes are in use, before it were %d", after, before)
		}
	})
}

// The peer is of the same kind over all versions of HTTP.
func TestPeerOfServer(t *testing.T) {
	curlewtest.NoLeaks(t)
	kind := make(chan net.Addr, 1)
	h := newHost(t, nil, curlew.WithInterceptors(func(ctx context.Context, call *curlew.Call, next curlew.Handler) error {
		kind <- call.Peer().Addr
		return next(ctx, call)
	}))
	var seen [3]net.Addr
	over(t, func(t *testing.T, version int) {
		h.do(version, "GET", "/v1/echo", "")
		seen[version] = <-kind
	})
	if a, b := seen[1], seen[2]; typeOf(a) != typeOf(b) {
		t.Errorf("%T over HTTP/1.1, %T over HTTP/2", a, b)
	}
}

func typeOf(v any) string { return fmt.Sprintf("%T", v) }

// measured reads nothing and notes how much memory is in use.
func measured(into *uint64) io.Reader { return measure{into} }

type measure struct{ into *uint64 }

func (m measure) Read([]byte) (int, error) {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	*m.into = stats.HeapInuse
	return 0, io.EOF
}
