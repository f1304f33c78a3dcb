package balance

import (
	"math/rand/v2"
	"slices"
)

// A pool is the ready endpoints of a plan, to draw lots among. It is never changed
// once made.
type pool struct {
	lots   []lot
	shares *shares       // nil when all weights are equal
	random func() uint64 // safe for concurrent use
}

// A lot is an endpoint of a pool. What a pick reads of it is in one place.
type lot struct {
	ref    Ref
	load   *Load
	weight float64
}

func newPool(ready []*View, random func() uint64) pool {
	p := pool{lots: make([]lot, len(ready)), shares: newShares(weights(ready)), random: orRandom(random)}
	for i, v := range ready {
		p.lots[i] = lot{v.Ref, v.Load, v.weight()}
	}
	return p
}

// orRandom returns where random numbers come from, if a policy does not say. Policies
// name no function themselves, so that two with the same settings are equal, and a
// client can tell that a service config brought no other policy than it has.
func orRandom(source func() uint64) func() uint64 {
	if source == nil {
		return rand.Uint64
	}
	return source
}

// draw returns one at random, by weight.
func (p *pool) draw() int {
	x := p.random()
	if p.shares == nil {
		return scale(x, len(p.lots))
	}
	return p.shares.at(x)
}

// sample appends to got, which is empty, as many as wanted of those that the call has
// not tried, each at most once, or fewer if there are not so many: but at least one,
// for a call that tried all of them may try one again.
func (p *pool) sample(got []int, want int, c *Call) []int {
	n := len(p.lots)
	if want == 2 && n >= 2 && len(c.Tried) == 0 {
		first, second := p.pair()
		if got = append(got, first); first != second {
			return append(got, second)
		}
	}
	want = min(want, n)
	for tries := 4 * want; len(got) < want && tries > 0; tries-- {
		if i := p.draw(); p.fresh(i, got, c) {
			got = append(got, i)
		}
	}
	if len(got) < want { // most are tried, or few have most of the weight
		for i, first := 0, p.draw(); i < n && len(got) < want; i++ {
			if i := (first + i) % n; p.fresh(i, got, c) {
				got = append(got, i)
			}
		}
	}
	if len(got) == 0 {
		got = append(got, p.draw())
	}
	return got
}

// pair draws two that differ, or, if weights are uneven, possibly one twice.
func (p *pool) pair() (first, second int) {
	if p.shares != nil {
		first, second = p.draw(), p.draw()
		for tries := 4; first == second && tries > 0; tries-- {
			second = p.draw()
		}
		return first, second
	}
	x, n := p.random(), len(p.lots) // one number is enough for both
	first, second = scale(x, n), scale(x<<32, n-1)
	if second >= first {
		second++
	}
	return first, second
}

// fresh reports whether i may be sampled beside those got.
func (p *pool) fresh(i int, got []int, c *Call) bool {
	return !slices.Contains(got, i) && (len(c.Tried) == 0 || !c.HasTried(p.lots[i].ref))
}
