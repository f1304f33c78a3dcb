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

// The higher the priority the more of the limit may be used.
func TestAdaptiveLimitByPriority(t *testing.T) {
	_, addr, began, free := gated(t, curlew.WithLimits(curlew.AdaptiveLimit(curlew.AdaptiveConfig{
		Min: 10, Initial: 10, Max: 10,
		Priority: func(call *curlew.Call) curlew.Priority {
			switch call.RequestHeader().Get("x-priority") {
			case "low":
				return curlew.LowPriority
			case "high":
				return curlew.HighPriority
			}
			return curlew.NormalPriority
		},
	})))
	c := dialTest(t, addr)
	var inside []*curlew.Future[*str]
	fill := func(priority string, want int) {
		t.Helper()
		call := func(ctx context.Context, in *str) (*str, error) {
			return curlew.CallUnary(ctx, c.Caller().With(curlew.SetHeader("x-priority", priority)), unary, in)
		}
		for n := 0; ; n++ {
			f := curlew.Go(t.Context(), call, wrapperspb.String("a"))
			select {
			case <-began:
				inside = append(inside, f)
				continue
			case <-f.Done():
			}
			if _, err := f.Wait(t.Context()); !errors.Is(err, curlew.Unavailable) {
				t.Errorf("%s: %v", priority, err)
			}
			if n != want {
				t.Errorf("%s: %d more calls were let in, want %d", priority, n, want)
			}
			return
		}
	}
	fill("low", 5)
	fill("normal", 4)
	fill("low", 0)
	fill("high", 1)
	fill("normal", 0)
	close(free)
	for _, f := range inside {
		if _, err := f.Wait(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// A call that cannot be done in the time that it has is not begun, but for one in
// twenty.
func TestAdaptiveLimitByDeadline(t *testing.T) {
	l := curlew.AdaptiveLimit(curlew.AdaptiveConfig{})
	srv := curlew.NewServer()
	run := func(ctx context.Context, took time.Duration) error {
		release, err := l.Acquire(ctx, curlew.ServerCall(srv, &unary.Method))
		if err == nil {
			release(curlew.Outcome{Took: took})
		}
		return err
	}
	for range 100 {
		if err := run(t.Context(), time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	enough, cancel := context.WithTimeout(t.Context(), 2*time.Hour)
	defer cancel()
	if err := run(enough, time.Hour); err != nil {
		t.Error(err)
	}
	short, cancel := context.WithTimeout(t.Context(), 30*time.Minute)
	defer cancel()
	refused := 0
	for range 100 {
		if err := run(short, time.Hour); errors.Is(err, curlew.DeadlineExceeded) {
			refused++
		} else if err != nil {
			t.Error(err)
		}
	}
	if refused != 95 {
		t.Errorf("%d of 100 calls are refused", refused)
	}
}

// Over real sockets: a server that can do four calls at a time, and is asked for many
// more by clients that come again at once, soon lets in no more than it can do.
func TestAdaptiveLimitFindsItself(t *testing.T) {
	slots := make(chan struct{}, 4)
	var inside, most, done atomic.Int64
	srv, addr := serveAnew(t, []curlew.ServerOption{curlew.WithLimits(curlew.AdaptiveLimit(curlew.AdaptiveConfig{}))},
		curlew.Service{Name: "t.S", Methods: []curlew.MethodHandler{
			curlew.HandleUnary(unary, func(_ context.Context, in *str) (*str, error) {
				n := inside.Add(1)
				defer inside.Add(-1)
				for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
				}
				slots <- struct{}{}
				time.Sleep(2 * time.Millisecond)
				<-slots
				done.Add(1)
				return in, nil
			})}})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var wg sync.WaitGroup
	for range 60 {
		c := dialTest(t, addr)
		wg.Go(func() {
			for ctx.Err() == nil {
				_, err := callUnary(t, c, "x")
				if errors.Is(err, curlew.Unavailable) {
					time.Sleep(time.Millisecond)
				} else if err != nil {
					t.Error(err)
				}
			}
		})
	}
	// It takes a few windows of a tenth of a second, and a probe.
	settled := func() bool {
		most.Store(0)
		n := done.Load()
		await(t, func() bool { return done.Load() > n+200 })
		return most.Load() <= 30
	}
	await(t, settled)
	cancel()
	wg.Wait()
	if srv.Refused() == 0 {
		t.Error("nothing is refused")
	}
	t.Logf("%d calls done, %d refused, lately at most %d at once", done.Load(), srv.Refused(), most.Load())
}

// Streams, whose length says nothing, are let in.
func TestAdaptiveLimitIsForUnaryCalls(t *testing.T) {
	addr := serve(t, curlew.WithLimits(curlew.AdaptiveLimit(curlew.AdaptiveConfig{Min: 1, Initial: 1, Max: 1})))
	c := dialTest(t, addr)
	for range 3 {
		b, err := curlew.CallBidi(t.Context(), c.Caller(), chat)
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		if err := b.Send(wrapperspb.String("x")); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Recv(); err != nil {
			t.Fatal(err)
		}
	}
}

// Limits that let a call in cost no memory.
func TestAllocationsOfLimits(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector has pools lose what is put into them")
	}
	call := curlew.ServerCall(curlew.NewServer(), &unary.Method)
	for name, l := range map[string]curlew.Limiter{
		"concurrency": curlew.ConcurrencyLimit(1),
		"rate":        curlew.RateLimit(1e6, 1<<30),
		"adaptive":    curlew.AdaptiveLimit(curlew.AdaptiveConfig{}),
	} {
		n := testing.AllocsPerRun(1000, func() {
			release, err := l.Acquire(context.Background(), call)
			if err != nil {
				t.Fatal(err)
			}
			if release != nil {
				release(curlew.Outcome{Took: time.Millisecond})
			}
		})
		if n > 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
