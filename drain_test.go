package curlew_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/curlew-rpc/curlew"
)

// gated serves a unary method whose calls say that they have begun, and wait.
func gated(t *testing.T, opts ...curlew.ServerOption) (srv *curlew.Server, addr string, began chan string, free chan struct{}) {
	t.Helper()
	began, free = make(chan string, 100), make(chan struct{})
	srv, addr = serveAnew(t, opts, curlew.Service{Name: "t.S", Methods: []curlew.MethodHandler{
		curlew.HandleUnary(unary, func(ctx context.Context, in *str) (*str, error) {
			if in.Value == "now" {
				return in, nil
			}
			began <- in.Value
			select {
			case <-free:
				return in, nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		})}})
	return srv, addr, began, free
}

func goUnary(t *testing.T, c *curlew.Client, in string) *curlew.Future[*str] {
	t.Helper()
	return curlew.Go(t.Context(), func(ctx context.Context, in *str) (*str, error) {
		return curlew.CallUnary(ctx, c.Caller(), unary, in)
	}, wrapperspb.String(in))
}

func TestDrainInOrder(t *testing.T) {
	srv, addr, began, free := gated(t, curlew.WithLameDuck(50*time.Millisecond))
	c := dialTest(t, addr)
	var mu sync.Mutex
	var order []string
	note := func(what string) {
		mu.Lock()
		defer mu.Unlock()
		order = append(order, what)
	}
	srv.OnShutdown(func() { note("health") })
	gone := errors.New("the registry is gone")
	srv.OnDeregister(func(ctx context.Context) error {
		note("deregister")
		if _, err := callUnary(t, c, "now"); err != nil {
			t.Errorf("while it deregisters: %v", err)
		}
		note("deregistered")
		return gone
	})
	open := []*curlew.Future[*str]{goUnary(t, c, "a"), goUnary(t, c, "b")}
	<-began
	<-began
	type result struct {
		report curlew.DrainReport
		err    error
	}
	down := make(chan result, 2)
	drain := func() {
		r, err := srv.Drain(t.Context())
		down <- result{r, err}
	}
	go drain()
	await(t, func() bool { // when clients are told
		nc, err := net.Dial("tcp", addr)
		if err == nil {
			nc.Close()
		}
		return err != nil
	})
	note("closed")
	go drain() // a second one waits too
	select {
	case r := <-down:
		t.Errorf("Drain did not wait: %+v", r)
	case <-time.After(20 * time.Millisecond):
	}
	close(free)
	for _, f := range open {
		if _, err := f.Wait(t.Context()); err != nil {
			t.Errorf("an open call: %v", err)
		}
	}
	one, two := <-down, <-down
	if one.err == nil {
		one, two = two, one
	}
	if !errors.Is(one.err, gone) || two.err != nil {
		t.Errorf("%v, and of the second %v", one.err, two.err)
	}
	r := one.report
	if r.Finished != 2 || r.Canceled != 0 || r.Connections != 1 || r.LameDuck < 50*time.Millisecond || r.Deregistering <= 0 || r.Waiting < 20*time.Millisecond {
		t.Errorf("%+v", r)
	}
	if want := []string{"health", "deregister", "deregistered", "closed"}; !slices.Equal(order, want) {
		t.Errorf("%v, want %v", order, want)
	}
}

// A lame duck serves whoever still comes.
func TestLameDuckServes(t *testing.T) {
	srv, addr, _, _ := gated(t, curlew.WithLameDuck(time.Hour))
	duck := make(chan struct{})
	srv.OnShutdown(func() { close(duck) })
	down := make(chan error, 1)
	go func() { down <- srv.Shutdown(t.Context()) }()
	<-duck
	for range 3 {
		c := dialTest(t, addr)
		if _, err := callUnary(t, c, "now"); err != nil {
			t.Error(err)
		}
	}
	srv.Close() // which does not wait for it
	if err := <-down; err != nil {
		t.Error(err)
	}
}

// Who hangs while deregistering costs half of the time, not the calls.
func TestDeregisterHangs(t *testing.T) {
	srv, addr, began, free := gated(t)
	c := dialTest(t, addr)
	f := goUnary(t, c, "a")
	<-began
	srv.OnDeregister(func(ctx context.Context) error {
		<-ctx.Done()
		close(free)
		return ctx.Err()
	})
	srv.OnDeregister(func(context.Context) error { panic("it breaks") })
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	r, err := srv.Drain(ctx)
	if !errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil {
		t.Errorf("%v, %v", err, ctx.Err())
	}
	if r.Canceled != 0 || r.Deregistering >= 2*time.Second {
		t.Errorf("%+v", r)
	}
	if _, err := f.Wait(t.Context()); err != nil {
		t.Error(err)
	}
}

// Calls that are cut are told so by the server itself, whatever their handlers do.
func TestDrainCutsAndSaysSo(t *testing.T) {
	hang := make(chan struct{})
	defer close(hang)
	began := make(chan struct{}, 10)
	srv, addr := serveAnew(t, nil, curlew.Service{Name: "t.S", Methods: []curlew.MethodHandler{
		curlew.HandleUnary(unary, func(context.Context, *str) (*str, error) {
			began <- struct{}{}
			<-hang // it does not even look at its context
			return nil, nil
		}),
		curlew.HandleBidi(chat, func(ctx context.Context, d *curlew.Duplex[*str, *str]) error {
			d.Send(wrapperspb.String("hello"))
			began <- struct{}{}
			<-ctx.Done()
			return ctx.Err()
		})}})
	c := dialTest(t, addr)
	f := goUnary(t, c, "a")
	b, err := curlew.CallBidi(t.Context(), c.Caller(), chat)
	if err != nil {
		t.Fatal(err)
	}
	<-began
	<-began
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	r, err := srv.Drain(ctx)
	if !errors.Is(err, context.DeadlineExceeded) || r.Canceled != 2 || r.Finished != 0 {
		t.Errorf("%+v, %v", r, err)
	}
	said := func(err error) {
		t.Helper()
		var e *curlew.Error
		if !errors.As(err, &e) || e.Code() != curlew.Unavailable || !e.Remote() || e.Message() != "the server is shutting down" {
			t.Errorf("%v", err)
		}
	}
	_, err = f.Wait(t.Context())
	said(err)
	if m, err := b.Recv(); err != nil || m.Value != "hello" {
		t.Errorf("%v, %v", m, err)
	}
	_, err = b.Recv()
	said(err)
}

// Connections may be as short-lived as they like (T3 of the test plan).
func TestConnectionAgeLosesNothing(t *testing.T) {
	peers := make(map[string]bool)
	var mu sync.Mutex
	addr := serve(t, curlew.WithMaxConnectionAge(20*time.Millisecond, 10*time.Second), curlew.WithInterceptors(
		func(ctx context.Context, call *curlew.Call, next curlew.Handler) error {
			mu.Lock()
			peers[call.Peer().Addr.String()] = true
			mu.Unlock()
			return next(ctx, call)
		}))
	c := dialTest(t, addr)
	var wg sync.WaitGroup
	var calls atomic.Int64
	stop := make(chan struct{})
	for range 8 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := callUnary(t, c, "x"); err != nil {
					t.Error(err)
					return
				}
				calls.Add(1)
			}
		})
	}
	await(t, func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(peers) >= 10 && calls.Load() > 1000
	})
	close(stop)
	wg.Wait()
}

// After its grace an old connection's calls end; idle connections end too.
func TestConnectionLimitsOfTime(t *testing.T) {
	_, addr, began, _ := gated(t, curlew.WithMaxConnectionAge(20*time.Millisecond, 20*time.Millisecond))
	f := goUnary(t, dialTest(t, addr), "a")
	<-began
	if _, err := f.Wait(t.Context()); !errors.Is(err, curlew.Unavailable) {
		t.Errorf("%v", err)
	}
	srv, addr, _, _ := gated(t, curlew.WithMaxConnectionIdle(20*time.Millisecond))
	if _, err := callUnary(t, dialTest(t, addr), "now"); err != nil {
		t.Error(err)
	}
	await(t, func() bool { return curlew.ServerConns(srv) == 0 })
}
