package balance

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestShares(t *testing.T) {
	for _, w := range [][]float64{
		{1, 2}, {1, 1, 2}, {1000, 1}, {1, 1000}, {1e-9, 1, 1e9}, {0.1, 0.2, 0.3, 0.4, 0.5}, {5, 1, 1, 1, 1, 1, 1, 1, 1, 1},
	} {
		s, sum := newShares(w), 0.0
		for _, x := range w {
			sum += x
		}
		got := make([]float64, len(w))
		const draws = 1 << 16
		for i := range uint64(draws) {
			got[s.at(i<<48|i)]++
		}
		for i := range w {
			if want := w[i] / sum * draws; math.Abs(got[i]-want) > 2 {
				t.Errorf("%v: item %d has %v of %d numbers, want %.1f", w, i, got[i], draws, want)
			}
		}
		if first, last := s.at(0), s.at(math.MaxUint64); first != 0 || last != len(w)-1 {
			t.Errorf("%v: the numbers begin with item %d and end with %d", w, first, last)
		}
	}
	if newShares([]float64{3, 3, 3}) != nil || newShares([]float64{7}) != nil {
		t.Error("equal weights need no shares")
	}
}

// Every number falls to the first item whose range has not ended, whatever the guide.
func TestSharesAreExact(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		w := make([]float64, 2+r.IntN(50))
		for i := range w {
			w[i] = r.ExpFloat64() + 1e-12
		}
		s := newShares(w)
		for _, near := range s.ends {
			for _, x := range []uint64{near - 1, near, near + 1, r.Uint64()} {
				i := s.at(x)
				if x > s.ends[i] || i > 0 && x <= s.ends[i-1] {
					t.Fatalf("%d falls to item %d, which ends at %d", x, i, s.ends[i])
				}
			}
		}
	}
}
