package balance

import (
	"errors"
	"time"
)

// A part is a child of a policy that divides the endpoints: what it is given, and
// what it answered.
type part struct {
	planner Planner
	views   []View
	weight  float64 // its share of the calls; one of 0 gets none
	plan    Plan
	state   State // that of plan, but a failure holds until the child is ready or idle
	err     error // of the last failure
}

var errNoPicker = errors.New("a balancing policy made a plan without a picker")

// make has the child plan. n tells it apart from its siblings, and sees to it that
// they do not all draw the same numbers.
func (p *part) make(in Snapshot, n uint64) {
	in.Endpoints, in.Seed = p.views, partSeed(in.Seed, n)
	was := p.state
	p.plan = p.planner.Plan(in)
	if p.plan.Picker == nil {
		p.plan.fail(errNoPicker)
	}
	p.state = p.plan.State
	switch {
	case p.state == TransientFailure:
		p.err = p.plan.Err
	case p.state == Connecting && was == TransientFailure:
		p.state = TransientFailure
	}
}

// split gives each of n groups the views whose number in group is its own; those with
// another number are in none. The views are not copied when all are in one group.
func split(views []View, group []int, n int) [][]View {
	sizes := make([]int, n)
	for _, g := range group {
		if g >= 0 && g < n {
			sizes[g]++
		}
	}
	parts := make([][]View, n)
	for g, size := range sizes {
		if size == len(views) {
			parts[g] = views
			return parts
		}
		parts[g] = make([]View, 0, size)
	}
	for i, g := range group {
		if g >= 0 && g < n {
			parts[g] = append(parts[g], views[i])
		}
	}
	return parts
}

// partSeed derives a number from a seed, another one for each n (SplitMix64).
func partSeed(seed, n uint64) uint64 {
	z := seed + (n+1)*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// asks puts together what the plans of parts ask of the client; how calls go is left
// to the caller. The endpoints of earlier parts are connected first. Health stays
// unwatched when no part with endpoints wants it watched.
func asks(parts []*part) Plan {
	n, watched, unwatched := 0, false, false
	for _, p := range parts {
		n += len(p.plan.Connect)
	}
	plan := Plan{Connect: make([]Ref, 0, n)}
	for _, p := range parts {
		plan.Connect = append(plan.Connect, p.plan.Connect...)
		plan.Wake = sooner(plan.Wake, p.plan.Wake)
		plan.Reports = sooner(plan.Reports, p.plan.Reports)
		plan.Alarm = fewer(plan.Alarm, p.plan.Alarm)
		if len(p.views) > 0 {
			watched = watched || !p.plan.Unwatched
			unwatched = unwatched || p.plan.Unwatched
		}
	}
	plan.Unwatched = unwatched && !watched
	return plan
}

// combine puts together the plans of parts among which calls are divided by weight.
// The state is the best of all, in the order Ready, Connecting, Idle,
// TransientFailure (gRFC A28), and the parts in that state take the calls: so a call
// that fails does with a reason that a child gave.
func combine(parts []*part, seed uint64) Plan {
	plan := asks(parts)
	best := TransientFailure
	for _, p := range parts {
		if p.weight > 0 && stateRank(p.state) < stateRank(best) {
			best = p.state
		}
	}
	var taking weighedBuilder
	for _, p := range parts {
		if p.weight > 0 && p.state == best {
			taking.add(p.plan.Picker, p.weight)
			if best == TransientFailure && plan.Err == nil {
				plan.Err = p.err
			}
		}
	}
	if len(taking.pickers) == 0 {
		plan.fail(nil)
		return plan
	}
	plan.State = best
	plan.Picker = taking.picker(seed)
	return plan
}

func stateRank(s State) int {
	switch s {
	case Ready:
		return 0
	case Connecting:
		return 1
	case Idle:
		return 2
	}
	return 3
}

// sooner returns the shorter of two times, where 0 is never.
func sooner(a, b time.Duration) time.Duration {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// fewer returns the lesser of two numbers, where 0 is none.
func fewer(a, b int) int {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// until returns how long it is until t, at least a moment: a plan that is due is to
// be made soon, not never.
func until(now, t time.Time) time.Duration { return max(t.Sub(now), 1) }
