package curlewtest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-rpc/curlew/balance"
)

// TestPolicy tests a balancing policy against the rules of package balance: it takes
// the place of a client, shows planners of the policy what clients may see (no
// endpoints, few, ten thousand; connections that come, fail and are lost; calls that
// end in all ways), does what the plans say and picks by them, also at once from many
// goroutines. The rules are
//
//   - every plan has a picker, a state and, if that is TransientFailure, an error; it
//     names only endpoints of the snapshot, each once, and depends on nothing but
//     the snapshots;
//   - without endpoints calls fail; while the client is idle or connecting they wait;
//     who waits does so for something that may come;
//   - a pick uses only endpoints that are ready and listed to be connected, has an
//     error when it fails or drops, and stays good after further plans;
//   - when endpoints can be connected again, a call gets through in the end.
//
// Run it under the race detector too. newPolicy is called for each of the subtests,
// which run in bubbles of testing/synctest: TestPolicy is not to be called in one.
func TestPolicy(t *testing.T, newPolicy func() balance.Policy) {
	for _, s := range policySections() {
		t.Run(s.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { s.test(t, newPolicy()) })
		})
	}
}

// A policySection is a part of TestPolicy.
type policySection struct {
	name string
	test func(testing.TB, balance.Policy)
}

func policySections() []policySection {
	sections := []policySection{
		{"life of a client", policyLife},
		{"same again", policySameAgain},
		{"ten thousand endpoints", policyTenThousand},
		{"many at once", policyManyAtOnce},
	}
	for seed := range uint64(20) {
		sections = append(sections, policySection{fmt.Sprintf("random, seed %d", seed), func(t testing.TB, p balance.Policy) { policyRandom(t, p, seed) }})
	}
	return sections
}

// policyLife is what most clients see, one thing after the other.
func policyLife(t testing.TB, p balance.Policy) {
	w := newPolicyWorld(t, p, 1)
	w.step("no endpoints")
	w.list(3)
	w.step("three endpoints, nobody waits")
	w.waiting = 1
	w.step("a call waits")
	for range 3 {
		w.follow()
		w.step("attempts to connect begin")
	}
	w.finish(func(i int) balance.State { return balance.TransientFailure })
	w.step("those under way fail")
	w.settle()
	w.waiting = 0
	w.calls(100)
	w.step("calls were made")
	w.each(func(v *balance.View) { w.enter(v, balance.Idle) })
	w.step("all connections are lost")
	w.settle()
	w.list(3)
	w.step("all endpoints are others")
	w.settle()
	w.views = append(w.views[:1:1], w.endpoint())
	w.step("some are others")
	w.settle()
	w.each(func(v *balance.View) { w.enter(v, balance.TransientFailure) })
	w.step("all fail")
	w.settle()
	w.views = nil
	w.step("the endpoints are gone")
	w.list(1)
	w.step("one is there")
	w.settle()
}

// policyTenThousand is a large service.
func policyTenThousand(t testing.TB, p balance.Policy) {
	w := newPolicyWorld(t, p, 2)
	w.list(10000)
	w.step("ten thousand endpoints")
	w.settle()
	w.follow()
	w.finish(func(i int) balance.State {
		return []balance.State{balance.Ready, balance.TransientFailure, balance.Connecting}[i%3]
	})
	w.step("some are connected")
	w.calls(1000)
	w.step("calls were made")
	w.views = slices.Clone(w.views[5000:])
	w.step("half of them are gone")
	w.settle()
}

// policySameAgain gives two planners the same snapshots, at different times of the clock.
func policySameAgain(t testing.TB, p balance.Policy) {
	w := newPolicyWorld(t, p, 3)
	twin := p.NewPlanner()
	for range 300 {
		w.happen()
		in := w.snapshot()
		again := in
		again.Endpoints = slices.Clone(in.Endpoints)
		plan := w.planner.Plan(in)
		time.Sleep(time.Hour)
		if one, other := planText(plan), planText(twin.Plan(again)); one != other {
			t.Fatalf("two planners that saw the same differ\n%s\nand\n%s", one, other)
		}
		w.plan = plan
		w.plan.Picker = nil // what is picked is not the planner's doing
		w.follow()
	}
}

// planText is what a plan says apart from its picker.
func planText(p balance.Plan) string {
	return fmt.Sprintf("connect %v, %v, error %v, wake %v, alarm %d, unwatched %v, reports %v", p.Connect, p.State, p.Err, p.Wake, p.Alarm, p.Unwatched, p.Reports)
}

// policyRandom is whatever may happen, in an order that the seed decides.
func policyRandom(t testing.TB, p balance.Policy, seed uint64) {
	w := newPolicyWorld(t, p, seed)
	for range 200 {
		w.step(w.happen())
		if w.rand.IntN(4) > 0 {
			w.follow()
		}
	}
	if len(w.views) == 0 {
		w.list(2)
	}
	w.settle()
}

// policyManyAtOnce has goroutines pick while plans are made.
func policyManyAtOnce(t testing.TB, p balance.Policy) {
	w := newPolicyWorld(t, p, 4)
	w.list(5)
	var failures sync.Map
	for range 30 {
		w.step(w.happen())
		w.follow()
		now := w.past[len(w.past)-1]
		var all sync.WaitGroup
		for g := range 4 {
			r := rand.New(rand.NewPCG(uint64(g), 0))
			all.Go(func() {
				for range 50 {
					if wrong := now.pick(someCall(r, now.in.Endpoints), policyCall); wrong != "" {
						failures.Store(wrong, nil)
					}
				}
			})
		}
		w.planner.Plan(w.snapshot())
		all.Wait()
	}
	failures.Range(func(wrong, _ any) bool {
		t.Errorf("picking from many goroutines: %v", wrong)
		return true
	})
}

// policyCall makes a call at an endpoint that was picked.
func policyCall(l *balance.Load) {
	l.Begin()
	l.End(balance.Outcome{Latency: time.Millisecond})
}
