package channel

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-rpc/curlew/balance"
)

// After GOAWAY new calls go to a new connection, and the old streams end in peace.
func TestGoAway(t *testing.T) {
	for _, policy := range []balance.Policy{balance.PickFirst(), balance.RoundRobin()} {
		synctest.Test(t, func(t *testing.T) {
			n, r := newNetwork(), newNames("a:1")
			cfg := config(n, r)
			cfg.Policy = policy
			ch := New(cfg)
			defer ch.Close()
			long, err := ch.Pick(t.Context(), &balance.Call{})
			if err != nil {
				t.Fatal(err)
			}
			n.conn(0).goAway()
			for range 10 {
				mustCall(t, ch, "a:1")
			}
			synctest.Wait()
			if n.made() != 2 || r.count(&r.hints) == 0 {
				t.Errorf("%d connections, %d hints", n.made(), r.count(&r.hints))
			}
			if got := n.conn(0).state(); got != "draining" || n.conn(0).Active() != 1 {
				t.Errorf("the old connection is %s with %d streams", got, n.conn(0).Active())
			}
			long.Conn.finish()
			long.Done(balance.Outcome{})
			if got := n.conn(0).state(); got != "closed" {
				t.Errorf("the old connection is %s in the end", got)
			}
			synctest.Wait()
			if got := states(ch); !slices.Equal(got, []string{"a:1 READY 1"}) {
				t.Errorf("the endpoints are %v", got)
			}
		})
	}
}

// A server that rotates its connections, here after each has carried ten calls,
// loses no call.
func TestGoAwayEveryTenCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		ch := New(roundRobin(config(n, newNames("a:1", "b:1"))))
		defer ch.Close()
		carried := make(map[*fakeConn]int)
		for i := range 1000 {
			p, err := ch.Pick(t.Context(), &balance.Call{})
			if err != nil {
				t.Fatalf("call %d: %v", i, err)
			}
			if carried[p.Conn]++; carried[p.Conn] == 10 {
				p.Conn.goAway()
			}
			p.Conn.finish()
			p.Done(balance.Outcome{})
		}
		if got := n.made(); got < 100 {
			t.Errorf("only %d connections", got)
		}
	})
}

// A server that says goodbye, or hangs up, before a call has ended well is not
// dialed again and again without a pause.
func TestUselessConnections(t *testing.T) {
	for _, tc := range []struct {
		name  string
		greet func(*fakeConn)
	}{
		{"hangs up after Dial", func(c *fakeConn) { time.AfterFunc(1, func() { c.end(errors.New("EOF")) }) }},
		{"hangs up within Dial", func(c *fakeConn) { c.end(errors.New("EOF")) }},
		{"GOAWAY after Dial", func(c *fakeConn) { time.AfterFunc(1, c.goAway) }},
		{"GOAWAY within Dial", (*fakeConn).goAway},
	} {
		for _, policy := range []balance.Policy{balance.PickFirst(), balance.RoundRobin()} {
			bubble(t, tc.name, func(t *testing.T) {
				n := newNetwork()
				n.greet = tc.greet
				cfg := config(n, newNames("a:1"))
				cfg.Policy = policy
				ch := New(cfg)
				defer ch.Close()
				for range 600 {
					time.Sleep(100 * ms)
					if ch.State() != balance.Ready {
						ch.Connect()
					}
				}
				if got := n.made(); got < 5 || got > 20 {
					t.Errorf("%d connections in a minute", got)
				}
				if _, err := call(ch); err == nil {
					t.Error("no error")
				} else if kindOf(t, err) != Unavailable {
					t.Error(err)
				}
				n.mu.Lock()
				n.greet = nil
				n.mu.Unlock()
				if err := ch.Ready(t.Context()); err != nil {
					t.Error(err)
				}
				mustCall(t, ch, "a:1")
			})
		}
	}
}

// One connection that broke early is forgiven.
func TestOneUselessConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		ch := New(roundRobin(config(n, newNames("a:1"))))
		defer ch.Close()
		if err := ch.Ready(t.Context()); err != nil {
			t.Fatal(err)
		}
		n.conn(0).end(nil)
		synctest.Wait()
		mustState(t, ch, balance.Ready)
		if info := ch.Endpoints()[0]; info.Err == nil || info.Failures != 0 {
			t.Errorf("the endpoint is %+v", info)
		}
	})
}

// A server that leaves may still accept: a call waits for a connection of the process
// that takes its place, however often it is told goodbye before.
func TestGoodbyeAtOnce(t *testing.T) {
	for _, tc := range []struct {
		name        string
		goodbye     func(*fakeConn)
		least, most time.Duration
		times       int
	}{
		{"within Dial", (*fakeConn).goAway, 0, ms, promptGoodbyes},
		{"within Dial, often", (*fakeConn).goAway, 635 * ms / 2, 635 * ms * 3 / 2, maxGoodbyes},
		{"after a call, often", func(c *fakeConn) { time.AfterFunc(1, c.goAway) }, 0, time.Minute, 3 * maxGoodbyes},
	} {
		for _, policy := range []balance.Policy{balance.PickFirst(), balance.RoundRobin()} {
			bubble(t, tc.name, func(t *testing.T) {
				n := newNetwork()
				n.greet = func(c *fakeConn) {
					if len(n.conns) <= tc.times {
						tc.goodbye(c)
					}
				}
				cfg := config(n, newNames("a:1"))
				cfg.Policy = policy
				ch := New(cfg)
				defer ch.Close()
				start := time.Now()
				for n.made() <= tc.times { // calls are made all the time; none fails
					if _, err := call(ch); err != nil {
						t.Fatal(err)
					}
					time.Sleep(time.Microsecond)
				}
				if d := time.Since(start); d < tc.least || d > tc.most+ms {
					t.Errorf("%d connections were made within %v, want %v to %v", n.made(), d, tc.least, tc.most)
				}
			})
		}
	}
}

// When a server has left in peace calls wait for the next one, for a moment.
func TestSuccessor(t *testing.T) {
	for _, tc := range []struct {
		name string
		end  func(*fakeConn)
		down time.Duration
		fail bool
	}{
		{"goodbye, back soon", (*fakeConn).goAway, 200 * ms, false},
		{"goodbye, not back", (*fakeConn).goAway, time.Hour, true},
		{"broken", func(c *fakeConn) { c.end(errors.New("EOF")) }, 200 * ms, true},
	} {
		for _, policy := range []balance.Policy{balance.PickFirst(), balance.RoundRobin()} {
			bubble(t, tc.name, func(t *testing.T) {
				n := newNetwork()
				cfg := config(n, newNames("a:1"))
				cfg.Policy = policy
				ch := New(cfg)
				defer ch.Close()
				mustCall(t, ch, "a:1")
				n.set(errRefused, "a:1")
				time.AfterFunc(tc.down, func() { n.set(nil, "a:1") })
				tc.end(n.conn(0))
				synctest.Wait()
				start := time.Now()
				_, err := call(ch)
				if (err != nil) != tc.fail {
					t.Errorf("the call gave %v after %v", err, time.Since(start))
				}
				if d := time.Since(start); d > time.Second {
					t.Errorf("the call waited %v", d)
				}
			})
		}
	}
}
