package balance

import (
	"math"
	"math/bits"
)

// Shares divide the numbers of 64 bits among the items of a list, to each a range as
// large as its weight. Numbers that are spread evenly therefore fall to the items by
// weight. Finding the item takes the same short time however many there are and
// however much the weights differ. It is never changed once made.
type shares struct {
	ends  []uint64 // the last number of each item
	guide []int32  // the item that the first number of each of len(guide) equal ranges falls to
}

// newShares returns nil when all weights are equal: then there is nothing to look up.
// Weights are positive.
func newShares(weights []float64) *shares {
	sum, equal := 0.0, true
	for _, w := range weights {
		sum += w
		equal = equal && w == weights[0]
	}
	if equal {
		return nil
	}
	s := &shares{ends: make([]uint64, len(weights)), guide: make([]int32, len(weights))}
	before := 0.0
	for i, w := range weights {
		before += w
		s.ends[i] = fraction(before / sum)
	}
	s.ends[len(weights)-1] = math.MaxUint64
	item := int32(0)
	for g := range s.guide {
		n := uint64(len(s.guide))
		first, _ := bits.Div64(uint64(g), n-1, n) // the first that scale maps to g
		for s.ends[item] < first {
			item++
		}
		s.guide[g] = item
	}
	return s
}

// fraction returns the part f of all numbers.
func fraction(f float64) uint64 {
	if f >= 1 {
		return math.MaxUint64
	}
	return uint64(f * (1 << 64))
}

// at returns the item that x falls to.
func (s *shares) at(x uint64) int {
	i := s.guide[scale(x, len(s.guide))]
	for s.ends[i] < x {
		i++
	}
	return int(i)
}

// scale maps the numbers of 64 bits evenly and in order to those below n.
func scale(x uint64, n int) int {
	high, _ := bits.Mul64(x, uint64(n))
	return int(high)
}
