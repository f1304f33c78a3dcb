package channel

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-rpc/curlew/balance"
)

// planFunc is a policy of one function.
type planFunc func(balance.Snapshot) balance.Plan

func (f planFunc) NewPlanner() balance.Planner           { return f }
func (f planFunc) Plan(in balance.Snapshot) balance.Plan { return f(in) }
func withPolicy(n *network, f planFunc) *Channel[*fakeConn] {
	cfg := config(n, newNames("a:1", "b:1"))
	cfg.Policy = f
	return New(cfg)
}

// pickFunc is a picker of one function.
type pickFunc func(*balance.Call) balance.Pick

func (f pickFunc) Pick(c *balance.Call) balance.Pick { return f(c) }

// A dropped call fails although it waits for ready.
func TestDrop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shed := errors.New("too much")
		ch := withPolicy(newNetwork(), func(balance.Snapshot) balance.Plan {
			return balance.Plan{State: balance.Ready, Picker: balance.Always(balance.Pick{Verdict: balance.Drop, Err: shed})}
		})
		defer ch.Close()
		_, err := ch.Pick(t.Context(), &balance.Call{WaitForReady: true})
		if kindOf(t, err) != Drop || !errors.Is(err, shed) || err.Error() != "dropped by the balancing policy: too much" {
			t.Errorf("%v", err)
		}
	})
}

// A picker may fail single calls while the channel is ready.
func TestFailOfOneCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		odd := errors.New("no shard for it")
		ch := withPolicy(newNetwork(), func(in balance.Snapshot) balance.Plan {
			return balance.Plan{State: balance.Ready, Picker: pickFunc(func(c *balance.Call) balance.Pick {
				return balance.Pick{Verdict: balance.Fail, Err: odd}
			})}
		})
		defer ch.Close()
		_, err := call(ch)
		if kindOf(t, err) != Unavailable || !errors.Is(err, odd) || !strings.HasSuffix(err.Error(), ": no shard for it") {
			t.Errorf("%v", err)
		}
	})
}

// A picker that queues a call for an endpoint has it connected, though the plan
// does not list it until it is on its way.
func TestLazyEndpoints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		n.slow(time.Second, "a:1", "b:1")
		ch := withPolicy(n, func(in balance.Snapshot) balance.Plan {
			plan := balance.Plan{State: balance.Idle}
			states := make(map[string]balance.View)
			for _, v := range in.Endpoints {
				states["/"+v.Endpoint.ID] = v
				if v.State == balance.Ready {
					plan.Connect, plan.State = append(plan.Connect, v.Ref), balance.Ready
				}
			}
			plan.Picker = pickFunc(func(c *balance.Call) balance.Pick {
				v := states[c.Method]
				if v.State == balance.Ready {
					return balance.Pick{Verdict: balance.Use, Endpoint: v.Ref}
				}
				return balance.Pick{Verdict: balance.Queue, Endpoint: v.Ref}
			})
			return plan
		})
		defer ch.Close()
		for _, id := range []string{"b:1", "a:1", "b:1"} {
			time.AfterFunc(500*ms, ch.Connect) // has a plan made that does not list it
			p, err := ch.Pick(t.Context(), &balance.Call{Method: "/" + id})
			if err != nil || p.Conn.addr != id {
				t.Fatalf("%s: %v, %v", id, p, err)
			}
			p.Done(balance.Outcome{})
			if n.made() == 1 && len(n.dialsTo("a:1")) != 0 {
				t.Error("a was connected without need")
			}
		}
		if n.made() != 2 || len(n.dials) != 2 {
			t.Errorf("%d connections, dialed %v", n.made(), n.dials)
		}
	})
}

// A policy whose mistakes must not make the channel spin or break: it uses an
// endpoint that does not exist, one that is not connected, or has no picker.
func TestPolicyMistakes(t *testing.T) {
	for _, tc := range []struct {
		name string
		plan planFunc
	}{
		{"unknown endpoint", func(in balance.Snapshot) balance.Plan {
			return balance.Plan{State: balance.Ready, Connect: []balance.Ref{77, 0}, Picker: balance.Always(balance.Pick{Verdict: balance.Use, Endpoint: 77})}
		}},
		{"not connected", func(in balance.Snapshot) balance.Plan {
			return balance.Plan{State: balance.Ready, Picker: balance.Always(balance.Pick{Verdict: balance.Use, Endpoint: in.Endpoints[0].Ref})}
		}},
	} {
		bubble(t, tc.name, func(t *testing.T) {
			var plans atomic.Int32
			ch := withPolicy(newNetwork(), func(in balance.Snapshot) balance.Plan {
				plans.Add(1)
				return tc.plan(in)
			})
			queued := pickIn(t.Context(), ch, &balance.Call{})
			time.Sleep(time.Second)
			if !queued.waiting() || plans.Load() > 5 {
				t.Fatalf("waits %v after %d plans", queued.waiting(), plans.Load())
			}
			ch.Close()
			<-queued.done
			if kindOf(t, queued.err) != Closed {
				t.Error(queued.err)
			}
		})
	}
	bubble(t, "no picker", func(t *testing.T) {
		ch := withPolicy(newNetwork(), func(balance.Snapshot) balance.Plan { return balance.Plan{} })
		defer ch.Close()
		if _, err := call(ch); kindOf(t, err) != Unavailable || !errors.Is(err, errNoPicker) {
			t.Error(err)
		}
	})
}

// Wake asks for another plan, with the loads of the endpoints as they are then.
func TestWake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var at []time.Duration
		var ended []uint64
		rr := balance.RoundRobin().NewPlanner()
		ch := withPolicy(newNetwork(), func(in balance.Snapshot) balance.Plan {
			at = append(at, in.Now.Sub(start))
			sum := uint64(0)
			for _, v := range in.Endpoints {
				sum += v.Load.Ended(balance.Success)
			}
			ended = append(ended, sum)
			plan := rr.Plan(in)
			plan.Wake = 10 * time.Second
			return plan
		})
		for range 35 {
			mustCall(t, ch, "a:1", "b:1")
			time.Sleep(time.Second + 1) // never in the same instant as a plan
		}
		ch.Close()
		n := len(at)
		if n < 4 || at[n-1] != 30*time.Second || at[n-2] != 20*time.Second || ended[n-1]-ended[n-2] != 10 {
			t.Errorf("plans at %v with %v calls", at, ended)
		}
	})
}
