package balance

import (
	"fmt"
	"math"
	"testing"
)

func weighedShares(n int, weights ...float64) []float64 {
	var b weighedBuilder
	for i, w := range weights {
		b.add(Always(Pick{Verdict: Use, Endpoint: Ref(i + 1)}), w)
	}
	p := b.picker(7)
	got := make([]float64, len(weights))
	for range n {
		got[p.Pick(&Call{}).Endpoint-1]++
	}
	return got
}

// Shares are exact but for a few calls, whatever the number of calls.
func TestWeighedShares(t *testing.T) {
	for _, weights := range [][]float64{{1}, {1, 1}, {3, 1}, {1, 99}, {0.1, 0.2, 0.7}, {1, 1, 1, 1, 1, 1, 1}, {1e-300, 1}, {math.MaxFloat64 / 4, math.MaxFloat64 / 4}} {
		total := 0.0
		for _, w := range weights {
			total += w
		}
		for _, n := range []int{10, 100, 1000, 10000} {
			for i, got := range weighedShares(n, weights...) {
				if want := weights[i] / total * float64(n); math.Abs(got-want) > 5 {
					t.Errorf("of %d calls %v went to %d of %v, want %.1f", n, got, i, weights, want)
				}
			}
		}
	}
}

func TestWeighedPickerAvoidsWhatWasTried(t *testing.T) {
	var b weighedBuilder
	for i := range 3 {
		b.add(Always(Pick{Verdict: Use, Endpoint: Ref(i + 1)}), 1)
	}
	p := b.picker(0)
	seen := make(map[Ref]int)
	for range 100 {
		seen[p.Pick(&Call{Tried: []Ref{1, 3}}).Endpoint]++
	}
	if seen[2] != 100 {
		t.Errorf("with 1 and 3 tried, picks are %v", seen)
	}
	clear(seen)
	for range 100 {
		seen[p.Pick(&Call{Tried: []Ref{1, 2, 3}}).Endpoint]++
	}
	if len(seen) != 3 {
		t.Errorf("with all tried, picks are %v", seen)
	}
}

func BenchmarkWeighedPick(b *testing.B) {
	for _, n := range []int{2, 10, 100} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var s weighedBuilder
			for i := range n {
				s.add(Always(Pick{Verdict: Use, Endpoint: Ref(i + 1)}), float64(i+1))
			}
			p, call := s.picker(0), &Call{}
			b.ReportAllocs()
			for b.Loop() {
				p.Pick(call)
			}
		})
	}
}
