package curlew_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
)

// httpProxy is a proxy that connects to addr, whatever it is asked for.
func httpProxy(t *testing.T, addr string) (url string, tunnels *atomic.Int32) {
	tunnels = new(atomic.Int32)
	p := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect || r.Host != "backend.internal:443" {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		to, err := net.Dial("tcp", addr)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		from, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		tunnels.Add(1)
		io.WriteString(from, "HTTP/1.1 200 OK\r\n\r\n")
		go func() {
			defer to.Close()
			io.Copy(to, from)
		}()
		defer from.Close()
		io.Copy(from, to)
	}))
	t.Cleanup(p.Close)
	return p.URL, tunnels
}

// fromEnvironment finds a proxy as programs of all kinds do.
func fromEnvironment(address string) (*url.URL, error) {
	return http.ProxyFromEnvironment(&http.Request{URL: &url.URL{Scheme: "https", Host: address}})
}

// The proxy that HTTPS_PROXY names, but for what NO_PROXY lists.
func ExampleWithProxyFunc() {
	client, err := curlew.NewClient("dns:///users.example:443", curlew.WithProxyFunc(func(address string) (*url.URL, error) {
		return http.ProxyFromEnvironment(&http.Request{URL: &url.URL{Scheme: "https", Host: address}})
	}))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
}

// Calls go through a proxy, which resolves the name.
func TestProxy(t *testing.T) {
	curlewtest.NoLeaks(t)
	srv := curlew.NewServer()
	srv.Register(testService())
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go srv.Serve(l)
	defer srv.Close()
	proxy, tunnels := httpProxy(t, l.Addr().String())
	for name, o := range map[string]curlew.ClientOption{
		"an option": curlew.WithProxy(proxy),
		"the environment": func() curlew.ClientOption {
			t.Setenv("HTTPS_PROXY", proxy)
			return curlew.WithProxyFunc(fromEnvironment)
		}(),
	} {
		tunnels.Store(0)
		c, err := curlew.NewClient("passthrough:///backend.internal:443", o)
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if _, err := curlew.CallUnary(t.Context(), c.Caller(), unary, wrapperspb.String("x")); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		c.Close()
		if n := tunnels.Load(); n != 1 {
			t.Errorf("%s: %d tunnels for three calls", name, n)
		}
	}
	none := func(string) (*url.URL, error) { return nil, nil }
	direct := dialTest(t, l.Addr().String(), curlew.WithProxyFunc(none))
	if _, err := curlew.CallUnary(t.Context(), direct.Caller(), unary, wrapperspb.String("x")); err != nil || tunnels.Load() != 1 {
		t.Errorf("no proxy for the address: %v, %d tunnels", err, tunnels.Load())
	}
	other := dialTest(t, "other.internal:443", curlew.WithProxy(proxy))
	if _, err := curlew.CallUnary(t.Context(), other.Caller(), unary, wrapperspb.String("x")); err == nil || !strings.Contains(err.Error(), "403 Forbidden") {
		t.Errorf("a proxy that refuses: %v", err)
	}
	for _, bad := range []string{"", "proxy:3128", "socks5://p:1", "http://", ":"} {
		if _, err := curlew.NewClient("x:1", curlew.WithProxy(bad)); err == nil || !strings.Contains(err.Error(), "WithProxy") {
			t.Errorf("%q is taken for a proxy: %v", bad, err)
		}
	}
}
