package balance

import (
	"time"

	"github.com/curlew-rpc/curlew/resolve"
)

// NearestFirst returns the policy that prefers endpoints near to own: those of the
// same sub-zone, then of the same zone, then of the same region, then all others. Each
// of these groups is a child of its own.
//
// A group takes all calls while at least five of seven of its endpoints work. When
// fewer do it takes so much less, and the rest goes to the next group, which is only
// then connected: those that still work are not given what the whole group was for.
// When all groups together have too few, calls are divided by how many work. (These
// are Envoy's priority levels with the overprovisioning factor of 1.4.) An endpoint
// works unless it has failed to connect, or has taken 10 seconds to; one that an
// OutlierDetection around this policy has ejected does not work either. A group that is
// not needed any more stays connected for 15 minutes.
func NearestFirst(own resolve.Locality, child Policy) Policy { return nearest{own, child} }

type nearest struct {
	own   resolve.Locality
	child Policy
}

// NewPlanner implements Policy.
func (n nearest) NewPlanner() Planner {
	return &nearestPlanner{tiers: tiers{child: same(n.child), keep: defaultKeep}, own: n.own}
}

type nearestPlanner struct {
	tiers
	own resolve.Locality
}

// overprovisioning is by how much a group is assumed to be larger than its calls need.
const overprovisioning = 1.4

// Plan implements Planner.
func (p *nearestPlanner) Plan(in Snapshot) Plan {
	p.divide(in, func(v *View) int { return distance(p.own, v.Endpoint.Locality) })
	var wake time.Duration
	left, served := 1.0, 0.0
	for _, one := range p.list {
		one.weight = 0
	}
	for i, one := range p.list {
		if left <= 1e-9 {
			p.rest(i, in, false)
			break
		}
		able, check := health(one.views, in.Now) // before the child has them
		p.need(one, in)
		if one.state == TransientFailure {
			able = 0
		}
		wake = sooner(wake, check)
		one.weight = min(able, left)
		left -= one.weight
		served += one.weight
	}
	parts := p.parts()
	if !p.useReady(parts) && served == 0 {
		for _, one := range parts {
			one.weight = 1
		}
	}
	plan := combine(parts, in.Seed)
	plan.Wake = sooner(sooner(plan.Wake, wake), p.wake(in.Now))
	return plan
}

// useReady gives all calls to the nearest group that is ready when none of those that
// should have them is, and reports whether some group is ready.
func (p *nearestPlanner) useReady(parts []*part) bool {
	var nearest *part
	for _, one := range parts {
		switch {
		case one.state != Ready:
		case one.weight > 0:
			return true
		case nearest == nil:
			nearest = one
		}
	}
	if nearest == nil {
		return false
	}
	nearest.weight = 1
	return true
}

// health returns which part of all calls a group is able to take, 0 to 1, and when
// that may become less although nothing happens.
func health(views []View, now time.Time) (able float64, check time.Duration) {
	works := 0
	for i := range views {
		switch v := &views[i]; v.State {
		case Ready, Idle:
			works++
		case Connecting:
			if left := v.Since.Add(defaultFailover).Sub(now); left > 0 {
				works++
				check = sooner(check, left)
			}
		}
	}
	return min(overprovisioning*float64(works)/float64(len(views)), 1), check
}

// distance is 0 for the same sub-zone, 1 for the same zone, 2 for the same region and
// 3 for all else. What own does not know is the same as nothing.
func distance(own, other resolve.Locality) int {
	switch {
	case own.SubZone != "" && own == other:
		return 0
	case own.Zone != "" && own.Region == other.Region && own.Zone == other.Zone:
		return 1
	case own.Region != "" && own.Region == other.Region:
		return 2
	}
	return 3
}
