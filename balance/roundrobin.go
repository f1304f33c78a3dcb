package balance

import "sync/atomic"

// RoundRobin returns the policy that connects to all endpoints and gives them calls
// in turn, starting anywhere. Those with more weight (View.Weight) have more turns,
// spread evenly among the others'. An endpoint that fails is left out until it is
// connected again.
func RoundRobin() Policy { return roundRobin{} }

type roundRobin struct{}

// NewPlanner implements Policy.
func (roundRobin) NewPlanner() Planner { return new(rrPlanner) }

type rrPlanner struct{ turns }

// Plan implements Planner.
func (p *rrPlanner) Plan(in Snapshot) Plan {
	plan, ready := connectAll(in)
	if len(ready) > 0 {
		plan.Picker = p.picker(refs(ready), weights(ready), in.Seed)
	}
	return plan
}

// Turns count the calls of one client, from plan to plan: were each plan to start
// anew, a policy that plans often would give no endpoint its exact share.
type turns struct{ last *atomic.Uint64 }

// picker returns one that gives the endpoints turns by weight.
func (t *turns) picker(ready []Ref, weights []float64, seed uint64) Picker {
	if t.last == nil {
		t.last = new(atomic.Uint64)
		t.last.Store(seed)
	}
	return &rrPicker{ready: ready, shares: newShares(weights), last: t.last}
}

type rrPicker struct {
	ready  []Ref
	shares *shares // nil when all weights are equal
	last   *atomic.Uint64
}

// Pick implements Picker.
func (p *rrPicker) Pick(c *Call) Pick {
	turn := p.last.Add(1)
	ref := p.ready[p.item(turn)]
	if len(c.Tried) > 0 && c.HasTried(ref) {
		ref = p.untried(c, turn, ref)
	}
	return Pick{Verdict: Use, Endpoint: ref}
}

// golden is 2^64 divided by the golden ratio. Its multiples, modulo 2^64, are spread
// as evenly as can be however many there are, so that an item's turns come at about
// equal distances: no item is asked twice in a row while its share does not need it.
const golden = 0x9e3779b97f4a7c15

// item returns whose turn it is.
func (p *rrPicker) item(turn uint64) int {
	if p.shares == nil {
		return int(turn % uint64(len(p.ready)))
	}
	return p.shares.at(turn * golden)
}

// untried returns the next endpoint that was not tried, or ref if all were.
func (p *rrPicker) untried(c *Call, turn uint64, ref Ref) Ref {
	first := p.item(turn)
	for i := 1; i < len(p.ready); i++ {
		if other := p.ready[(first+i)%len(p.ready)]; !c.HasTried(other) {
			return other
		}
	}
	return ref
}
