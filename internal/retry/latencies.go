package retry

import (
	"math/bits"
	"sync"
	"sync/atomic"
	"time"
)

// Latencies knows how long the calls of a method took lately: of each time about how
// many took as long, in steps of an eighth of a power of two. What is older than a
// window counts less and less. Its methods may be called concurrently.
type Latencies struct {
	counts [steps]atomic.Uint32
	total  atomic.Uint32

	mu    sync.Mutex // who lets old ones fade
	faded time.Time
}

const (
	// steps is enough for 2^40 ns, 18 minutes.
	steps = 40 * 8
	// window is how often half of what is known is forgotten.
	window = 10 * time.Second
	// enough is how many calls make a percentile.
	enough = 64
)

// stepOf returns the step of a duration: its highest bit, and the three below.
func stepOf(d time.Duration) int {
	n := uint64(max(d, 8))
	top := bits.Len64(n) - 1
	return min((top-3)*8+int(n>>(top-3)&7), steps-1)
}

// endOf is the longest duration of a step.
func endOf(step int) time.Duration {
	top := step/8 + 3
	return time.Duration(uint64(8+step%8+1)<<(top-3) - 1)
}

// Add counts a call that took d.
func (l *Latencies) Add(d time.Duration) {
	l.counts[stepOf(d)].Add(1)
	l.total.Add(1)
}

// Percentile returns how long a part p of the calls took at most; ok is false while too
// few have been counted.
func (l *Latencies) Percentile(p float64, now time.Time) (d time.Duration, ok bool) {
	l.fade(now)
	total := l.total.Load()
	if total < enough {
		return 0, false
	}
	left := float64(total) * p
	for i := range l.counts {
		if left -= float64(l.counts[i].Load()); left <= 0 {
			return endOf(i), true
		}
	}
	return endOf(steps - 1), true
}

// fade halves all counts when the window is over, unless there is little to forget.
func (l *Latencies) fade(now time.Time) {
	if !l.mu.TryLock() {
		return
	}
	defer l.mu.Unlock()
	if l.faded.IsZero() {
		l.faded = now
	}
	if now.Sub(l.faded) < window || l.total.Load() < 4*enough {
		return
	}
	l.faded = now
	total := uint32(0)
	for i := range l.counts {
		c := &l.counts[i]
		n := c.Load()
		c.Add(-(n - n/2))
		total += n / 2
	}
	l.total.Store(total)
}
