package curlew_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/balance"
)

// A server that dies takes the calls under way with it; the next calls find the
// one that comes back, on the same connectionless client.
func TestReconnect(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	started := make(chan struct{}, 100)
	hang := curlew.Service{Name: "t.S", Methods: []curlew.MethodHandler{
		curlew.HandleUnary(unary, func(ctx context.Context, in *str) (*str, error) {
			if in.Value == "hang" {
				started <- struct{}{}
				<-ctx.Done()
			}
			return in, nil
		})}}
	serveOn := func(l net.Listener) *curlew.Server {
		srv := curlew.NewServer()
		srv.Register(hang)
		go srv.Serve(l)
		return srv
	}
	srv := serveOn(l)
	c := dialTest(t, addr)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if _, err := callUnary(t, c, "hang"); !errors.Is(err, curlew.Unavailable) {
				t.Errorf("a call on a dead connection: %v", err)
			}
		})
	}
	for range 50 {
		<-started
	}
	srv.Close()
	wg.Wait()
	if _, err := callUnary(t, c, "x"); !errors.Is(err, curlew.Unavailable) {
		t.Errorf("with no server: %v", err)
	}
	if l, err = net.Listen("tcp", addr); err != nil {
		t.Fatal(err)
	}
	srv = serveOn(l)
	defer srv.Close()
	if _, err := callUnary(t, c, "x", curlew.WaitForReady()); err != nil {
		t.Errorf("after the restart: %v", err)
	}
	if s := c.State(); s != balance.Ready {
		t.Errorf("state %v", s)
	}
}

func TestClientOptionsAreChecked(t *testing.T) {
	for what, opt := range map[string]curlew.ClientOption{
		"keepalive too often": curlew.WithKeepalive(time.Millisecond, time.Second),
		"no codecs":           curlew.WithCodecs(),
		"nil logger":          curlew.WithLogger(nil),
		"nil TLS":             curlew.WithTLS(nil),
		"nil interceptor":     curlew.WithInterceptors(nil),
		"negative limit":      curlew.WithMaxReceiveBytes(-1),
		"bad authority":       curlew.WithAuthority("a\nb"),
		"unknown compressor":  curlew.WithCallOptions(curlew.Compression("zip")),
		"nil resolver":        curlew.WithResolver(nil),
		"zero connections":    curlew.WithMaxConnectionsPerEndpoint(0),
		"nil option":          nil,
	} {
		if c, err := curlew.NewClient("localhost:1", opt); err == nil {
			c.Close()
			t.Errorf("%s: no error", what)
		}
	}
	for _, target := range []string{"", "foo://x", "dns:///", "localhost:99999", "static:///"} {
		if c, err := curlew.NewClient(target); err == nil {
			c.Close()
			t.Errorf("target %q: no error", target)
		}
	}
}

func TestServerMistakesFailServe(t *testing.T) {
	handler := curlew.HandleUnary(unary, func(_ context.Context, in *str) (*str, error) { return in, nil })
	for what, make := range map[string]func() *curlew.Server{
		"option":         func() *curlew.Server { return curlew.NewServer(curlew.WithMaxStreams(0)) },
		"no certificate": func() *curlew.Server { return curlew.NewServer(curlew.WithTLS(newTLS())) },
		"registered twice": func() *curlew.Server {
			s := curlew.NewServer()
			s.Register(testService())
			s.Register(testService())
			return s
		},
		"foreign method": func() *curlew.Server {
			s := curlew.NewServer()
			s.Register(curlew.Service{Name: "other.S", Methods: []curlew.MethodHandler{handler}})
			return s
		},
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if err := make().Serve(l); err == nil || errors.Is(err, curlew.ErrServerClosed) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestListenAndServe(t *testing.T) {
	path := "unix:" + t.TempDir() + "/s"
	for range 2 { // the second finds the socket file of the first, if any is left
		ctx, cancel := context.WithCancel(t.Context())
		srv := curlew.NewServer()
		srv.Register(testService())
		done := make(chan error, 1)
		go func() { done <- srv.ListenAndServe(ctx, path) }()
		c, err := curlew.NewClient(path)
		if err != nil {
			t.Fatal(err)
		}
		res, err := curlew.CallUnary(t.Context(), c.Caller().With(curlew.WaitForReady()), unary, wrapperspb.String("x"))
		if err != nil || res.Value != "echo x" {
			t.Errorf("%v, %v", res, err)
		}
		c.Close()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if err := curlew.NewServer().ListenAndServe(t.Context(), "nonsense"); err == nil {
		t.Error("no error for a bad address")
	}
}

func TestClosedClient(t *testing.T) {
	c := dialTest(t, serve(t))
	if err := c.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.Close()
	if _, err := callUnary(t, c, "x"); !errors.Is(err, curlew.Canceled) {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	dead := dialTest(t, "127.0.0.1:1")
	if err := dead.Ready(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Ready without a server: %v", err)
	}
}
