package balance

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// A shuffle gives every list of endpoints an order of its own that holds as long as
// the list does. nil leaves lists as they are.
type shuffle struct {
	list []Ref
	seed uint64
}

// see notes when the list is another one.
func (s *shuffle) see(in Snapshot) {
	same := slices.EqualFunc(s.list, in.Endpoints, func(r Ref, v View) bool { return r == v.Ref })
	if same && len(s.list) > 0 {
		return
	}
	s.seed, s.list = in.Seed, make([]Ref, len(in.Endpoints))
	for i := range in.Endpoints {
		s.list[i] = in.Endpoints[i].Ref
	}
}

// apply returns the endpoints in a random order, in which each is before another with
// the probability of its part of the two weights. Sorting by u^(1/weight), for u at
// random between 0 and 1, does that (Efraimidis and Spirakis; gRFC A113); so does
// sorting the other way round by -log(u)/weight, which no weight makes 0 or 1.
func (s *shuffle) apply(views []View) []View {
	if s == nil {
		return views
	}
	type keyed struct {
		view View
		key  float64
	}
	random := rand.New(rand.NewPCG(s.seed, 0))
	list := make([]keyed, len(views))
	for i, v := range views {
		list[i] = keyed{v, -math.Log1p(-random.Float64()) / v.weight()}
	}
	slices.SortFunc(list, func(a, b keyed) int { return cmp.Compare(a.key, b.key) })
	out := make([]View, len(list))
	for i := range list {
		out[i] = list[i].view
	}
	return out
}
