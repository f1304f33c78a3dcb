package balance

import (
	"cmp"
	"slices"
)

// A SubsetConfig has the settings of Subset.
type SubsetConfig struct {
	// Size is how many endpoints a client uses; less than 1 counts as 1.
	Size int

	// Seed decides which; clients with the same seed use the same. 0 is a random one
	// for each client.
	Seed uint64
}

// Subset returns the policy that has child choose among only some of the endpoints, so
// that many clients of many servers do not each connect to all (gRFC A68). All servers
// have about as many clients if there are enough of these. When one endpoint comes or
// goes, each client changes at most one of its own.
func Subset(cfg SubsetConfig, child Policy) Policy {
	cfg.Size = max(cfg.Size, 1)
	return subset{cfg, child}
}

type subset struct {
	cfg   SubsetConfig
	child Policy
}

// NewPlanner implements Policy.
func (s subset) NewPlanner() Planner {
	return &subsetPlanner{s.cfg, s.child.NewPlanner()}
}

type subsetPlanner struct {
	cfg   SubsetConfig
	child Planner
}

// Plan implements Planner.
func (p *subsetPlanner) Plan(in Snapshot) Plan {
	if p.cfg.Seed == 0 {
		p.cfg.Seed = max(in.Seed, 1)
	}
	in.Endpoints = p.choose(in.Endpoints)
	return p.child.Plan(in)
}

// choose returns the endpoints whose addresses have the least hashes, in the order in
// which they are.
func (p *subsetPlanner) choose(views []View) []View {
	if len(views) <= p.cfg.Size {
		return views
	}
	type hashed struct {
		hash uint64
		at   int
	}
	list := make([]hashed, len(views))
	for i := range views {
		list[i] = hashed{xxHash64(firstAddr(&views[i]).Address, p.cfg.Seed), i}
	}
	slices.SortFunc(list, func(a, b hashed) int {
		return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.at, b.at))
	})
	list = list[:p.cfg.Size]
	slices.SortFunc(list, func(a, b hashed) int { return cmp.Compare(a.at, b.at) })
	out := make([]View, len(list))
	for i := range list {
		out[i] = views[list[i].at]
	}
	return out
}
