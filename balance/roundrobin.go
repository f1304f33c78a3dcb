package balance

import "sync/atomic"

// RoundRobin returns the policy that connects to all endpoints and gives them calls
// in turn, starting anywhere. An endpoint that fails is left out until it is
// connected again.
func RoundRobin() Policy { return roundRobin{} }

type roundRobin struct{}

// NewPlanner implements Policy.
func (r roundRobin) NewPlanner() Planner { return r }

// Plan implements Planner.
func (roundRobin) Plan(in Snapshot) Plan {
	plan := Plan{Connect: make([]Ref, 0, len(in.Endpoints))}
	var ready []Ref
	var failed View
	connecting := false
	for _, v := range in.Endpoints {
		plan.Connect = append(plan.Connect, v.Ref)
		switch v.State {
		case Ready:
			ready = append(ready, v.Ref)
		case TransientFailure:
			if failed.Err == nil || v.Since.After(failed.Since) {
				failed = v
			}
		default:
			connecting = true // an idle one is about to be: it is in Connect
		}
	}
	switch {
	case len(ready) > 0:
		plan.State = Ready
		rr := &rrPicker{ready: ready}
		rr.next.Store(in.Seed % uint64(len(ready)))
		plan.Picker = rr
	case connecting:
		plan.State = Connecting
		plan.Picker = Always(Pick{Verdict: Queue})
	default:
		plan.fail(failed.Err)
	}
	return plan
}

type rrPicker struct {
	ready []Ref
	next  atomic.Uint64
}

// Pick implements Picker.
func (p *rrPicker) Pick(c *Call) Pick {
	n := uint64(len(p.ready))
	turn := p.next.Add(1) - 1
	ref := p.ready[turn%n]
	for i := uint64(1); i < n && len(c.Tried) > 0 && c.HasTried(ref); i++ {
		ref = p.ready[(turn+i)%n]
	}
	if c.HasTried(ref) {
		ref = p.ready[turn%n] // all were: back to whose turn it is
	}
	return Pick{Verdict: Use, Endpoint: ref}
}
