package curlewtest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew/balance"
	"github.com/curlew-rpc/curlew/resolve"
)

// A policyWorld stands in for a client and its endpoints.
type policyWorld struct {
	t       testing.TB
	planner balance.Planner
	rand    *rand.Rand
	views   []balance.View
	made    int
	waiting int
	plan    balance.Plan
	wanted  map[balance.Ref]bool // by a pick
	past    []*pastPlan          // the last few, whose pickers may still be in use
	story   []string             // for messages
}

func newPolicyWorld(t testing.TB, p balance.Policy, seed uint64) *policyWorld {
	return &policyWorld{t: t, planner: p.NewPlanner(), rand: rand.New(rand.NewPCG(seed, 0)), wanted: make(map[balance.Ref]bool)}
}

// endpoint makes one that was not there before.
func (w *policyWorld) endpoint() balance.View {
	w.made++
	addr := fmt.Sprintf("10.%d.%d.%d:443", w.made>>16, w.made>>8&255, w.made&255)
	weight := 1 + w.made%3
	return balance.View{
		Endpoint: resolve.Endpoint{
			ID: addr, Addrs: []resolve.Addr{{Network: "tcp", Address: addr}}, Weight: uint32(weight),
			Priority: w.made % 2, Locality: resolve.Locality{Region: "r", Zone: fmt.Sprint(w.made % 3)},
		},
		Ref: balance.Ref(w.made), Since: time.Now(), Weight: float64(weight), Load: new(balance.Load),
	}
}

// list replaces all endpoints by n others.
func (w *policyWorld) list(n int) {
	w.views = nil
	for range n {
		w.views = append(w.views, w.endpoint())
	}
}

func (w *policyWorld) each(f func(*balance.View)) {
	for i := range w.views {
		f(&w.views[i])
	}
}

// enter puts an endpoint in a state, if it may come from its own into that.
func (w *policyWorld) enter(v *balance.View, s balance.State) {
	switch {
	case v.State == s,
		s == balance.Ready && v.State == balance.Idle, // without an attempt
		s == balance.Connecting && v.State == balance.TransientFailure,
		s == balance.TransientFailure && v.State == balance.Idle:
		return
	case s == balance.TransientFailure || s == balance.Idle && v.State == balance.Ready:
		v.Err = errors.New(v.Endpoint.ID + " fails")
	}
	v.State, v.Since = s, time.Now()
}

// snapshot is what the client sees now.
func (w *policyWorld) snapshot() balance.Snapshot {
	return balance.Snapshot{Endpoints: slices.Clone(w.views), Waiting: w.waiting, Now: time.Now(), Seed: w.rand.Uint64()}
}

// step has a plan made, checks it and picks by it.
func (w *policyWorld) step(what string) {
	w.t.Helper()
	w.story = append(w.story, what)
	in := w.snapshot()
	p := newPastPlan(w.planner, in)
	w.plan = p.plan
	wrong := p.check()
	if w.past = append(w.past, p); len(w.past) > 3 {
		w.past = w.past[1:]
	}
	for i := 0; i < len(w.past) && wrong == ""; i++ {
		if wrong = w.past[i].changed(); wrong != "" {
			break
		}
		for range 5 {
			if wrong = w.past[i].pick(someCall(w.rand, in.Endpoints), nil); wrong != "" {
				break
			}
		}
		if wrong != "" && i < len(w.past)-1 {
			wrong = "after a further plan, " + wrong
		}
	}
	if wrong != "" {
		w.fatal(wrong)
	}
}

func (w *policyWorld) fatal(wrong string) {
	w.t.Helper()
	in := w.past[len(w.past)-1].in
	states := make(map[balance.State]int)
	for _, v := range in.Endpoints {
		states[v.State]++
	}
	w.t.Fatalf("%s\n%d endpoints: %v, %d wait\nplan: %.500s\nbefore: %s", wrong,
		len(in.Endpoints), states, in.Waiting, planText(w.plan), strings.Join(w.story[max(0, len(w.story)-12):], "; "))
}

// follow begins the attempts that the plan, or a pick, asks for, and ends connections
// that are not listed. It reports whether there was something to do.
func (w *policyWorld) follow() (changed bool) {
	listed := make(map[balance.Ref]bool, len(w.plan.Connect))
	for _, r := range w.plan.Connect {
		listed[r] = true
	}
	w.each(func(v *balance.View) {
		was := v.State
		switch {
		case v.State == balance.Idle && (listed[v.Ref] || w.wanted[v.Ref]):
			w.enter(v, balance.Connecting)
		case v.State != balance.Idle && !listed[v.Ref] && !w.wanted[v.Ref]:
			w.enter(v, balance.Idle)
		}
		changed = changed || v.State != was
	})
	return changed
}

// finish has attempts under way, also those of endpoints that failed before, end as to says.
func (w *policyWorld) finish(to func(i int) balance.State) (changed bool) {
	for i := range w.views {
		v := &w.views[i]
		if was := v.State; was == balance.Connecting || was == balance.TransientFailure {
			w.enter(v, to(i))
			delete(w.wanted, v.Ref)
			changed = changed || v.State != was
		}
	}
	return changed
}

// settle has all attempts succeed until a call gets through.
func (w *policyWorld) settle() {
	w.t.Helper()
	before := w.waiting
	w.waiting = 1
	for range 1000 {
		w.step("what is wanted gets connected")
		pick := w.plan.Picker.Pick(&balance.Call{Method: "/test.Service/Method"})
		if pick.Verdict == balance.Use || pick.Verdict == balance.Drop {
			w.waiting = before
			return
		}
		if pick.Verdict == balance.Queue && pick.Endpoint != 0 {
			w.wanted[pick.Endpoint] = true
		}
		began := w.follow()
		ended := w.finish(func(int) balance.State { return balance.Ready })
		if !began && !ended {
			time.Sleep(max(w.plan.Wake, 10*time.Second))
		} else {
			time.Sleep(time.Millisecond)
		}
	}
	w.fatal("a call does not get through although all endpoints can be connected")
}

// calls makes some, which end at once.
func (w *policyWorld) calls(n int) {
	for range n {
		pick := w.plan.Picker.Pick(someCall(w.rand, w.views))
		i := slices.IndexFunc(w.views, func(v balance.View) bool { return v.Ref == pick.Endpoint })
		if pick.Verdict != balance.Use || i < 0 {
			continue
		}
		l := w.views[i].Load
		l.Begin()
		if w.rand.IntN(3) == 0 {
			l.SetReport(&balance.Report{At: time.Now(), QPS: 100 * w.rand.Float64(), EPS: w.rand.Float64(), CPU: w.rand.Float64()})
		}
		l.End(balance.Outcome{Class: balance.Class(w.rand.IntN(8)), Latency: time.Duration(w.rand.Int64N(int64(time.Second)))})
	}
}

// happen has something happen and returns what.
func (w *policyWorld) happen() string {
	at := func() *balance.View { return &w.views[w.rand.IntN(len(w.views))] }
	n := w.rand.IntN(12)
	switch {
	case n == 0 || len(w.views) == 0:
		w.views = slices.Insert(w.views, w.rand.IntN(len(w.views)+1), w.endpoint())
		return "an endpoint comes"
	case n == 1:
		i := w.rand.IntN(len(w.views))
		w.views = slices.Delete(w.views, i, i+1)
		return "an endpoint goes"
	case n == 2:
		w.rand.Shuffle(len(w.views), func(i, j int) { w.views[i], w.views[j] = w.views[j], w.views[i] })
		return "the order changes"
	case n == 3:
		v := at()
		v.Endpoint.Weight = 1 + w.rand.Uint32N(9)
		v.Weight = float64(v.Endpoint.Weight)
		return "a weight changes"
	case n <= 6:
		w.finish(func(int) balance.State {
			return []balance.State{balance.Ready, balance.Ready, balance.TransientFailure, balance.Connecting}[w.rand.IntN(4)]
		})
		return "attempts end"
	case n == 7:
		w.enter(at(), balance.Idle)
		return "a connection is lost"
	case n == 8:
		if v := at(); v.State == balance.Ready {
			w.enter(v, balance.TransientFailure)
		}
		return "an endpoint becomes ill"
	case n == 9:
		w.waiting = w.rand.IntN(3)
		return fmt.Sprint(w.waiting, " calls wait")
	case n == 10 && w.plan.Picker != nil:
		w.calls(20)
		return "calls are made"
	}
	d := time.Duration(w.rand.Int64N(int64(20 * time.Second)))
	if w.rand.IntN(2) == 0 && w.plan.Wake > 0 {
		d = w.plan.Wake
	}
	time.Sleep(d)
	return fmt.Sprint(d, " pass")
}
