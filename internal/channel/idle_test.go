package channel

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-rpc/curlew/balance"
	"github.com/curlew-rpc/curlew/resolve"
)

func TestIdle(t *testing.T) {
	for _, policy := range []balance.Policy{balance.PickFirst(), balance.RoundRobin()} {
		synctest.Test(t, func(t *testing.T) {
			n, r := newNetwork(), newNames("a:1", "b:1")
			n.slow(-1, "b:1")
			cfg := config(n, r)
			cfg.Policy = policy
			cfg.ConnectTimeout = 24 * time.Hour
			ch := New(cfg)
			defer ch.Close()
			mustCall(t, ch, "a:1")
			for range 8 { // now and then a call
				time.Sleep(20 * time.Minute)
				mustState(t, ch, balance.Ready)
				mustCall(t, ch, "a:1")
			}
			time.Sleep(30 * time.Minute)
			mustState(t, ch, balance.Ready)
			time.Sleep(10 * time.Minute)
			mustState(t, ch, balance.Idle)
			if got := n.open(); len(got) != 0 || n.made() != 1 {
				t.Errorf("open are %v", got)
			}
			if got := states(ch); !slices.Equal(got, []string{"a:1 IDLE 0", "b:1 IDLE 0"}) {
				t.Errorf("the endpoints are %v", got)
			}
			// It sleeps until a call comes, and then uses what it knows without
			// waiting for the resolver.
			time.Sleep(24 * time.Hour)
			r.mu.Lock()
			r.list = nil
			r.mu.Unlock()
			if got := r.count(&r.watches); got != 1 {
				t.Errorf("%d look-ups", got)
			}
			mustCall(t, ch, "a:1")
			synctest.Wait()
			if got := r.count(&r.watches); got != 2 {
				t.Errorf("%d look-ups", got)
			}
		})
	}
}

// A call that lasts keeps the channel awake, however long; so does one that waits.
func TestLongCallsAreNotIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		n.limit = 1
		ch := New(config(n, newNames("a:1")))
		defer ch.Close()
		held := fill(t, ch, 1)
		time.Sleep(24 * time.Hour)
		mustState(t, ch, balance.Ready)
		held[0].Done(balance.Outcome{})
		queued := pickIn(t.Context(), ch, &balance.Call{})
		time.Sleep(24 * time.Hour)
		mustState(t, ch, balance.Ready)
		n.conn(0).finish()
		<-queued.done
		queued.picked.Done(balance.Outcome{})
		n.conn(0).finish()
		time.Sleep(time.Hour)
		mustState(t, ch, balance.Idle)
	})
}

// An endpoint that is removed in the moment of becoming idle is let go as well.
func TestIdleAndRemovedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		ch := New(config(n, newNames("a:1")))
		defer ch.Close()
		mustCall(t, ch, "a:1")
		ch.exec.post(func() {
			ch.updateOnLoop(t.Context(), resolve.Update{Endpoints: endpoints("b:1")}, &Settings{Policy: balance.PickFirst(), MaxConnsPerEndpoint: 1}, true)
			for _, ep := range ch.retired {
				ep.busyOnLoop()
			}
			ch.lookedAt = ch.lookedAt.Add(-24 * time.Hour)
			ch.busyAt = ch.lookedAt
		})
		synctest.Wait()
		mustState(t, ch, balance.Idle)
		if got := n.open(); len(got) != 0 {
			t.Errorf("open are %v", got)
		}
		mustCall(t, ch, "b:1", "a:1") // what was known last, or what the resolver says
	})
}

func TestIdleNever(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		cfg := config(n, newNames("a:1"))
		cfg.IdleTimeout = -1
		ch := New(cfg)
		defer ch.Close()
		mustCall(t, ch, "a:1")
		time.Sleep(1000 * time.Hour)
		mustState(t, ch, balance.Ready)
	})
}

// Idleness also ends the attempts at a server that is down, and forgets the backoff.
func TestIdleWhileFailing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		n.set(errRefused, "a:1")
		ch := New(config(n, newNames("a:1")))
		defer ch.Close()
		_, _ = call(ch)
		time.Sleep(time.Hour)
		mustState(t, ch, balance.Idle)
		dials := len(n.dialsTo("a:1"))
		time.Sleep(time.Hour)
		if got := len(n.dialsTo("a:1")); got != dials {
			t.Errorf("%d attempts while idle", got-dials)
		}
		n.set(nil, "a:1")
		mustCall(t, ch, "a:1")
		synctest.Wait()
	})
}
