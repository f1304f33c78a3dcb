package limit

import (
	"container/heap"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// A simulation is a server with so many workers, before which admitted calls wait
// in a line, and calls that arrive at random. Its time is its own.
type simulation struct {
	rand    *rand.Rand
	workers int
	kinds   []kind // of calls, each as likely as the others
	allowed func(inflight int) bool
	done    func(now time.Duration, c *simCall)

	now    time.Duration
	events eventHeap
	line   []*simCall
	busy   int
	inside int

	finished, refused int
	took              []time.Duration
}

type kind struct {
	mean time.Duration
	base Baseline
}

type simCall struct {
	kind      *kind
	began     time.Duration
	inflight  int
	completes bool // otherwise it arrives
	at        time.Duration
}

type eventHeap []*simCall

func (h eventHeap) Len() int           { return len(h) }
func (h eventHeap) Less(i, j int) bool { return h[i].at < h[j].at }
func (h eventHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *eventHeap) Push(x any)        { *h = append(*h, x.(*simCall)) }
func (h *eventHeap) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}

// service draws how long a worker needs: a fixed half and a random one.
func (s *simulation) service(k *kind) time.Duration {
	return k.mean/2 + time.Duration(s.rand.ExpFloat64()*float64(k.mean/2))
}

// run lets calls arrive at rate a second for so long.
func (s *simulation) run(rate float64, d time.Duration) {
	s.finished, s.refused, s.took = 0, 0, nil
	end := s.now + d
	arrive := func() {
		at := s.now + time.Duration(s.rand.ExpFloat64()/rate*float64(time.Second))
		heap.Push(&s.events, &simCall{kind: &s.kinds[s.rand.IntN(len(s.kinds))], at: at})
	}
	arrive()
	for len(s.events) > 0 && s.events[0].at < end {
		c := heap.Pop(&s.events).(*simCall)
		s.now = c.at
		if c.completes {
			s.complete(c)
			continue
		}
		arrive()
		if !s.allowed(s.inside + 1) {
			s.refused++
			continue
		}
		s.inside++
		c.began, c.inflight = s.now, s.inside
		s.line = append(s.line, c)
		s.work()
	}
	// Who would have arrived next does not.
	s.events = slices.DeleteFunc(s.events, func(c *simCall) bool { return !c.completes })
	heap.Init(&s.events)
	s.now = end
}

func (s *simulation) work() {
	for s.busy < s.workers && len(s.line) > 0 {
		c := s.line[0]
		s.line = s.line[1:]
		s.busy++
		c.completes, c.at = true, s.now+s.service(c.kind)
		heap.Push(&s.events, c)
	}
}

func (s *simulation) complete(c *simCall) {
	s.busy--
	s.inside--
	s.finished++
	s.took = append(s.took, s.now-c.began)
	s.done(s.now, c)
	s.work()
}

func (s *simulation) p99() time.Duration {
	slices.Sort(s.took)
	return s.took[len(s.took)*99/100]
}

// simulate returns a simulation that a Gradient guards, and its capacity in calls
// a second.
func simulate(seed uint64, workers int, kinds ...kind) (s *simulation, g *Gradient, capacity float64) {
	r := rand.New(rand.NewPCG(seed, 1))
	g = NewGradient(GradientConfig{Initial: 64, Min: 4, Max: 1000, Tolerance: 1.25, Rand: r.Float64})
	s = &simulation{rand: r, workers: workers, kinds: kinds}
	s.allowed = func(n int) bool {
		if n <= g.Limit() {
			return true
		}
		g.Refuse()
		return false
	}
	s.done = func(now time.Duration, c *simCall) { g.Done(now, &c.kind.base, now-c.began, c.inflight) }
	var mean time.Duration
	for _, k := range kinds {
		mean += k.mean / time.Duration(len(kinds))
	}
	return s, g, float64(workers) / mean.Seconds()
}

// With three times as many calls as a server can do, nearly all that it can do is
// done, and those that are let in hardly wait (T19 of the test plan).
func TestOverload(t *testing.T) {
	for _, c := range []struct {
		name    string
		workers int
		kinds   []kind
	}{
		{"2 workers", 2, []kind{{mean: 5 * time.Millisecond}}},
		{"8 workers", 8, []kind{{mean: 10 * time.Millisecond}}},
		{"32 workers", 32, []kind{{mean: 40 * time.Millisecond}}},
		{"kinds that differ", 16, []kind{{mean: time.Millisecond}, {mean: 40 * time.Millisecond}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for seed := range uint64(2) {
				s, g, capacity := simulate(seed, c.workers, slices.Clone(c.kinds)...)
				s.run(0.6*capacity, 30*time.Second)
				calm := s.p99()
				if s.refused > s.finished/1000 {
					t.Errorf("seed %d: %d calls refused of %d without need", seed, s.refused, s.finished)
				}
				for range 2 {
					s.run(3*capacity, 40*time.Second)
					goodput := float64(s.finished) / 40 / capacity
					slower := float64(s.p99()) / float64(calm)
					t.Logf("seed %d: limit %d, goodput %.2f, p99 %v, %.2f times that of 60%% load", seed, g.Limit(), goodput, s.p99(), slower)
					if goodput < 0.9 {
						t.Errorf("seed %d: goodput is %.2f of what is possible", seed, goodput)
					}
					if slower > 2 {
						t.Errorf("seed %d: calls take %.2f times as long as without overload", seed, slower)
					}
				}
				s.run(0.6*capacity, 10*time.Second) // and afterwards all is as before
				s.run(0.6*capacity, 20*time.Second)
				if s.refused > s.finished/1000 {
					t.Errorf("seed %d: %d calls refused of %d when it was over", seed, s.refused, s.finished)
				}
			}
		})
	}
}

// A server that is overloaded from its first moment on, or becomes slower for good,
// finds its limit all the same.
func TestLimitIsFound(t *testing.T) {
	s, g, capacity := simulate(7, 8, kind{mean: 10 * time.Millisecond})
	s.run(3*capacity, 5*time.Second)
	check := func(what string, capacity float64) {
		t.Helper()
		s.run(3*capacity, 20*time.Second)
		goodput := float64(s.finished) / 20 / capacity
		if goodput < 0.9 || g.Limit() > 24 || g.Limit() < 8 {
			t.Errorf("%s: limit %d, goodput %.2f", what, g.Limit(), goodput)
		}
	}
	check("from the start", capacity)
	s.kinds[0].mean *= 10
	s.run(0.3*capacity, 100*time.Second) // the next probe is a minute away
	check("ten times slower", capacity/10)
	s.kinds[0].mean /= 10
	s.run(3*capacity, 100*time.Second)
	check("as before", capacity)
}

// Who does little is never told to do less, however its calls' times differ.
func TestNoLimitWithoutNeed(t *testing.T) {
	s, g, capacity := simulate(3, 50, kind{mean: time.Millisecond}, kind{mean: 300 * time.Millisecond})
	s.run(0.2*capacity, 2*time.Minute)
	if s.refused > 0 || g.Limit() < 2*10 {
		t.Errorf("%d of %d calls refused, limit %d", s.refused, s.finished, g.Limit())
	}
}
