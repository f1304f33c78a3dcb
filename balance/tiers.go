package balance

import (
	"cmp"
	"slices"
	"time"
)

// A tier is a part that is used when those before it do not suffice. Its planner is
// made when it is needed for the first time.
type tier struct {
	part
	key    int
	unused time.Time // since when it is not needed; zero while it is
	isNew  bool      // this is the first plan
	was    State     // of the plan before
	wait   wait      // what Priority remembers
}

// tiers are those of one policy, the most preferred first.
type tiers struct {
	child func(key int) Policy
	keep  time.Duration // how long a tier that is not needed stays connected
	list  []*tier
}

// same is for tiers that all have the same policy.
func same(child Policy) func(int) Policy { return func(int) Policy { return child } }

// divide gives each endpoint to the tier with its key. Tiers that have no endpoints
// any more are dropped (gRFC A115).
func (t *tiers) divide(in Snapshot, key func(*View) int) {
	old := make(map[int]*tier, len(t.list))
	for _, one := range t.list {
		old[one.key] = one
	}
	t.list = nil
	numbers := make(map[int]int)
	group := make([]int, len(in.Endpoints))
	for i := range in.Endpoints {
		k := key(&in.Endpoints[i])
		n, ok := numbers[k]
		if !ok {
			n = len(t.list)
			numbers[k] = n
			one := old[k]
			if one == nil {
				one = &tier{key: k}
			}
			t.list = append(t.list, one)
		}
		group[i] = n
	}
	for n, views := range split(in.Endpoints, group, len(t.list)) {
		t.list[n].views = views
	}
	slices.SortFunc(t.list, func(a, b *tier) int { return cmp.Compare(a.key, b.key) })
}

// need plans a tier that is needed.
func (t *tiers) need(one *tier, in Snapshot) {
	if one.isNew = one.planner == nil; one.isNew {
		one.planner = t.child(one.key).NewPlanner()
	}
	one.unused, one.was = time.Time{}, one.plan.State
	one.make(in, uint64(one.key))
}

// rest plans those from the i-th on that are there from before. When they are not
// needed any more they stay until the time to keep them has passed.
func (t *tiers) rest(i int, in Snapshot, needed bool) {
	for _, one := range t.list[i:] {
		if one.planner == nil {
			continue
		}
		if !needed && one.unused.IsZero() {
			one.unused = in.Now
		}
		if !one.unused.IsZero() && in.Now.Sub(one.unused) >= t.keep {
			*one = tier{key: one.key, part: part{views: one.views}}
			continue
		}
		one.isNew, one.was = false, one.plan.State
		one.make(in, uint64(one.key))
	}
}

// parts returns those that have a planner.
func (t *tiers) parts() []*part {
	parts := make([]*part, 0, len(t.list))
	for _, one := range t.list {
		if one.planner != nil {
			parts = append(parts, &one.part)
		}
	}
	return parts
}

// wake returns when the next tier has been kept for long enough.
func (t *tiers) wake(now time.Time) (in time.Duration) {
	for _, one := range t.list {
		if one.planner != nil && !one.unused.IsZero() {
			in = sooner(in, until(now, one.unused.Add(t.keep)))
		}
	}
	return in
}
