package curlew_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/balance"
)

// faultRules are what holds of calls, whatever happens.
type faultRules struct {
	options []curlew.ClientOption
	// most returns how often a call of a method may be executed.
	most func(*curlew.Method) int
	// attemptTimeout says that attempts may end although their calls have no deadline.
	attemptTimeout bool
}

// judge checks what became of the calls.
//
//   - One that succeeded was executed, and all its answers are there, in order, of one
//     execution: at most one attempt is committed, and none of its messages is lost.
//   - None was executed more often than its method's policy allows; without one, once.
//   - One that failed did so for a reason: its deadline, its caller, or what the
//     schedule did.
//   - No load is left at an endpoint.
func (w *faultWorld) judge() {
	t := w.t
	for i := range w.calls.ended {
		e := &w.calls.ended[i]
		n := w.calls.executed[e.id]
		if most := w.rules.most(e.method); n > most {
			t.Errorf("%s of %s is executed %d times, at most %d are allowed", e.id, e.method.Path, n, most)
		}
		if want := e.answersOf(n); e.err == nil && !want {
			t.Errorf("%s of %s succeeds with %q after %d executions", e.id, e.method.Path, e.answers, n)
		}
		if e.err != nil && !e.mayFail(&w.rules) {
			t.Errorf("%s of %s fails with %v after %d answers", e.id, e.method.Path, e.err, len(e.answers))
		}
	}
	if n := len(w.calls.ended); n != faultCalls+3*len(w.nodes) {
		t.Errorf("%d calls ended", n)
	}
	w.watch.judge()
}

// answersOf reports whether the answers are all those of one of n executions.
func (e *faultEnd) answersOf(n int) bool {
	want := 1
	if e.method.Kind.ManyResponses() {
		want = faultMessages
	}
	for number := 1; number <= n; number++ {
		good := len(e.answers) == want
		for i, a := range e.answers {
			good = good && a == fmt.Sprintf("%s, execution %d, answer %d", e.id, number, i)
		}
		if good {
			return true
		}
	}
	return false
}

// mayFail reports whether the call's error is one that there was a reason for.
func (e *faultEnd) mayFail(r *faultRules) bool {
	switch curlew.CodeOf(e.err) {
	case curlew.Unavailable, curlew.ResourceExhausted, curlew.Aborted:
		return true
	case curlew.DeadlineExceeded:
		return e.deadline > 0 || r.attemptTimeout && len(e.answers) == 0
	case curlew.Canceled:
		// A server that shuts down cancels what its grace is too short for.
		var remote *curlew.Error
		return e.cancel > 0 || errors.As(e.err, &remote) && remote.Remote()
	}
	return false
}

// watchState checks that the client is shut down when it is closed, and stays so. What
// it returns waits for the end.
func (w *faultWorld) watchState(c *curlew.Client) (stop func()) {
	var wg sync.WaitGroup
	wg.Go(func() {
		for s := c.State(); s != balance.Shutdown; s = c.State() {
			if err := c.WaitState(context.Background(), s); err != nil {
				w.t.Errorf("waiting for another state than %v: %v", s, err)
				return
			}
		}
	})
	return func() {
		wg.Wait()
		if s := c.State(); s != balance.Shutdown {
			w.t.Errorf("a closed client is %v", s)
		}
	}
}

// A faultPolicy is a policy that is watched: what it is given, and what is picked.
type faultPolicy struct {
	balance.Policy
	t testing.TB

	mu    sync.Mutex
	seen  map[balance.Ref]balance.View // of the last snapshot each was in
	loads []*balance.Load
	last  *faultPicker
}

func newFaultPolicy(t testing.TB, p balance.Policy) *faultPolicy {
	return &faultPolicy{Policy: p, t: t, seen: map[balance.Ref]balance.View{}}
}

// NewPlanner implements balance.Policy.
func (p *faultPolicy) NewPlanner() balance.Planner { return faultPlanner{p.Policy.NewPlanner(), p} }

type faultPlanner struct {
	balance.Planner
	p *faultPolicy
}

// Plan implements balance.Planner.
func (f faultPlanner) Plan(in balance.Snapshot) balance.Plan {
	f.p.check(in)
	plan := f.Planner.Plan(in)
	listed := map[balance.Ref]bool{}
	for _, v := range in.Endpoints {
		listed[v.Ref] = true
	}
	for _, ref := range plan.Connect {
		if !listed[ref] {
			f.p.t.Errorf("the plan connects to an endpoint that is not there")
		}
	}
	picker := &faultPicker{Picker: plan.Picker, p: f.p, listed: listed}
	f.p.mu.Lock()
	if f.p.last != nil {
		f.p.last.over = time.Now()
	}
	f.p.last = picker
	f.p.mu.Unlock()
	plan.Picker = picker
	return plan
}

// check checks that endpoints change their states only as they may.
func (p *faultPolicy) check(in balance.Snapshot) {
	p.mu.Lock()
	defer p.mu.Unlock()
	there := map[balance.Ref]bool{}
	for _, v := range in.Endpoints {
		if there[v.Ref] || v.Ref == 0 {
			p.t.Errorf("endpoint %d is there twice", v.Ref)
		}
		there[v.Ref] = true
		before, known := p.seen[v.Ref]
		switch {
		case v.State > balance.TransientFailure:
			p.t.Errorf("an endpoint is %v", v.State)
		case v.State == balance.TransientFailure && v.Err == nil:
			p.t.Errorf("an endpoint fails for no reason")
		case v.Load == nil || v.Load.Inflight() < 0:
			p.t.Errorf("an endpoint's load is %v", v.Load)
		case !known:
			p.loads = append(p.loads, v.Load)
		case before.Load != v.Load || before.Endpoint.Addrs[0] != v.Endpoint.Addrs[0]:
			p.t.Errorf("endpoint %d is now another one", v.Ref)
		case before.State == balance.TransientFailure && v.State == balance.Connecting:
			// It shows as failing until it is connected.
			p.t.Errorf("an endpoint goes from %v to %v", before.State, v.State)
		case v.Since.Before(before.Since) || v.State != before.State && v.Since.After(in.Now):
			p.t.Errorf("an endpoint is %v since %v, was %v since %v", v.State, v.Since, before.State, before.Since)
		}
		p.seen[v.Ref] = v
	}
	for ref := range p.seen {
		if !there[ref] {
			delete(p.seen, ref)
		}
	}
}

func (p *faultPolicy) judge() {
	for _, l := range p.loads {
		if n := l.Inflight(); n != 0 {
			p.t.Errorf("%d attempts are under way at an endpoint when all have ended", n)
		}
	}
}

// A faultPicker checks picks.
type faultPicker struct {
	balance.Picker
	p      *faultPolicy
	listed map[balance.Ref]bool
	over   time.Time // when there was another plan; of p.mu
}

// Pick implements balance.Picker. An endpoint that it names is one of those that were
// there when the plan was made, and no plan is gone by once there was another: time
// passes in a bubble only when everything has come to rest.
func (f *faultPicker) Pick(c *balance.Call) balance.Pick {
	pick := f.Picker.Pick(c)
	f.p.mu.Lock()
	defer f.p.mu.Unlock()
	if pick.Verdict == balance.Use && !f.listed[pick.Endpoint] {
		f.p.t.Errorf("the picker names endpoint %d, which is not there", pick.Endpoint)
	}
	if !f.over.IsZero() && time.Now().After(f.over) {
		f.p.t.Errorf("a pick is made by a plan that is over since %v", time.Since(f.over))
	}
	return pick
}
