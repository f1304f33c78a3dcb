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
	p := &targetsPlanner{byName: make(map[string]*part)}
	for _, name := range slices.Sorted(maps.Keys(w.targets)) {
		if t := w.targets[name]; t.Weight > 0 {
			one := &part{planner: t.Policy.NewPlanner(), weight: float64(t.Weight)}
			p.parts = append(p.parts, one)
			p.byName[name] = one
		}
	}
	return p
}

type targetsPlanner struct {
	parts  []*part // by name
	byName map[string]*part
}

// Plan implements Planner.
func (p *targetsPlanner) Plan(in Snapshot) Plan {
	for _, one := range p.parts {
		one.views = nil // the child may have kept them
	}
	for _, v := range in.Endpoints {
		if name, ok := TargetName.Get(v.Endpoint.Attrs); ok && p.byName[name] != nil {
			one := p.byName[name]
			one.views = append(one.views, v)
		}
	}
	for i, one := range p.parts {
		one.make(in, uint64(i))
	}
	return combine(p.parts, in.Seed)
}
