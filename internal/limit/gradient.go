package limit

import (
	"math"
	"slices"
	"sync/atomic"
	"time"
)

// A GradientConfig says how a Gradient behaves.
type GradientConfig struct {
	// Initial, Min and Max are limits: to begin with, and at any time.
	Initial, Min, Max int
	// Tolerance is how many times as long as their Baseline calls may take before
	// the limit falls.
	Tolerance float64
	// Rand returns a number from 0 up to 1.
	Rand func() float64
}

// The numbers are Envoy's, of its adaptive concurrency filter.
const (
	window     = 100 * time.Millisecond // from one limit to the next
	minSamples = 10                     // that a new limit is made of, however long that takes
	maxSamples = 256                    // that are kept, the newest
	minGrade   = 0.5                    // by which the limit falls at once
	// A server that has to refuse calls measures again how long they take if it does
	// little, as often as this; jittered, or all servers would do so at once.
	probeEvery  = 60 * time.Second
	probeJitter = 0.15
	probeCalls  = 50
	probeTime   = 2 * time.Second
)

// A Gradient is a limit on the calls that a server works on at once. Where calls
// take longer than they would alone, they wait for each other somewhere, and more
// at once would only wait longer: the limit falls in proportion. Where they do
// not, and the limit is made use of, it rises. It is not safe for concurrent use,
// except for Limit and Refuse.
type Gradient struct {
	cfg     GradientConfig
	limit   float64
	current atomic.Int32 // what Limit returns
	refused atomic.Bool  // since the window began

	ratios []float64 // of calls' times to their baselines, in this window
	next   int       // of ratios, the oldest
	ends   time.Duration
	peak   int // most calls at once in this window

	probing int           // calls yet to be measured
	giveUp  time.Duration // that probe
	probe   time.Duration // the time of the next, at the earliest
}

// NewGradient returns a Gradient whose time begins at 0.
func NewGradient(cfg GradientConfig) *Gradient {
	g := &Gradient{cfg: cfg, limit: float64(cfg.Initial), ratios: make([]float64, 0, maxSamples), ends: window}
	g.current.Store(int32(cfg.Initial))
	return g
}

// Limit returns how many calls may be worked on at once.
func (g *Gradient) Limit() int { return int(g.current.Load()) }

// Refuse notes that the limit has kept a call out.
func (g *Gradient) Refuse() {
	if !g.refused.Load() {
		g.refused.Store(true)
	}
}

// Done notes, at the time now, that a call is over which has taken so long, when
// it began as one of inflight. base is that of calls like it.
func (g *Gradient) Done(now time.Duration, base *Baseline, took time.Duration, inflight int) {
	base.learn(took, inflight)
	if g.probing > 0 {
		if inflight <= lowConcurrency {
			g.probing--
		}
		if g.probing == 0 || now >= g.giveUp {
			g.endProbe(now)
		}
		return
	}
	g.peak = max(g.peak, inflight)
	if base.took > 0 {
		g.keep(float64(took) / float64(base.took))
	}
	if now < g.ends || len(g.ratios) < minSamples {
		return
	}
	before := g.limit
	g.update()
	settled := g.limit > 0.9*before
	if g.refused.Swap(false) && settled && now >= g.probe {
		g.beginProbe(now)
		return
	}
	g.open(now)
}

func (g *Gradient) keep(ratio float64) {
	if len(g.ratios) < maxSamples {
		g.ratios = append(g.ratios, ratio)
		return
	}
	g.ratios[g.next] = ratio
	g.next = (g.next + 1) % maxSamples
}

// update makes a new limit of the window's calls.
func (g *Gradient) update() {
	slices.Sort(g.ratios)
	median := g.ratios[len(g.ratios)/2]
	grade := min(max(g.cfg.Tolerance/median, minGrade), 1)
	if grade == 1 && float64(g.peak) < g.limit/2 {
		return // nobody knows whether more would do
	}
	// The square root is room for bursts, and what lets the limit rise again.
	g.limit = g.limit*grade + math.Sqrt(g.limit)
	g.limit = min(max(g.limit, float64(g.cfg.Min)), float64(g.cfg.Max))
	g.current.Store(int32(g.limit))
}

// open begins a window.
func (g *Gradient) open(now time.Duration) {
	g.ratios, g.next, g.peak = g.ratios[:0], 0, 0
	g.ends = now + window
}

// beginProbe lets in few calls, to see how long they take then.
func (g *Gradient) beginProbe(now time.Duration) {
	g.probing = probeCalls
	g.giveUp = now + probeTime
	g.current.Store(int32(min(lowConcurrency, g.limit)))
}

func (g *Gradient) endProbe(now time.Duration) {
	g.probing = 0
	g.probe = now + time.Duration(float64(probeEvery)*(1-probeJitter+2*probeJitter*g.cfg.Rand()))
	g.current.Store(int32(g.limit))
	g.refused.Store(false)
	g.open(now)
}
