package channel

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew/balance"
	"github.com/curlew-rpc/curlew/internal/backoff"
)

// noLeak fails the test if more goroutines run at its end than now. A bubble tells
// by itself; this is for tests in real time.
func noLeak(t *testing.T) {
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		for range 500 {
			if runtime.NumGoroutine() <= before {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		stacks := make([]byte, 1<<20)
		t.Errorf("%d goroutines at first, %d in the end:\n%s", before, runtime.NumGoroutine(), stacks[:runtime.Stack(stacks, true)])
	})
}

// chaos breaks, drains, refuses and lists anew, until stop is closed.
func chaos(n *network, r *names, stop <-chan struct{}) {
	all := []string{"a:1", "b:1", "c:1", "d:1"}
	rnd := rand.New(rand.NewPCG(1, 2))
	for {
		select {
		case <-stop:
			return
		case <-time.After(time.Duration(rnd.IntN(2000)) * time.Microsecond):
		}
		addr := all[rnd.IntN(len(all))]
		var victim *fakeConn
		n.mu.Lock()
		if len(n.conns) > 0 {
			victim = n.conns[len(n.conns)-1-rnd.IntN(min(len(n.conns), 8))]
		}
		n.mu.Unlock()
		switch rnd.IntN(7) {
		case 0, 1:
			n.set(errRefused, addr)
		case 2:
			n.set(nil, all...)
		case 3:
			rnd.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
			r.set(nil, endpoints(all[:1+rnd.IntN(3)]...)...)
		case 4:
			if victim != nil {
				victim.end(errors.New("reset"))
			}
		case 5:
			if victim != nil {
				victim.goAway()
			}
		case 6:
			if victim != nil {
				victim.raise(1 + rnd.IntN(8))
			}
		}
	}
}

// Thousands of calls while everything around them changes: each gets a slot that is
// there, or an error that says why; none waits for ever; nothing is left over.
func TestCallsWhileEndpointsFlap(t *testing.T) {
	for name, policy := range map[string]balance.Policy{"pick first": balance.PickFirst(), "round robin": balance.RoundRobin()} {
		t.Run(name, func(t *testing.T) {
			noLeak(t)
			n, r := newNetwork(), newNames("a:1", "b:1", "c:1")
			n.limit = 8
			cfg := config(n, r)
			cfg.Policy = policy
			cfg.MaxConnsPerEndpoint = 2
			cfg.Backoff = backoff.Policy{Base: time.Millisecond, Max: 5 * time.Millisecond, Multiplier: 2}
			cfg.IdleTimeout = 20 * time.Millisecond
			ch := New(cfg)
			stop := make(chan struct{})
			var world, callers sync.WaitGroup
			world.Go(func() { chaos(n, r, stop) })
			world.Go(func() {
				for s := ch.State(); s != balance.Shutdown; s = ch.State() {
					_ = ch.WaitState(context.Background(), s)
					_ = ch.Endpoints()
				}
			})
			var good, failed, gaveUp atomic.Int64
			for i := range 64 {
				callers.Go(func() { hammer(t, ch, uint64(i), 400, &good, &failed, &gaveUp) })
			}
			callers.Wait()
			close(stop)
			ch.Close()
			world.Wait()
			t.Logf("%d calls, %d failed, %d gave up; %d connections", good.Load(), failed.Load(), gaveUp.Load(), n.made())
			if good.Load() == 0 || ch.waiting.Load() != 0 {
				t.Errorf("%d good calls, %d still wait", good.Load(), ch.waiting.Load())
			}
			for i := range n.made() {
				if c := n.conn(i); c.state() != "closed" {
					t.Errorf("connection %d is %s", i, c.state())
				}
			}
		})
	}
}

// hammer makes calls, some of which give up.
func hammer(t *testing.T, ch *Channel[*fakeConn], seed uint64, calls int, good, failed, gaveUp *atomic.Int64) {
	rnd := rand.New(rand.NewPCG(seed, 3))
	for range calls {
		limit := 10 * time.Second
		impatient := rnd.IntN(4) == 0
		if impatient {
			limit = time.Duration(rnd.IntN(500)) * time.Microsecond
		}
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		c := &balance.Call{WaitForReady: rnd.IntN(2) == 0}
		p, err := ch.Pick(ctx, c)
		var e *Error
		switch {
		case err == nil:
			if rnd.IntN(2) == 0 {
				time.Sleep(time.Duration(rnd.IntN(300)) * time.Microsecond)
			}
			p.Conn.finish()
			p.Done(balance.Outcome{})
			good.Add(1)
		case !errors.As(err, &e):
			t.Errorf("%v is no *Error", err)
		case e.Kind == Context && impatient:
			gaveUp.Add(1)
		case e.Kind == Unavailable && !c.WaitForReady:
			failed.Add(1)
		default:
			t.Errorf("kind %d: %v", e.Kind, err)
		}
		cancel()
	}
}
