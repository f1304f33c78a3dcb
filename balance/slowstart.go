package balance

import (
	"math"
	"time"
)

// A SlowStartConfig says how endpoints are eased in. The zero value is the default.
type SlowStartConfig struct {
	// Window is how long it takes until an endpoint has its whole weight. 0 means 30
	// seconds.
	Window time.Duration

	// MinWeightPercent is the least part of its weight that an endpoint has. 0 means 10.
	MinWeightPercent float64

	// Aggression is how fast the weight grows at first: 1 is evenly, more is faster.
	// 0 means 1.
	Aggression float64
}

// SlowStart returns the policy that gives its child endpoints with a part of their
// weight when they have become ready only lately, so that a process whose caches are
// cold is not flooded. The weight is
//
//	weight * max(MinWeightPercent/100, (age/Window)^(1/Aggression))
//
// as in Envoy. It works with children that weigh endpoints. Around it, OutlierDetection
// has endpoints that it lets back start slowly too.
func SlowStart(c SlowStartConfig, child Policy) Policy {
	if c.Window <= 0 {
		c.Window = 30 * time.Second
	}
	if !(c.MinWeightPercent > 0) {
		c.MinWeightPercent = 10
	}
	if !(c.Aggression > 0) {
		c.Aggression = 1
	}
	return slowStart{c, child}
}

type slowStart struct {
	SlowStartConfig
	child Policy
}

// NewPlanner implements Policy.
func (s slowStart) NewPlanner() Planner {
	return slowStartPlanner{s.SlowStartConfig, s.child.NewPlanner()}
}

type slowStartPlanner struct {
	SlowStartConfig
	child Planner
}

// Plan implements Planner.
func (s slowStartPlanner) Plan(in Snapshot) Plan {
	var left time.Duration // until the last endpoint has its weight
	for i := range in.Endpoints {
		v := &in.Endpoints[i]
		if v.State != Ready {
			continue
		}
		if age := in.Now.Sub(v.Since); age < s.Window {
			v.Weight *= s.factor(age)
			left = max(left, s.Window-age)
		}
	}
	plan := s.child.Plan(in)
	if left > 0 {
		// Twenty steps are smooth enough, and more than ten a second are too much work.
		step := max(s.Window/20, 100*time.Millisecond)
		plan.Wake = sooner(plan.Wake, min(left, step))
	}
	return plan
}

func (s slowStartPlanner) factor(age time.Duration) float64 {
	grown := math.Pow(max(age.Seconds(), 0)/s.Window.Seconds(), 1/s.Aggression)
	return min(max(s.MinWeightPercent/100, grown), 1)
}
