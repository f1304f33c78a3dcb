package balance

import (
	"time"

	"github.com/curlew-rpc/curlew/resolve"
)

// AttemptDelay is how long an attempt to connect has for itself before the next
// address is tried beside it (RFC 8305 §5, Connection Attempt Delay).
const AttemptDelay = 250 * time.Millisecond

// PickFirst returns the policy that uses one endpoint, the first in the resolver's
// order that can be connected (gRFC A61, A62). Attempts start one after the other
// with AttemptDelay between them, or sooner when one fails, and the families of
// addresses take turns; the first that succeeds is used and the others are given up.
// When it is lost the client becomes idle and the next call starts over. When all
// have failed, all are tried again, each with its own backoff, and calls fail until
// one succeeds.
func PickFirst() Policy { return pickFirst{} }

// ShuffledPickFirst returns PickFirst with another order of preference: each list of
// endpoints is shuffled once, so that clients spread over the endpoints, and those with
// more weight (View.Weight) come first more often (gRFC A62, A113).
func ShuffledPickFirst() Policy { return pickFirst{shuffled: true} }

type pickFirst struct{ shuffled bool }

// NewPlanner implements Policy.
func (p pickFirst) NewPlanner() Planner {
	if p.shuffled {
		return &pfPlanner{shuffle: new(shuffle)}
	}
	return new(pfPlanner)
}

// pfPlanner is a pass over a list, or what came of it.
type pfPlanner struct {
	shuffle *shuffle // nil: the resolver's order
	pfState
}

// pfState goes through passes over the list:
//
//	pass -> using    one became ready
//	pass -> failed   all were tried and failed
//	failed -> using  one became ready
//	using -> resting it was lost
//	using -> pass    it was removed from the list
//	resting -> pass  a call waits
type pfState struct {
	phase   pfPhase
	using   Ref
	order   []Ref // of the pass
	started int   // how many of order
	next    time.Time
	failing bool  // from failed until using: a new pass does not hide it
	err     error // why, when failing
}

type pfPhase uint8

const (
	pfPass pfPhase = iota
	pfUsing
	pfFailed
	pfResting
)

// Plan implements Planner.
func (p *pfPlanner) Plan(in Snapshot) Plan {
	plan := p.plan(in)
	plan.Unwatched = true // an endpoint that answers is as good as any (gRFC A17)
	return plan
}

func (p *pfPlanner) plan(in Snapshot) Plan {
	if p.shuffle != nil {
		p.shuffle.see(in)
	}
	if len(in.Endpoints) == 0 {
		p.pfState = pfState{}
		plan := Plan{}
		plan.fail(nil)
		return plan
	}
	views := make(map[Ref]*View, len(in.Endpoints))
	for i := range in.Endpoints {
		views[in.Endpoints[i].Ref] = &in.Endpoints[i]
	}
	p.advance(in, views)
	switch p.phase {
	case pfUsing:
		return Plan{
			Connect: []Ref{p.using},
			State:   Ready,
			Picker:  Always(Pick{Verdict: Use, Endpoint: p.using}),
		}
	case pfResting:
		return Plan{State: Idle, Picker: Always(Pick{Verdict: Queue})}
	}
	plan := Plan{Connect: p.order[:p.started:p.started]}
	if p.phase == pfPass && p.started < len(p.order) {
		plan.Wake = max(p.next.Sub(in.Now), 1)
	}
	if p.failing {
		if err := lastError(in.Endpoints); err != nil {
			p.err = err // endpoints that are new have none yet
		}
		plan.fail(p.err)
	} else {
		plan.State = Connecting
		plan.Picker = Always(Pick{Verdict: Queue})
	}
	return plan
}

// advance moves to the phase that the snapshot asks for.
func (p *pfPlanner) advance(in Snapshot, views map[Ref]*View) {
	if p.phase == pfUsing {
		switch v := views[p.using]; {
		case v == nil:
			p.phase, p.order = pfPass, nil
		case v.State != Ready:
			p.phase = pfResting
		default:
			return
		}
	}
	if p.phase == pfResting && in.Waiting > 0 {
		p.phase, p.order = pfPass, nil
	}
	if p.phase == pfResting {
		return
	}
	if !p.ordered(views) {
		p.phase = pfPass
		p.order, p.started = attemptOrder(p.shuffle.apply(in.Endpoints)), 0
	}
	for _, ref := range p.order {
		if views[ref].State == Ready {
			p.pfState = pfState{phase: pfUsing, using: ref}
			return
		}
	}
	if p.phase == pfPass {
		p.startAttempts(in.Now, views)
	}
}

// ordered reports whether the pass is over the endpoints of the snapshot.
func (p *pfPlanner) ordered(views map[Ref]*View) bool {
	if len(p.order) != len(views) {
		return false
	}
	for _, ref := range p.order {
		if views[ref] == nil {
			return false
		}
	}
	return true
}

// startAttempts starts the attempts that are due.
func (p *pfPlanner) startAttempts(now time.Time, views map[Ref]*View) {
	failed := 0
	for _, ref := range p.order[:p.started] {
		if views[ref].State == TransientFailure {
			failed++
		}
	}
	for p.started < len(p.order) && (p.latestFailed(views) || !now.Before(p.next)) {
		v := views[p.order[p.started]]
		p.started++
		if v.State == TransientFailure {
			failed++ // it was tried before this pass
			continue
		}
		p.next = now.Add(AttemptDelay * time.Duration(max(len(v.Endpoint.Addrs), 1)))
	}
	if failed == len(p.order) {
		p.phase, p.failing = pfFailed, true
	}
}

// latestFailed reports whether the attempt started last has failed, or none has been
// started. The failure of an earlier one is no reason to hurry.
func (p *pfPlanner) latestFailed(views map[Ref]*View) bool {
	return p.started == 0 || views[p.order[p.started-1]].State == TransientFailure
}

// attemptOrder is that of RFC 8305 §4. The addresses of one endpoint follow each
// other: whoever connects it interleaves them.
func attemptOrder(views []View) []Ref {
	order := make([]Ref, 0, len(views))
	for _, v := range resolve.Interleave(views, func(v View) resolve.Addr { return firstAddr(&v) }) {
		order = append(order, v.Ref)
	}
	return order
}

func firstAddr(v *View) resolve.Addr {
	if len(v.Endpoint.Addrs) == 0 {
		return resolve.Addr{}
	}
	return v.Endpoint.Addrs[0]
}
