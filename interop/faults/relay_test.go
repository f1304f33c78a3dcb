package faults

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/interop/internal/relay"
)

// A bad network makes calls slow and does nothing else to them.
func TestBadNetwork(t *testing.T) {
	for _, test := range []struct {
		name     string
		up, down relay.Conditions
		sizes    []int
	}{
		{"delay", relay.Conditions{Delay: 20 * time.Millisecond}, relay.Conditions{Delay: 20 * time.Millisecond}, []int{0, 100, 100 << 10}},
		{"delay one way", relay.Conditions{}, relay.Conditions{Delay: 30 * time.Millisecond}, []int{0, 70 << 10}},
		{"throttled", relay.Conditions{Rate: 2 << 20, Segment: 4 << 10}, relay.Conditions{Rate: 2 << 20, Segment: 4 << 10}, []int{0, 50 << 10}},
		{"segments of one byte", relay.Conditions{Segment: 1}, relay.Conditions{Segment: 1}, []int{0, 1, 3000}},
		{"segments of 9 bytes", relay.Conditions{Segment: 9}, relay.Conditions{Segment: 9}, []int{0, 20 << 10}},
		{"all together", relay.Conditions{Delay: 5 * time.Millisecond, Rate: 4 << 20, Segment: 1000}, relay.Conditions{Delay: 10 * time.Millisecond, Segment: 777}, []int{100, 40 << 10}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.relay.Set(test.up, test.down)
			calls := mixture(bounded(t), r.client, 4, 2, test.sizes)
			calls.failures(t)
			if err := r.check(calls.outcomes); err != nil {
				t.Error(err)
			}
			r.idle(t)
		})
	}
}

// Stalls that pass are no failures either.
func TestStalls(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for i := 0; ; i++ {
			stalled := relay.Conditions{Stall: true}
			switch i % 4 {
			case 0:
				r.relay.Set(stalled, relay.Conditions{})
			case 2:
				r.relay.Set(relay.Conditions{}, stalled)
			default:
				r.relay.Set(relay.Conditions{}, relay.Conditions{})
			}
			select {
			case <-stop:
				r.relay.Set(relay.Conditions{}, relay.Conditions{})
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	calls := mixture(bounded(t), r.client, 4, 5, []int{0, 100, 200 << 10})
	close(stop)
	<-stopped
	calls.failures(t)
	if err := r.check(calls.outcomes); err != nil {
		t.Error(err)
	}
	r.idle(t)
}

// Connections that are cut again and again, at any moment: calls fail with
// Unavailable or succeed, and none is executed twice.
func TestCutsAtRandom(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var calls tally
	var wg sync.WaitGroup
	ctx, stop := bounded(t), make(chan struct{})
	for caller := range 8 {
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				k := kinds[i%len(kinds)]
				id := fmt.Sprintf("%d-%d", caller, i)
				calls.add(id, k.call(ctx, r.client.With(curlew.WaitForReady()), id, i%5*7000))
			}
		})
	}
	random := rand.New(rand.NewPCG(3, 6))
	for range 40 {
		n := calls.len()
		await(t, "calls end", func() bool { return calls.len() > n })
		time.Sleep(time.Duration(random.IntN(20_000)) * time.Microsecond)
		for _, l := range r.relay.Links() {
			switch random.IntN(3) {
			case 0:
				l.Reset()
			case 1:
				l.Up.Finish()
			case 2:
				l.Down.Finish()
			}
		}
	}
	close(stop)
	wg.Wait()
	failed := calls.failures(t, curlew.Unavailable)
	t.Logf("%d of %d calls failed", failed, calls.len())
	if failed == 0 || failed == calls.len() {
		t.Errorf("%d of %d calls failed: nothing was tested", failed, calls.len())
	}
	if err := r.check(calls.outcomes); err != nil {
		t.Error(err)
	}
	r.idle(t)
	r.works(t)
}
