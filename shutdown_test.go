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

func TestOneWay(t *testing.T) {
	got := make(chan string, 1)
	release := make(chan struct{})
	c := serveUnary(t, func(_ context.Context, in *str) (*str, error) {
		<-release
		got <- in.Value
		return nil, curlew.Internal
	})
	if _, err := callUnary(t, c, "x", curlew.OneWay()); err != nil {
		t.Fatal(err)
	}
	close(release)
	if v := <-got; v != "x" {
		t.Error(v)
	}
}

func TestShutdownLetsCallsFinish(t *testing.T) {
	started, release := make(chan struct{}), make(chan struct{})
	srv, addr := serveAnew(t, nil, curlew.Service{Name: "t.S", Methods: []curlew.MethodHandler{
		curlew.HandleUnary(unary, func(ctx context.Context, in *str) (*str, error) {
			close(started)
			<-release
			return in, ctx.Err()
		})}})
	c := dialTest(t, addr)
	f := curlew.Go(t.Context(), func(ctx context.Context, in *str) (*str, error) {
		return curlew.CallUnary(ctx, c.Caller(), unary, in)
	}, wrapperspb.String("x"))
	<-started
	down := make(chan error, 1)
	go func() { down <- srv.Shutdown(t.Context()) }()
	await(t, func() bool {
		_, err := callOnce(t, addr)
		return errors.Is(err, curlew.Unavailable)
	})
	select {
	case err := <-down:
		t.Fatalf("Shutdown did not wait: %v", err)
	default:
	}
	close(release)
	if res, err := f.Wait(t.Context()); err != nil || res.Value != "x" {
		t.Errorf("%v, %v", res, err)
	}
	if err := <-down; err != nil {
		t.Error(err)
	}
}

func TestShutdownCutsWhatDoesNotFinish(t *testing.T) {
	started := make(chan struct{})
	ended := make(chan struct{})
	srv, addr := serveAnew(t, nil, curlew.Service{Name: "t.S", Methods: []curlew.MethodHandler{
		curlew.HandleUnary(unary, func(ctx context.Context, in *str) (*str, error) {
			close(started)
			<-ctx.Done()
			close(ended)
			return nil, ctx.Err()
		})}})
	c := dialTest(t, addr)
	f := curlew.Go(t.Context(), func(ctx context.Context, in *str) (*str, error) {
		return curlew.CallUnary(ctx, c.Caller(), unary, in)
	}, wrapperspb.String("x"))
	<-started
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := srv.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	<-ended
	if _, err := f.Wait(t.Context()); !errors.Is(err, curlew.Unavailable) {
		t.Errorf("%v", err)
	}
}

// Calls that a draining server has not taken go elsewhere without anybody noticing.
func TestRollingRestartLosesNothing(t *testing.T) {
	var lost, served atomic.Int64
	services := curlew.Service{Name: "t.S", Methods: []curlew.MethodHandler{
		curlew.HandleUnary(unary, func(_ context.Context, in *str) (*str, error) { served.Add(1); return in, nil })}}
	srvA, a := serveAnew(t, nil, services)
	_, b := serveAnew(t, nil, services)
	c, err := curlew.NewClient("static:///" + a + "," + b)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := callUnary(t, c, "x"); err != nil {
					lost.Add(1)
					t.Log(err)
				}
			}
		})
	}
	await(t, func() bool { return served.Load() > 500 })
	if err := srvA.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	n := served.Load()
	await(t, func() bool { return served.Load() > n+500 })
	close(stop)
	wg.Wait()
	if lost.Load() > 0 {
		t.Errorf("%d calls lost of %d", lost.Load(), served.Load())
	}
}

// A client that keeps to the server's limit is never refused, at whatever pace
// its calls follow each other.
func TestNoRefusalsWithinTheLimit(t *testing.T) {
	var attempts atomic.Int64
	for _, limit := range []int{1, 7} {
		addr := serve(t, curlew.WithMaxStreams(limit), curlew.WithInterceptors(
			func(ctx context.Context, call *curlew.Call, next curlew.Handler) error {
				attempts.Add(1)
				return next(ctx, call)
			}))
		c := dialTest(t, addr)
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				for range 50 {
					if _, err := callUnary(t, c, "x"); err != nil {
						t.Errorf("with %d streams: %v", limit, err)
						return
					}
				}
			})
		}
		wg.Wait()
	}
	if n := attempts.Load(); n != 2000 {
		t.Errorf("%d attempts for 2000 calls", n)
	}
}
