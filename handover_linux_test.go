package curlew_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/curlew-rpc/curlew"
)

// Servers follow one another at a port, and neither clients that connect anew for
// every call nor those that stay lose one.
func TestHandOverLosesNothing(t *testing.T) {
	listen := "127.0.0.1:0"
	served := make(chan error, 1)
	start := func() *curlew.Server {
		t.Helper()
		l, err := curlew.Listen(t.Context(), listen, curlew.HandOver())
		if err != nil {
			t.Fatal(err)
		}
		listen = l.Addr().String()
		srv := curlew.NewServer()
		srv.Register(testService())
		go func() { served <- srv.Serve(l) }()
		return srv
	}
	srv := start()
	address := listen
	defer func() { srv.Close(); <-served }()

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var wg sync.WaitGroup
	var calls, lost atomic.Int64
	call := func(c *curlew.Client) {
		within, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
		defer cancel()
		if _, err := curlew.CallUnary(within, c.Caller(), unary, wrapperspb.String("x")); err != nil {
			lost.Add(1)
			t.Log(err)
		}
		calls.Add(1)
	}
	for range 4 {
		wg.Go(func() {
			for ctx.Err() == nil {
				c, err := curlew.NewClient("passthrough:///" + address)
				if err != nil {
					t.Error(err)
					return
				}
				call(c)
				c.Close()
			}
		})
	}
	steady := dialTest(t, address)
	for range 2 {
		wg.Go(func() {
			for ctx.Err() == nil {
				call(steady)
			}
		})
	}
	for range 20 {
		n := calls.Load()
		await(t, func() bool { return calls.Load() > n+50 })
		next := start()
		if err := srv.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if err := <-served; !errors.Is(err, curlew.ErrServerClosed) {
			t.Error(err)
		}
		srv = next
	}
	cancel()
	wg.Wait()
	if n := lost.Load(); n > 0 {
		t.Errorf("%d of %d calls lost", n, calls.Load())
	}
	t.Logf("%d calls", calls.Load())
}

func TestHandOverIsForPorts(t *testing.T) {
	srv := curlew.NewServer()
	if err := srv.ListenAndServe(t.Context(), "unix:"+t.TempDir()+"/x", curlew.HandOver()); err == nil {
		t.Error("a unix socket is handed over")
	}
	if err := srv.ListenAndServe(t.Context(), "systemd:web"); err == nil {
		t.Error("there is a socket from systemd")
	}
}
