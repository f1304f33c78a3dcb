package balance

import "slices"

// A pool is the ready endpoints of a plan, to draw lots among. It is never changed
// once made.
type pool struct {
	refs    []Ref
	loads   []*Load
	weights []float64
	shares  *shares       // nil when all weights are equal
	random  func() uint64 // safe for concurrent use
}

func newPool(ready []*View, random func() uint64) pool {
	p := pool{refs: refs(ready), loads: make([]*Load, len(ready)), weights: weights(ready), random: random}
	p.shares = newShares(p.weights)
	for i, v := range ready {
		p.loads[i] = v.Load
	}
	return p
}

// draw returns one at random, by weight.
func (p *pool) draw() int {
	x := p.random()
	if p.shares == nil {
		return scale(x, len(p.refs))
	}
	return p.shares.at(x)
}

// sample appends to got, which is empty, as many as wanted of those that the call has
// not tried, each at most once, or fewer if there are not so many: but at least one,
// for a call that tried all of them may try one again.
func (p *pool) sample(got []int, want int, c *Call) []int {
	n := len(p.refs)
	if want == 2 && n >= 2 && p.shares == nil && len(c.Tried) == 0 {
		x := p.random() // is enough for both
		first, second := scale(x, n), scale(x<<32, n-1)
		if second >= first {
			second++
		}
		return append(got, first, second)
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

// fresh reports whether i may be sampled beside those got.
func (p *pool) fresh(i int, got []int, c *Call) bool {
	return !slices.Contains(got, i) && (len(c.Tried) == 0 || !c.HasTried(p.refs[i]))
}
