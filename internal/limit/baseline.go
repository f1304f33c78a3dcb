package limit

import (
	"slices"
	"time"
)

// A Baseline is how long calls of one kind take on a server that has little else
// to do. It is learned from groups of calls, of which the median is looked at.
type Baseline struct {
	took  time.Duration // 0: not known
	rough bool          // learned only while there was other work
	low   group         // calls with little beside them
	any   group         // all calls
}

const (
	// lowConcurrency is how many calls at once are little (Envoy's number).
	lowConcurrency = 3
	firstGroup     = 50
	lowGroup       = 25
	anyGroup       = 100
	// Calls beside others say nothing of an idle server, unless they are this much
	// faster than it was thought to be.
	clearlyFaster = 0.7
)

// Took returns how long a call takes; 0: that is not known.
func (b *Baseline) Took() time.Duration { return b.took }

// learn takes a call into account beside which there were others.
func (b *Baseline) learn(took time.Duration, inflight int) {
	if inflight <= lowConcurrency {
		if m, full := b.low.add(took, lowGroup); full {
			if b.took == 0 || b.rough {
				b.took, b.rough = m, false
			} else {
				b.took += (m - b.took) / 2
			}
		}
	}
	if b.took == 0 {
		if m, full := b.any.add(took, firstGroup); full {
			b.took, b.rough = m, true
		}
		return
	}
	if m, full := b.any.add(took, anyGroup); full && float64(m) < clearlyFaster*float64(b.took) {
		b.took += (m - b.took) / 4
	}
}

// A group collects durations.
type group struct{ of []time.Duration }

// add adds d and returns the median when there are size of them, and begins anew.
func (g *group) add(d time.Duration, size int) (median time.Duration, full bool) {
	if g.of == nil {
		g.of = make([]time.Duration, 0, size)
	}
	if g.of = append(g.of, d); len(g.of) < size {
		return 0, false
	}
	slices.Sort(g.of)
	median = max(g.of[len(g.of)/2], 1)
	g.of = g.of[:0]
	return median, true
}
