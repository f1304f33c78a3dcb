package balance

import (
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// A latency is a moving average of how long calls take. It follows a rise at once and
// a fall slowly, except after a silence (Finagle's Peak EWMA). Times are counted in
// nanoseconds since base. It is safe for concurrent use.
type latency struct {
	decay time.Duration
	base  time.Time

	mu      sync.Mutex    // for writing
	average atomic.Uint64 // the bits of a float64, nanoseconds; 0 while there is none
	at      atomic.Int64  // when the last attempt ended that said something
	until   atomic.Int64  // until when the endpoint asked to be left alone
}

// MeasureLatency has the client measure how long attempts take from now on. decay is
// the time in which what was measured loses two thirds of its weight; the first call
// decides. A planner that reads Latency calls it for every endpoint.
func (l *Load) MeasureLatency(decay time.Duration) {
	if l.latency.Load() == nil {
		m := &latency{decay: decay, base: time.Now()}
		m.at.Store(never)
		l.latency.CompareAndSwap(nil, m)
	}
}

// Measured reports whether latencies are measured.
func (l *Load) Measured() bool { return l.latency.Load() != nil }

// Latency returns the average of attempts that were answered, weighed so that the last
// decay counts most and a peak counts at once, and when the last attempt ended that
// said something of the endpoint. ok is false while nothing has been measured.
//
// Attempts that ended badly or were given up took at least as long as they did: they
// raise the average and never lower it, for that something failed fast is no praise.
// After a silence of a fifth of decay the next answer replaces the average: an endpoint
// that was avoided for being slow is taken at its word when it is tried again.
func (l *Load) Latency() (average time.Duration, at time.Time, ok bool) {
	m := l.latency.Load()
	if m == nil {
		return 0, time.Time{}, false
	}
	ns := math.Float64frombits(m.average.Load())
	if ns == 0 {
		return 0, time.Time{}, false
	}
	return time.Duration(ns), m.base.Add(time.Duration(m.at.Load())), true
}

// never is before all times, yet far from where subtracting would overflow.
const never = math.MinInt64 / 4

// maxPushback is how long an endpoint may ask to be left alone.
const maxPushback = 5 * time.Minute

// silence is the part of decay after which what was measured before is old.
const silence = 5

func (m *latency) observe(o Outcome) {
	answered := !o.Class.bad() && o.Class != Canceled
	took := float64(o.Latency)
	if answered && took <= 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	average := math.Float64frombits(m.average.Load())
	if o.Class == Canceled && took <= average {
		return // whoever gave up does so for reasons of their own
	}
	now := int64(time.Since(m.base))
	switch age := now - m.at.Load(); {
	case took >= average:
		average = took
	case !answered:
	case age >= int64(m.decay)/silence:
		average = took
	default:
		w := fade(age, int64(m.decay))
		average = average*w + took*(1-w)
	}
	m.average.Store(math.Float64bits(average))
	m.at.Store(now)
	if o.Pushback > 0 {
		m.until.Store(now + int64(min(o.Pushback, maxPushback)))
	}
}

// fade returns what is left of a weight of 1 after a time in which it decays.
func fade(age, decay int64) float64 {
	x := float64(age) / float64(decay)
	if x < 1e-3 {
		return 1 - x + x*x/2 // the difference is less than 1e-9
	}
	return math.Exp(-x)
}
