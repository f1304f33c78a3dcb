package balance

import (
	"maps"
	"slices"

	"github.com/curlew-rpc/curlew/resolve"
)

// TargetName is the attribute of an endpoint that names the target of WeightedTargets
// that it belongs to.
var TargetName = resolve.NewAttr[string]("target")

// A WeightedTarget is one of those that WeightedTargets divides calls among.
type WeightedTarget struct {
	// Weight is its share of the calls relative to the others. A target of weight 0
	// gets none, and is not connected.
	Weight uint32

	// Policy balances among its endpoints.
	Policy Policy
}

// WeightedTargets returns the policy that divides calls among targets by their weights
// (gRFC A28). An endpoint belongs to the target that its attribute TargetName names;
// one that belongs to none is not used. While a target is not ready the others have
// its calls.
func WeightedTargets(targets map[string]WeightedTarget) Policy {
	return weightedTargets{maps.Clone(targets)}
}

type weightedTargets struct{ targets map[string]WeightedTarget }

// NewPlanner implements Policy.
func (w weightedTargets) NewPlanner() Planner {
	p := &targetsPlanner{numbers: make(map[string]int)}
	for _, name := range slices.Sorted(maps.Keys(w.targets)) {
		if t := w.targets[name]; t.Weight > 0 {
			p.numbers[name] = len(p.parts)
			p.parts = append(p.parts, &part{planner: t.Policy.NewPlanner(), weight: float64(t.Weight)})
		}
	}
	return p
}

type targetsPlanner struct {
	parts   []*part
	numbers map[string]int // by name
}

// Plan implements Planner.
func (p *targetsPlanner) Plan(in Snapshot) Plan {
	group := make([]int, len(in.Endpoints))
	for i := range in.Endpoints {
		group[i] = -1
		if name, ok := TargetName.Get(in.Endpoints[i].Endpoint.Attrs); ok {
			if n, ok := p.numbers[name]; ok {
				group[i] = n
			}
		}
	}
	views := split(in.Endpoints, group, len(p.parts))
	for n, one := range p.parts {
		one.views = views[n]
		one.make(in, uint64(n))
	}
	return combine(p.parts, in.Seed)
}
