package balance

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-rpc/curlew/resolve"
)

// A backend answers any number of calls at once, in virtual time.
type backend struct {
	answer func(r *rand.Rand, now time.Duration) Outcome // Latency is how long it takes
	got    int
}

// steady answers in about d.
func steady(d time.Duration) *backend {
	return &backend{answer: func(r *rand.Rand, _ time.Duration) Outcome {
		return Outcome{Latency: time.Duration(float64(d) * (0.8 + 0.4*r.Float64()))}
	}}
}

// until answers as b until then and as after from then.
func (b *backend) until(then time.Duration, after *backend) *backend {
	return &backend{answer: func(r *rand.Rand, now time.Duration) Outcome {
		if now < then {
			return b.answer(r, now)
		}
		return after.answer(r, now)
	}}
}

// fresh returns one that has got nothing yet.
func (b *backend) fresh() *backend { return &backend{answer: b.answer} }

// failing answers a part of the calls with a failure that takes 0.1 ms.
func (b *backend) failing(part float64, c Class) *backend {
	return &backend{answer: func(r *rand.Rand, now time.Duration) Outcome {
		if r.Float64() < part {
			return Outcome{Class: c, Latency: 100 * time.Microsecond}
		}
		return b.answer(r, now)
	}}
}

// An ending is a call under way.
type ending struct {
	at  time.Time
	out Outcome
	of  *Load
}

type endings []ending

func (e endings) Len() int           { return len(e) }
func (e endings) Less(i, j int) bool { return e[i].at.Before(e[j].at) }
func (e endings) Swap(i, j int)      { e[i], e[j] = e[j], e[i] }
func (e *endings) Push(x any)        { *e = append(*e, x.(ending)) }
func (e *endings) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}

// A simulation sends calls at random times, rate a second on average, whatever became
// of those before. It runs in a bubble and so takes no time and is the same each time.
type simulation struct {
	seed     uint64
	rate     float64
	backends []*backend
	took     []time.Duration
}

// policy has its picks from the seed.
func (s *simulation) policy() Policy {
	source := rand.New(rand.NewPCG(s.seed, 7))
	return peakEWMA{10 * time.Second, source.Uint64}
}

// run goes on for d and calls each after every second.
func (s *simulation) run(t *testing.T, d time.Duration, p Policy, each func(second int)) {
	t.Helper()
	synctest.Test(t, func(*testing.T) {
		r := rand.New(rand.NewPCG(s.seed, 1))
		in := Snapshot{Now: time.Now(), Seed: r.Uint64()}
		for i := range s.backends {
			in.Endpoints = append(in.Endpoints, View{Endpoint: resolve.Endpoint{ID: fmt.Sprint(i)}, Ref: Ref(i + 1), State: Ready, Since: in.Now, Weight: 1, Load: new(Load)})
		}
		picker := p.NewPlanner().Plan(in).Picker
		var under endings
		next, second := in.Now, 0
		for {
			next = next.Add(time.Duration(r.ExpFloat64() / s.rate * float64(time.Second)))
			for len(under) > 0 && under[0].at.Before(next) {
				e := heap.Pop(&under).(ending)
				time.Sleep(time.Until(e.at))
				e.of.End(e.out)
			}
			time.Sleep(time.Until(next))
			now := time.Since(in.Now)
			for ; second < int(now/time.Second); second++ {
				if each != nil {
					each(second)
				}
			}
			if now >= d {
				return
			}
			i := picker.Pick(&Call{}).Endpoint - 1
			b, load := s.backends[i], in.Endpoints[i].Load
			load.Begin()
			b.got++
			out := b.answer(r, now)
			s.took = append(s.took, out.Latency)
			heap.Push(&under, ending{time.Now().Add(out.Latency), out, load})
		}
	})
}

// share returns the part of the calls that went to a backend.
func (s *simulation) share(i int) float64 {
	all := 0
	for _, b := range s.backends {
		all += b.got
	}
	return float64(s.backends[i].got) / float64(all)
}

func (s *simulation) percentile(p float64) time.Duration {
	slices.Sort(s.took)
	return s.took[int(p*float64(len(s.took)-1))]
}

// Of three backends one is a hundred times slower than the others, or becomes so.
func TestPeakEWMAAvoidsTheSlow(t *testing.T) {
	for _, tc := range []struct {
		name string
		slow *backend
		rate float64
	}{
		{"slow", steady(200 * ms), 100},
		{"slow", steady(200 * ms), 600},
		{"slow", steady(200 * ms), 2000},
		{"slow after a second", steady(2*ms).until(time.Second, steady(200*ms)), 600},
	} {
		for seed := range uint64(2) {
			s := simulation{seed: seed, rate: tc.rate, backends: []*backend{steady(2 * ms), tc.slow.fresh(), steady(2 * ms)}}
			var early int
			s.run(t, time.Minute, s.policy(), func(second int) {
				if second == 0 && tc.name != "slow" {
					early = s.backends[1].got
				}
			})
			s.backends[1].got -= early
			share, p99 := s.share(1), s.percentile(0.99)
			t.Logf("%s, %v calls/s, seed %d: %.3f %%, p99 %v", tc.name, tc.rate, seed, 100*share, p99)
			if share == 0 || share > 0.005 {
				t.Errorf("%s, %v calls/s, seed %d: it has %.2f %% of the calls", tc.name, tc.rate, seed, 100*share)
			}
			if p99 > 4*ms {
				t.Errorf("%s, %v calls/s, seed %d: p99 is %v", tc.name, tc.rate, seed, p99)
			}
		}
	}
}

// A backend that turns calls away in no time is not taken for a fast one, nor is it
// forgotten.
func TestPeakEWMAAvoidsFastFailures(t *testing.T) {
	for _, tc := range []struct{ failing, rate, share float64 }{
		{1, 100, 0.01}, {1, 600, 0.005}, {0.9, 600, 0.005}, {0.5, 100, 0.03}, {0.5, 600, 0.01},
	} {
		for seed := range uint64(2) {
			s := simulation{seed: seed, rate: tc.rate, backends: []*backend{steady(2 * ms), steady(2*ms).failing(tc.failing, Rejected), steady(2 * ms)}}
			s.run(t, time.Minute, s.policy(), nil)
			share := s.share(1)
			t.Logf("%v of its calls fail, %v calls/s, seed %d: %.3f %%", tc.failing, tc.rate, seed, 100*share)
			if s.backends[1].got < 3 || share > tc.share {
				t.Errorf("%v of its calls fail, %v calls/s, seed %d: it has %.2f %% of the calls", tc.failing, tc.rate, seed, 100*share)
			}
		}
	}
}

// What is well again has its share soon.
func TestPeakEWMATakesBack(t *testing.T) {
	for name, ill := range map[string]*backend{
		"slow":    steady(200 * ms),
		"failing": steady(2*ms).failing(1, Rejected),
	} {
		for seed := range uint64(5) {
			s := simulation{seed: seed, rate: 600, backends: []*backend{steady(2 * ms), ill.until(20*time.Second, steady(2*ms)), steady(2 * ms)}}
			back, before := 0, 0
			s.run(t, 40*time.Second, s.policy(), func(second int) {
				got := s.backends[1].got - before
				before = s.backends[1].got
				if back == 0 && second >= 20 && got > 100 {
					back = second - 19
				}
			})
			t.Logf("%s, seed %d: back after %d s", name, seed, back)
			if back == 0 || back > 8 {
				t.Errorf("%s, seed %d: it had its share back after %d seconds (0: never)", name, seed, back)
			}
		}
	}
}

// Equal backends get equal shares, also when each fails now and then.
func TestPeakEWMASpreads(t *testing.T) {
	for _, part := range []float64{0, 0.01, 0.1} {
		s := simulation{seed: 1, rate: 600}
		for range 5 {
			s.backends = append(s.backends, steady(20*ms).failing(part, Unavailable))
		}
		s.run(t, time.Minute, s.policy(), nil)
		var shares []float64
		for i := range s.backends {
			shares = append(shares, s.share(i))
		}
		if slices.Min(shares) < 0.13 || slices.Max(shares) > 0.27 {
			t.Errorf("with %v failing the shares are %.3f", part, shares)
		}
	}
}

// An endpoint that asked for it is left alone, unless there is no other.
func TestPeakEWMAHeedsPushback(t *testing.T) {
	tired := steady(2 * ms)
	tired.answer = func(*rand.Rand, time.Duration) Outcome {
		return Outcome{Class: Rejected, Latency: ms, Pushback: 30 * time.Second}
	}
	s := simulation{seed: 1, rate: 600, backends: []*backend{tired, steady(2 * ms)}}
	s.run(t, 29*time.Second, s.policy(), nil)
	if tired.got != 1 {
		t.Errorf("it had %d calls within the time, want the one", tired.got)
	}
	s = simulation{seed: 1, rate: 10, backends: []*backend{tired}}
	s.run(t, 10*time.Second, s.policy(), nil)
	if tired.got < 50 {
		t.Errorf("alone it had only %d calls", tired.got)
	}
}

// A new connection counts as unknown: it gets one call at a time until that has ended.
func TestPeakEWMATriesNewConnectionsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := Snapshot{Now: time.Now()}
		for i := range 3 {
			in.Endpoints = append(in.Endpoints, View{Ref: Ref(i + 1), State: Ready, Since: in.Now, Load: new(Load)})
		}
		planner := PeakEWMA(PeakEWMAConfig{}).NewPlanner()
		picker := planner.Plan(in).Picker
		end := func(r Ref, o Outcome) { in.Endpoints[r-1].Load.End(o) }
		for range 3 { // Each has one that takes 10 ms.
			r := picker.Pick(&Call{}).Endpoint
			in.Endpoints[r-1].Load.Begin()
		}
		for r, l := range in.Endpoints {
			if l.Load.Inflight() > 2 {
				t.Errorf("endpoint %d has %d calls at once", r+1, l.Load.Inflight())
			}
			for l.Load.Inflight() > 0 {
				end(Ref(r+1), Outcome{Latency: 10 * ms})
			}
			l.Load.Begin()
			end(Ref(r+1), Outcome{Latency: 10 * ms})
		}
		in.Endpoints[2].Load.Begin()
		end(3, Outcome{Class: Unavailable, Latency: time.Microsecond})
		time.Sleep(ms)
		in.Now = time.Now()
		in.Endpoints[2].Since = in.Now // connected anew
		picker = planner.Plan(in).Picker
		got := 0
		for range 200 {
			if picker.Pick(&Call{}).Endpoint == 3 {
				got++
				if got == 1 {
					in.Endpoints[2].Load.Begin()
				}
			}
		}
		if got == 0 || got > 4 { // one explores now and then
			t.Errorf("the new connection was picked %d times while its first call was under way", got)
		}
	})
}
