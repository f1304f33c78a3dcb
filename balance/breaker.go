package balance

import (
	"fmt"
	"slices"
)

// A CircuitBreakerConfig bounds the requests in flight. The zero value is the default.
type CircuitBreakerConfig struct {
	// MaxRequests is how many requests may be in flight to all endpoints of the
	// policy together. 0 means 1024 (gRFC A32); a negative one is no limit.
	MaxRequests int

	// MaxPerEndpoint is how many may be in flight to one endpoint. 0 is no limit.
	MaxPerEndpoint int
}

// CircuitBreaker returns the policy that drops a call when too many are in flight
// already: it fails at once, also if it waits for ready, and is not tried again. So a
// service that has become slow is not buried under calls, and does not hold up all
// its callers. Calls that wait for a connection do not count.
//
// Where MaxPerEndpoint forbids the endpoint that the child picks, the child is asked
// three more times before the call is dropped.
//
// Calls that are picked at the same moment are all let through when there is room for
// one of them, as in other gRPC clients.
func CircuitBreaker(c CircuitBreakerConfig, child Policy) Policy {
	if c.MaxRequests == 0 {
		c.MaxRequests = 1024
	}
	return circuitBreaker{c, child}
}

type circuitBreaker struct {
	CircuitBreakerConfig
	child Policy
}

// NewPlanner implements Policy.
func (b circuitBreaker) NewPlanner() Planner {
	p := &breakerPlanner{CircuitBreakerConfig: b.CircuitBreakerConfig, child: b.child.NewPlanner()}
	p.tripped = Pick{Verdict: Drop, Err: fmt.Errorf("circuit breaker: %d requests are in flight, and no more are allowed", b.MaxRequests)}
	p.full = Pick{Verdict: Drop, Err: fmt.Errorf("circuit breaker: %d requests are in flight to each endpoint picked, and no more are allowed", b.MaxPerEndpoint)}
	return p
}

type breakerPlanner struct {
	CircuitBreakerConfig
	child         Planner
	total         inflight
	tripped, full Pick
	loads         []*Load // of the last snapshot
	byRef         map[Ref]*Load
}

// Plan implements Planner.
func (p *breakerPlanner) Plan(in Snapshot) Plan {
	p.total.setParent(in.breaker)
	p.know(in.Endpoints)
	in.breaker = &p.total
	plan := p.child.Plan(in)
	// A breaker within has the endpoints count towards its own total, and that
	// towards this one. The others are for this one to see to.
	for _, l := range p.loads {
		if !l.inflight.under(&p.total) {
			l.inflight.setParent(&p.total)
		}
	}
	if plan.Picker != nil {
		plan.Picker = &breakerPicker{planner: p, child: plan.Picker, loads: p.byRef}
	}
	return plan
}

// know takes over a list of endpoints. Those that are gone do not count any more.
func (p *breakerPlanner) know(views []View) {
	if slices.EqualFunc(p.loads, views, func(l *Load, v View) bool { return l == v.Load }) {
		return
	}
	listed := make(map[*Load]bool, len(views))
	old := p.loads
	p.loads = make([]*Load, len(views))
	if p.MaxPerEndpoint > 0 {
		p.byRef = make(map[Ref]*Load, len(views)) // pickers have the old one
	}
	for i, v := range views {
		p.loads[i], listed[v.Load] = v.Load, true
		if p.MaxPerEndpoint > 0 {
			p.byRef[v.Ref] = v.Load
		}
	}
	for _, l := range old {
		if !listed[l] && l.inflight.under(&p.total) {
			l.inflight.setParent(p.total.parent())
		}
	}
}

type breakerPicker struct {
	planner *breakerPlanner // what does not change from plan to plan
	child   Picker
	loads   map[Ref]*Load
}

// Pick implements Picker.
func (p *breakerPicker) Pick(c *Call) Pick {
	b := p.planner
	if b.MaxRequests > 0 && b.total.count() >= b.MaxRequests {
		return b.tripped
	}
	pick := p.child.Pick(c)
	if b.MaxPerEndpoint <= 0 {
		return pick
	}
	for range 3 {
		if !p.isFull(pick) {
			return pick
		}
		pick = p.child.Pick(c)
	}
	if p.isFull(pick) {
		return b.full
	}
	return pick
}

func (p *breakerPicker) isFull(pick Pick) bool {
	if pick.Verdict != Use {
		return false
	}
	l := p.loads[pick.Endpoint]
	return l != nil && l.Inflight() >= p.planner.MaxPerEndpoint
}
