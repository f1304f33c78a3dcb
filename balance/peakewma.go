package balance

import (
	"math"
	"time"
)

// A PeakEWMAConfig has the settings of PeakEWMA.
type PeakEWMAConfig struct {
	// Decay is the time in which what was measured of an endpoint loses two thirds of
	// its weight; 0 is 10 seconds. Shorter forgets sooner, both what was good and
	// what was bad.
	Decay time.Duration
}

// PeakEWMA returns the policy that connects to all endpoints and for each call compares
// two of them, drawn at random by weight (View.Weight), by the time that the call may
// take there:
//
//	latency * (calls under way + 1) / weight
//
// The latency is a moving average that follows a rise at once and a fall slowly (see
// Load.Latency), and that counts less the longer nothing was heard of the endpoint, so
// that one that was slow is tried again. An endpoint that is new, or newly connected,
// gets one call, and more when that has shown how fast it is.
//
// An endpoint that fails fast must not look fast: after each attempt that ended badly
// (see Load.InRow) its latency counts fourfold, up to 5 seconds, which is also what one
// counts that has answered nothing yet. The next good answer ends that. An endpoint that
// asked to be left alone for a time gets, while others are there, no calls until then.
//
// Of 256 calls one goes to the one of the two that was heard of longest ago, if that
// was before a fifth of Decay and it has nothing to do: by this an endpoint that is well
// again has its share back within seconds, at a price that does not show.
func PeakEWMA(cfg PeakEWMAConfig) Policy {
	decay := cfg.Decay
	if decay <= 0 {
		decay = 10 * time.Second
	}
	return peakEWMA{decay: decay}
}

type peakEWMA struct {
	decay  time.Duration
	random func() uint64 // nil but in tests
}

// NewPlanner implements Policy.
func (e peakEWMA) NewPlanner() Planner { return e }

// Plan implements Planner.
func (e peakEWMA) Plan(in Snapshot) Plan {
	plan, ready := connectAll(in)
	if len(ready) == 0 {
		return plan
	}
	p := &ewmaPicker{pool: newPool(ready, e.random), base: in.Now, decay: int64(e.decay), stats: make([]ewmaStat, len(ready))}
	for i, v := range ready {
		v.Load.MeasureLatency(e.decay)
		m := v.Load.latency.Load()
		p.stats[i] = ewmaStat{m, int64(m.base.Sub(in.Now)), int64(v.Since.Sub(in.Now))}
	}
	plan.Picker = p
	return plan
}

// An ewmaPicker counts time in nanoseconds since base.
type ewmaPicker struct {
	pool
	base  time.Time
	decay int64
	stats []ewmaStat
}

// An ewmaStat is what is known of an endpoint of the pool.
type ewmaStat struct {
	*latency
	offset int64 // of the latency's base
	since  int64 // when it was connected
}

// exploring is the number of calls of which one explores.
const exploring = 256

// Pick implements Picker.
func (p *ewmaPicker) Pick(c *Call) Pick {
	var buf [2]int
	drawn := p.sample(buf[:0], 2, c)
	best := drawn[0]
	if len(drawn) == 2 {
		other := drawn[1]
		explore := p.random()%exploring == 0
		switch {
		case explore && p.silent(best, other):
		case explore && p.silent(other, best), p.better(other, best):
			best = other
		}
	}
	return Pick{Verdict: Use, Endpoint: p.lots[best].ref}
}

// failing is what a call costs at least, in nanoseconds, where all fail.
const failing = float64(5 * time.Second)

// current is when something was heard that is true now.
const current = math.MaxInt64

// cost is the expected time of a call at i by what was heard at a time.
func (p *ewmaPicker) cost(i int) (cost float64, heard int64) {
	s, lot := &p.stats[i], &p.lots[i]
	bad, calls := lot.load.InRow(), float64(max(lot.load.Inflight(), 0))
	cost, heard = math.Float64frombits(s.average.Load()), s.offset+s.at.Load()
	if until := s.until.Load(); until != 0 {
		if wait := float64(s.offset + until - p.now()); wait > 0 {
			return max(cost, failing, wait) * (calls + 1) / lot.weight, current
		}
	}
	switch {
	case heard < s.since || cost == 0 && bad == 0: // nothing is known of this connection
		if calls == 0 {
			return 0, current
		}
		cost, heard = failing, current
	case cost == 0:
		cost = failing
	case bad > 0:
		cost = max(cost, min(math.Ldexp(cost, 2*min(bad, 32)), failing))
	}
	return cost * (calls + 1) / lot.weight, heard
}

// better reports whether a call at i costs less than at j. What was heard earlier counts
// less, and what both have in common of that makes no difference, so that it is seldom
// needed to look at the clock.
func (p *ewmaPicker) better(i, j int) bool {
	a, heardA := p.cost(i)
	b, heardB := p.cost(j)
	if heardA == current || heardB == current {
		now := p.now()
		heardA, heardB = min(heardA, now), min(heardB, now)
	}
	if heardA < heardB {
		a *= fade(heardB-heardA, p.decay)
	} else {
		b *= fade(heardA-heardB, p.decay)
	}
	return a < b
}

// silent reports whether i was heard of before j, and long enough ago to ask again.
func (p *ewmaPicker) silent(i, j int) bool {
	s, t, now := &p.stats[i], &p.stats[j], p.now()
	heard := s.offset + s.at.Load()
	return heard < t.offset+t.at.Load() && now-heard >= p.decay/silence &&
		p.lots[i].load.Inflight() == 0 && now >= s.offset+s.until.Load()
}

func (p *ewmaPicker) now() int64 { return int64(time.Since(p.base)) }
