package channel

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-rpc/curlew/balance"
)

func TestStartsLazily(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, r := newNetwork(), newNames("a:1")
		ch := New(config(n, r))
		defer ch.Close()
		time.Sleep(time.Hour)
		mustState(t, ch, balance.Idle)
		if r.count(&r.watches) != 0 || n.made() != 0 {
			t.Fatal("it does something without being asked")
		}
		mustCall(t, ch, "a:1")
		mustState(t, ch, balance.Ready)
	})
}

// Calls wait while the channel connects, with and without wait-for-ready.
func TestCallsWaitForTheFirstConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		n.slow(3*time.Second, "a:1")
		ch := New(config(n, newNames("a:1")))
		defer ch.Close()
		start := time.Now()
		calls := []*background{
			pickIn(t.Context(), ch, &balance.Call{}),
			pickIn(t.Context(), ch, &balance.Call{WaitForReady: true}),
		}
		time.Sleep(time.Second)
		mustState(t, ch, balance.Connecting)
		for _, c := range calls {
			<-c.done
			if c.err != nil || c.at.Sub(start) != 3*time.Second {
				t.Errorf("picked after %v: %v", c.at.Sub(start), c.err)
			}
		}
		if d := n.dialsTo("a:1"); len(d) != 1 {
			t.Errorf("dialed at %v", d)
		}
	})
}

func TestConnectAndReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		n.slow(time.Second, "a:1")
		ch := New(config(n, newNames("a:1")))
		defer ch.Close()
		ch.Connect()
		synctest.Wait()
		mustState(t, ch, balance.Connecting)
		if err := ch.Ready(t.Context()); err != nil {
			t.Fatal(err)
		}
		mustState(t, ch, balance.Ready)
		if err := ch.Ready(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}

func TestReadySaysWhyNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		n.set(errRefused, "a:1")
		ch := New(config(n, newNames("a:1")))
		defer ch.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		err := ch.Ready(ctx)
		if kindOf(t, err) != Context || !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, errRefused) {
			t.Errorf("%v", err)
		}
		want := "context deadline exceeded while waiting for a connection to test:///svc: 1 endpoint (1 TRANSIENT_FAILURE); " +
			"last error: a:1: dial tcp: connection refused; is the server listening on a:1?"
		if err.Error() != want {
			t.Errorf("the error is\n%s, want\n%s", err, want)
		}
		n.set(nil, "a:1")
		if err := ch.Ready(t.Context()); err != nil {
			t.Errorf("when the server is back: %v", err)
		}
	})
}

func TestWaitState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		n.slow(time.Second, "a:1")
		ch := New(config(n, newNames("a:1")))
		seen := []balance.State{ch.State()}
		done := make(chan struct{})
		go func() {
			defer close(done)
			for s := balance.Idle; s != balance.Shutdown; {
				if err := ch.WaitState(t.Context(), s); err != nil {
					t.Error(err)
					return
				}
				s = ch.State()
				seen = append(seen, s)
			}
		}()
		mustCall(t, ch, "a:1")
		synctest.Wait()
		n.conn(0).end(errors.New("reset"))
		synctest.Wait()
		n.set(errRefused, "a:1")
		if _, err := call(ch); err == nil {
			t.Error("no error")
		}
		synctest.Wait()
		ch.Close()
		<-done
		want := []balance.State{balance.Idle, balance.Connecting, balance.Ready, balance.Idle, balance.Connecting, balance.TransientFailure, balance.Shutdown}
		if !slices.Equal(seen, want) {
			t.Errorf("seen %v, want %v", seen, want)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := ch.WaitState(ctx, balance.Shutdown); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("waiting for the end of the end: %v", err)
		}
	})
}

// A pick_first channel that lost its connection rests, and the next call connects.
func TestPickFirstReconnectsOnTheNextCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, r := newNetwork(), newNames("a:1")
		ch := New(config(n, r))
		defer ch.Close()
		mustCall(t, ch, "a:1")
		time.Sleep(time.Minute)
		n.conn(0).end(errors.New("reset"))
		time.Sleep(time.Minute)
		mustState(t, ch, balance.Idle)
		if n.made() != 1 || r.count(&r.hints) == 0 {
			t.Fatalf("%d connections and %d hints", n.made(), r.count(&r.hints))
		}
		mustCall(t, ch, "a:1")
		mustState(t, ch, balance.Ready)
	})
}

func TestRoundRobinReconnectsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		ch := New(roundRobin(config(n, newNames("a:1", "b:1"))))
		defer ch.Close()
		mustCall(t, ch, "a:1", "b:1")
		time.Sleep(time.Minute)
		if got := n.open(); len(got) != 2 {
			t.Fatalf("connected to %v", got)
		}
		n.conn(0).end(errors.New("reset"))
		synctest.Wait()
		if got := n.open(); len(got) != 2 || n.made() != 3 {
			t.Errorf("connected to %v after %d attempts", got, n.made())
		}
		if got := states(ch); !slices.Equal(got, []string{"a:1 READY 1", "b:1 READY 1"}) {
			t.Errorf("the endpoints are %v", got)
		}
	})
}
