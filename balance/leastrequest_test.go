package balance

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// seeded returns a source of random numbers that are the same each time.
func seeded(seed uint64) func() uint64 { return rand.New(rand.NewPCG(seed, 0)).Uint64 }

// load gives endpoints calls that do not end.
func (s *scene) load(calls ...int) *scene {
	for i, n := range calls {
		for range n {
			s.views[i].Load.Begin()
		}
	}
	return s
}

func TestLeastRequest(t *testing.T) {
	for _, tc := range []struct {
		name    string
		choices int
		calls   []int
		weights []float64
		want    []float64 // parts of the picks
	}{
		{"two: the one with fewer", 2, []int{3, 2}, nil, []float64{0, 1}},
		{"equal: either", 2, []int{2, 2}, nil, []float64{0.5, 0.5}},
		{"three: never the one with most", 2, []int{9, 1, 5}, nil, []float64{0, 2. / 3, 1. / 3}},
		{"all compared", 3, []int{9, 1, 5}, nil, []float64{0, 1, 0}},
		{"0 choices are 2", 0, []int{9, 1, 5}, nil, []float64{0, 2. / 3, 1. / 3}},
		{"1 is 2", 1, []int{9, 1, 5}, nil, []float64{0, 2. / 3, 1. / 3}},
		{"20 are 10", 20, []int{4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 1, 2}, nil, []float64{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10. / 12, 1 - 10./12 - 2./12*1./11}},
		{"one", 2, []int{7}, nil, []float64{1}},
		{"without calls by weight", 2, []int{0, 0}, []float64{3, 1}, []float64{0.75, 0.25}},
		{"three times the weight, three times the calls", 2, []int{6, 2}, []float64{3, 1}, []float64{0.75, 0.25}},
		{"more than its weight", 2, []int{9, 2}, []float64{3, 1}, []float64{0, 1}},
		{"less than its weight", 2, []int{4, 2}, []float64{3, 1}, []float64{1, 0}},
		{"a call more would be too much", 2, []int{1, 0}, []float64{3, 1}, []float64{0.75, 0.25}},
	} {
		ids := []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"}[:len(tc.calls)]
		policy := LeastRequest(LeastRequestConfig{Choices: tc.choices}).(leastRequest)
		policy.random = seeded(1)
		s := newScene(policy).list(ids...).allReady().load(tc.calls...)
		for i, w := range tc.weights {
			s.views[i].Weight = w
		}
		s.step()
		const picks = 20000
		got := count(s.turns(picks, &Call{}))
		for i, id := range ids {
			if part := float64(got[id]) / picks; math.Abs(part-tc.want[i]) > 0.01 {
				t.Errorf("%s: %s has %.3f of the picks, want %.3f", tc.name, id, part, tc.want[i])
			}
		}
	}
}

func TestRandom(t *testing.T) {
	s := newScene(random{seeded(1)}).list("a", "b", "c").allReady()
	s.step()
	if got := count(s.turns(3000, &Call{})); got["a"] < 900 || got["b"] < 900 || got["c"] < 900 {
		t.Errorf("of 3000 picks: %v", got)
	}
	s.views[1].Weight = 8
	s.step()
	if got := count(s.turns(10000, &Call{})); got["b"] < 7800 || got["b"] > 8200 || got["a"] < 900 {
		t.Errorf("of 10000 picks by the weights 1, 8, 1: %v", got)
	}
}

// Those that were tried are avoided while there is another, and all are picked again
// when there is none.
func TestDrawsAvoidWhatWasTried(t *testing.T) {
	for name, p := range map[string]Policy{
		"random": Random(), "least request": LeastRequest(LeastRequestConfig{}), "peak ewma": PeakEWMA(PeakEWMAConfig{}),
		"round robin": RoundRobin(), "weighted round robin": WeightedRoundRobin(WeightedRoundRobinConfig{}),
	} {
		for _, heavy := range []float64{1, 1e6} {
			s := newScene(p).list("a", "b", "c", "d").allReady()
			s.views[0].Weight = heavy
			s.views[1].Load.Begin()
			s.views[3].Load.Begin()
			s.step()
			call := &Call{Tried: []Ref{s.views[0].Ref, s.views[2].Ref}}
			if got := count(s.turns(100, call)); got["a"]+got["c"] > 0 || got["b"]+got["d"] != 100 {
				t.Errorf("%s: with a and c tried the picks are %v", name, got)
			}
			call.Tried = append(call.Tried, s.views[3].Ref)
			if got := count(s.turns(10, call)); got["b"] != 10 {
				t.Errorf("%s: with all but b tried the picks are %v", name, got)
			}
			call.Tried = append(call.Tried, s.views[1].Ref)
			if got := s.turns(10, call); slices.Contains(got, "?") {
				t.Errorf("%s: with all tried the picks are %v", name, got)
			}
		}
	}
}

// A sample has no endpoint twice.
func TestSampleIsDistinct(t *testing.T) {
	for _, n := range []int{2, 3, 10, 11, 1000} {
		for _, heavy := range []float64{1, 1e9} {
			views := make([]*View, n)
			for i := range views {
				views[i] = &View{Ref: Ref(i + 1), Weight: 1, Load: new(Load)}
			}
			views[0].Weight = heavy
			p := newPool(views, seeded(uint64(n)))
			seen := make(map[int]bool)
			for want := 1; want <= maxChoices; want++ {
				for range 50 {
					got := p.sample(nil, want, &Call{})
					if len(got) != min(want, n) {
						t.Fatalf("of %d endpoints %d were drawn, want %d", n, len(got), want)
					}
					for _, i := range got {
						seen[i] = true
					}
					slices.Sort(got)
					if len(slices.Compact(got)) != min(want, n) {
						t.Fatalf("drew %v", got)
					}
				}
			}
			if heavy == 1 && n <= 11 && len(seen) != n {
				t.Errorf("of %d endpoints only %d were ever drawn", n, len(seen))
			}
		}
	}
}
