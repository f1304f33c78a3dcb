package balance

import (
	"slices"
	"time"
)

// A PriorityConfig says how Priority fails over. The zero value is the default.
type PriorityConfig struct {
	// Failover is how long a priority may take to connect before the next one is
	// tried beside it. 0 means 10 seconds.
	Failover time.Duration

	// Keep is how long a priority stays connected when a higher one has taken over
	// again. 0 means 15 minutes, a negative one not at all.
	Keep time.Duration
}

// Priority returns the policy that uses the endpoints of the highest priority
// (resolve.Endpoint.Priority, 0 the highest) that works (gRFC A56). Each priority is
// a child of its own. The next lower one is connected only when all above it have
// failed, or take too long to connect, and is given up some time after a higher one
// works again.
func Priority(c PriorityConfig, child Policy) Policy {
	return priority{c.filled(), []Policy{child}, false}
}

// Priorities returns the policy that does the same as Priority with a policy of its own
// for each priority, the highest first. Endpoints of a priority for which there is none
// are not used.
func Priorities(c PriorityConfig, children ...Policy) Policy {
	return priority{c.filled(), slices.Clone(children), true}
}

func (c PriorityConfig) filled() PriorityConfig {
	if c.Failover <= 0 {
		c.Failover = defaultFailover
	}
	return c
}

const (
	defaultFailover = 10 * time.Second
	defaultKeep     = 15 * time.Minute
)

// keepFor returns the time that a Keep stands for.
func keepFor(keep time.Duration) time.Duration {
	if keep == 0 {
		return defaultKeep
	}
	return max(keep, 0)
}

type priority struct {
	PriorityConfig
	children []Policy
	each     bool // a child is for one priority, and not for all
}

// NewPlanner implements Policy.
func (p priority) NewPlanner() Planner {
	planner := &priorityPlanner{failover: p.Failover, priorities: -1}
	planner.keep = keepFor(p.Keep)
	if p.each {
		planner.priorities = len(p.children)
		planner.child = func(priority int) Policy { return p.children[priority] }
	} else {
		planner.child = same(p.children[0])
	}
	return planner
}

type priorityPlanner struct {
	tiers
	failover   time.Duration
	priorities int // how many have a policy of their own; -1 when one is for all
}

// A wait is for a priority that is connecting. It begins when the child is made, and
// when the child begins to connect after it has worked; it ends when there is news.
type wait struct {
	since  time.Time // zero when there is none
	worked bool      // it was ready or idle after the last failure
}

// Plan implements Planner.
func (p *priorityPlanner) Plan(in Snapshot) Plan {
	if p.priorities >= 0 {
		in.Endpoints = slices.DeleteFunc(in.Endpoints, func(v View) bool {
			return v.Endpoint.Priority < 0 || v.Endpoint.Priority >= p.priorities
		})
	}
	p.divide(in, func(v *View) int { return v.Endpoint.Priority })
	if len(p.list) == 0 {
		plan := Plan{}
		plan.fail(nil)
		return plan
	}
	chosen := p.choose(in)
	plan := asks(p.parts())
	plan.State, plan.Picker, plan.Err = chosen.plan.State, chosen.plan.Picker, chosen.plan.Err
	plan.Wake = sooner(plan.Wake, p.wake(in.Now))
	for _, one := range p.list {
		if p.waiting(one, in.Now) {
			plan.Wake = sooner(plan.Wake, until(in.Now, one.wait.since.Add(p.failover)))
		}
	}
	return plan
}

// choose plans all priorities there are, makes those that are needed, and returns the
// one to use: gRFC A56's algorithm for choosing a priority.
func (p *priorityPlanner) choose(in Snapshot) *tier {
	for i, one := range p.list {
		p.need(one, in)
		one.track(in.Now)
		works := one.plan.State == Ready || one.plan.State == Idle
		if works || p.waiting(one, in.Now) {
			p.rest(i+1, in, !works)
			for _, below := range p.list[i+1:] {
				below.track(in.Now)
			}
			return one
		}
	}
	for _, one := range p.list {
		if one.plan.State == Connecting {
			return one
		}
	}
	return p.list[len(p.list)-1]
}

// track notes what the child has said.
func (t *tier) track(now time.Time) {
	switch {
	case t.planner == nil:
	case t.plan.State == Ready || t.plan.State == Idle:
		t.wait = wait{worked: true}
	case t.plan.State != Connecting:
		t.wait = wait{}
	case t.isNew || t.was != Connecting && t.wait.worked:
		t.wait.since = now
	}
}

func (p *priorityPlanner) waiting(one *tier, now time.Time) bool {
	since := one.wait.since
	return !since.IsZero() && now.Sub(since) < p.failover
}
