package balance

import "github.com/curlew-rpc/curlew/resolve"

// LocalityWeight is the attribute of an endpoint that says which share of the calls its
// locality has relative to others. It is the same for all endpoints of a locality.
var LocalityWeight = resolve.NewAttr[uint32]("locality_weight")

// ByLocality returns the policy that divides calls among localities by weight, and has
// a child for each divide its part among the endpoints there. The weight of a locality
// is the attribute LocalityWeight of its endpoints; without it, it is the sum of the
// weights of those endpoints that are ready. While one is not ready the
// others have its calls; one of weight 0 gets none, and is not connected.
func ByLocality(child Policy) Policy { return byLocality{child} }

type byLocality struct{ child Policy }

// NewPlanner implements Policy.
func (b byLocality) NewPlanner() Planner {
	return &localityPlanner{child: b.child, parts: make(map[resolve.Locality]*localityPart)}
}

type localityPlanner struct {
	child Policy
	parts map[resolve.Locality]*localityPart
	made  uint64
}

type localityPart struct {
	part
	n uint64 // no other has it
}

// Plan implements Planner. A locality that is gone is forgotten: its endpoints would
// come back as others, so there is nothing that its child could remember them by.
func (p *localityPlanner) Plan(in Snapshot) Plan {
	known := make(map[resolve.Locality]*localityPart, len(p.parts))
	numbers := make(map[resolve.Locality]int, len(p.parts))
	group := make([]int, len(in.Endpoints))
	var order []*localityPart
	for i := range in.Endpoints {
		at := in.Endpoints[i].Endpoint.Locality
		n, ok := numbers[at]
		if !ok {
			n = len(order)
			numbers[at] = n
			one := p.parts[at]
			if one == nil {
				one = &localityPart{part: part{planner: p.child.NewPlanner()}, n: p.made}
				p.made++
			}
			known[at] = one
			order = append(order, one)
		}
		group[i] = n
	}
	p.parts = known
	for n, views := range split(in.Endpoints, group, len(order)) {
		order[n].views = views
	}
	parts := make([]*part, 0, len(order))
	for _, one := range order {
		if one.weight = localityWeight(one.views); one.weight > 0 {
			one.make(in, one.n)
			parts = append(parts, &one.part)
		}
	}
	return combine(parts, in.Seed)
}

func localityWeight(views []View) float64 {
	ready, all := 0.0, 0.0
	for i := range views {
		v := &views[i]
		if w, ok := LocalityWeight.Get(v.Endpoint.Attrs); ok {
			return float64(w)
		}
		all += v.Weight
		if v.State == Ready {
			ready += v.Weight
		}
	}
	if ready > 0 {
		return ready
	}
	return all
}
