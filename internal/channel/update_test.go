package channel

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-rpc/curlew/balance"
	"github.com/curlew-rpc/curlew/resolve"
)

// What stays in the list keeps its connection, what is new is connected, what is
// gone finishes its streams.
func TestUpdateKeepsConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, r := newNetwork(), newNames("a:1", "b:1", "c:1")
		ch := New(roundRobin(config(n, r)))
		defer ch.Close()
		if err := ch.Ready(t.Context()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		held := fill(t, ch, 3) // one on each
		r.set(nil, endpoints("d:1", "c:1", "b:1")...)
		synctest.Wait()
		if got := slices.Sorted(slices.Values(n.open())); !slices.Equal(got, []string{"b:1", "c:1", "d:1"}) || n.made() != 4 {
			t.Errorf("open are %v after %d connections", got, n.made())
		}
		for _, p := range held {
			want := "open"
			if p.Conn.addr == "a:1" {
				want = "draining"
			}
			if got := p.Conn.state(); got != want {
				t.Errorf("the connection to %s is %s, want %s", p.Conn.addr, got, want)
			}
			p.Conn.finish()
			p.Done(balance.Outcome{})
			if want == "draining" && p.Conn.state() != "closed" {
				t.Error("the removed one stays open without streams")
			}
		}
		for range 30 {
			mustCall(t, ch, "b:1", "c:1", "d:1")
		}
		if got := states(ch); !slices.Equal(got, []string{"d:1 READY 1", "c:1 READY 1", "b:1 READY 1"}) {
			t.Errorf("the endpoints are %v", got)
		}
	})
}

// No call is lost while the list changes all the time.
func TestUpdatesLoseNoCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, r := newNetwork(), newNames("a:1", "b:1")
		ch := New(roundRobin(config(n, r)))
		defer ch.Close()
		lists := [][]string{{"a:1"}, {"b:1", "c:1"}, {"c:1", "a:1", "d:1"}, {"d:1"}, {"b:1", "a:1"}}
		for i := range 200 {
			list := lists[i%len(lists)]
			r.set(nil, endpoints(list...)...)
			if i%3 == 0 {
				synctest.Wait()
				for range list {
					mustCall(t, ch, list...)
				}
			}
			if _, err := call(ch); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// An endpoint that moves to another address is connected there; one that keeps
// the address it is connected to, or only changes its weight, stays connected.
func TestUpdateOfAddresses(t *testing.T) {
	for _, tc := range []struct {
		name  string
		then  resolve.Endpoint
		conns int
		open  string
	}{
		{"moves", endpointOf("x", "b:1"), 2, "b:1"},
		{"keeps its address", endpointOf("x", "b:1", "a:1"), 1, "a:1"},
		{"weight", resolve.Endpoint{ID: "x", Weight: 9, Addrs: endpointOf("x", "a:1").Addrs}, 1, "a:1"},
	} {
		bubble(t, tc.name, func(t *testing.T) {
			n, r := newNetwork(), newNames()
			r.list = append(r.list, endpointOf("x", "a:1"))
			ch := New(roundRobin(config(n, r)))
			defer ch.Close()
			if err := ch.Ready(t.Context()); err != nil {
				t.Fatal(err)
			}
			r.set(nil, tc.then)
			synctest.Wait()
			if got := n.open(); n.made() != tc.conns || !slices.Equal(got, []string{tc.open}) {
				t.Errorf("%d connections, open are %v", n.made(), got)
			}
			if got := ch.Endpoints(); len(got) != 1 || !slices.Equal(got[0].Addrs, tc.then.Addrs) {
				t.Errorf("the endpoints are %+v", got)
			}
		})
	}
}

// A new address is tried at once although the old one is in its backoff, and also
// while it is being dialed.
func TestUpdateOfAFailingAddress(t *testing.T) {
	for _, slow := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			n, r := newNetwork(), newNames()
			r.list = append(r.list, endpointOf("x", "a:1"))
			if slow {
				n.slow(-1, "a:1")
			} else {
				n.set(errRefused, "a:1")
			}
			cfg := config(n, r)
			cfg.ConnectTimeout = time.Hour
			ch := New(cfg)
			defer ch.Close()
			ch.Connect()
			time.Sleep(10 * time.Minute)
			start := time.Now()
			r.set(nil, endpointOf("x", "b:1"))
			if err := ch.Ready(t.Context()); err != nil || time.Since(start) != 0 {
				t.Errorf("%v after %v", err, time.Since(start))
			}
		})
	}
}

// An empty list is an answer: no endpoints. Calls fail until there are some.
func TestEmptyUpdate(t *testing.T) {
	for _, policy := range []balance.Policy{balance.PickFirst(), balance.RoundRobin()} {
		synctest.Test(t, func(t *testing.T) {
			n, r := newNetwork(), newNames("a:1")
			cfg := config(n, r)
			cfg.Policy = policy
			ch := New(cfg)
			defer ch.Close()
			mustCall(t, ch, "a:1")
			r.set(nil, []resolve.Endpoint{}...)
			synctest.Wait()
			mustState(t, ch, balance.TransientFailure)
			_, err := call(ch)
			want := "no connection to test:///svc: no endpoints are known: the resolver knows no endpoints"
			if kindOf(t, err) != Unavailable || err.Error() != want {
				t.Errorf("the error is\n%v, want\n%v", err, want)
			}
			if got := n.open(); len(got) != 0 {
				t.Errorf("open are %v", got)
			}
			patient := pickIn(t.Context(), ch, &balance.Call{WaitForReady: true})
			synctest.Wait()
			if !patient.waiting() {
				t.Error("a wait-for-ready call did not wait")
			}
			r.set(nil, endpoints("b:1")...)
			<-patient.done
			if patient.err != nil {
				t.Error(patient.err)
			}
		})
	}
}

// A policy may hold on to the Ref of an endpoint that is gone: it finds nobody,
// never the one that came after.
func TestRefsAreNotReused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, r := newNetwork(), newNames("a:1")
		ch := New(roundRobin(config(n, r)))
		defer ch.Close()
		if err := ch.Ready(t.Context()); err != nil {
			t.Fatal(err)
		}
		seen := make(map[balance.Ref]bool)
		for range 5 {
			for _, id := range []string{"a:1", "b:1"} {
				r.set(nil, endpoints(id)...)
				synctest.Wait()
				ref := ch.table.Load().slots[0].ref
				if seen[ref] && id != "a:1" {
					t.Fatalf("%v again", ref)
				}
				for old := range seen {
					if ep := ch.table.Load().endpoint(old); ep != nil && old != ref {
						t.Fatalf("%v finds %s", old, ep.id)
					}
				}
				seen[ref] = true
			}
		}
		if len(seen) != 10 {
			t.Errorf("%d refs of 10 endpoints", len(seen))
		}
		if ep := ch.table.Load().endpoint(1 << 40); ep != nil {
			t.Error("an endpoint of a slot that does not exist")
		}
	})
}
