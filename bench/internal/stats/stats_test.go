package stats

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestMedian(t *testing.T) {
	for _, tt := range []struct {
		samples []float64
		want    float64
	}{
		{[]float64{3}, 3},
		{[]float64{9, 1, 5}, 5},
		{[]float64{4, 1, 2, 100}, 3},
	} {
		if got := Median(tt.samples); got != tt.want {
			t.Errorf("Median(%v) = %v, want %v", tt.samples, got, tt.want)
		}
	}
	if got := Median(nil); !math.IsNaN(got) {
		t.Errorf("Median of nothing = %v, want NaN", got)
	}
}

func TestMedianLeavesItsSamplesInOrder(t *testing.T) {
	samples := []float64{9, 1, 5}
	Median(samples)
	if want := []float64{9, 1, 5}; !slices.Equal(samples, want) {
		t.Errorf("samples are now %v, want %v", samples, want)
	}
}

func TestSummarize(t *testing.T) {
	got := Summarize([]float64{2, 8, 4})
	if want := (Summary{Median: 4, Min: 2, Max: 8, N: 3}); got != want {
		t.Errorf("Summarize = %+v, want %+v", got, want)
	}
	if got := Summarize(nil); !math.IsNaN(got.Median) || got.N != 0 {
		t.Errorf("Summarize(nil) = %+v, want NaN of 0 samples", got)
	}
}

func TestQuantile(t *testing.T) {
	hundred := make([]float64, 100)
	for i := range hundred {
		hundred[i] = float64(i + 1)
	}
	for _, tt := range []struct {
		sorted  []float64
		q, want float64
	}{
		{hundred, 0.5, 50},
		{hundred, 0.99, 99},
		{hundred, 0.999, 100},
		{hundred, 1, 100},
		{hundred, 0, 1},
		{[]float64{7}, 0.5, 7},
	} {
		if got := Quantile(tt.sorted, tt.q); got != tt.want {
			t.Errorf("Quantile of %d samples at %v = %v, want %v", len(tt.sorted), tt.q, got, tt.want)
		}
	}
	if got := Quantile(nil, 0.5); !math.IsNaN(got) {
		t.Errorf("Quantile of nothing = %v, want NaN", got)
	}
}

func TestRatiosAreOfOneRound(t *testing.T) {
	// The second round was slow for both, the third lost one of its samples.
	got := Ratios(Rounds{0: 1, 1: 30, 2: 5}, Rounds{0: 2, 1: 60, 3: 1})
	if want := (Rounds{0: 0.5, 1: 0.5}); !maps.Equal(got, want) {
		t.Errorf("Ratios = %v, want %v", got, want)
	}
}

func TestLeast(t *testing.T) {
	got := Least(Rounds{0: 4, 1: 2}, Rounds{0: 3, 1: 5, 2: 9})
	if want := (Rounds{0: 3, 1: 2, 2: 9}); !maps.Equal(got, want) {
		t.Errorf("Least = %v, want %v", got, want)
	}
}

func TestValuesAreInOrderOfRounds(t *testing.T) {
	got := Rounds{2: 1, 0: 9, 1: 5}.Values()
	if want := []float64{9, 5, 1}; !slices.Equal(got, want) {
		t.Errorf("Values = %v, want %v", got, want)
	}
}

func TestMedianInterval(t *testing.T) {
	ascending := func(n int) []float64 {
		samples := make([]float64, n)
		for i := range samples {
			samples[n-1-i] = float64(i + 1)
		}
		return samples
	}
	// The ranks of tables of the sign test.
	for _, tt := range []struct {
		n         int
		low, high float64
	}{{6, 1, 6}, {10, 2, 9}, {25, 8, 18}, {100, 41, 60}, {5, math.NaN(), math.NaN()}} {
		low, high := MedianInterval(ascending(tt.n))
		if !same(low, tt.low) || !same(high, tt.high) {
			t.Errorf("of %d samples: %v..%v, want %v..%v", tt.n, low, high, tt.low, tt.high)
		}
	}
	// Half of the samples from 0..1 are below 0.5: of 1,000 intervals, 950 or more contain it, give or take.
	random := rand.New(rand.NewPCG(1, 2))
	contain := 0
	for range 1000 {
		samples := make([]float64, 25)
		for i := range samples {
			samples[i] = random.Float64()
		}
		if low, high := MedianInterval(samples); low <= 0.5 && 0.5 <= high {
			contain++
		}
	}
	if contain < 940 {
		t.Errorf("%d of 1,000 intervals contain the median, want 950", contain)
	}
}

func same(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }
