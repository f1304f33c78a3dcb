package retry

import (
	"sync"
	"sync/atomic"
	"time"
)

// A Budget allows retries up to a part of the calls of a window of time, or up to a
// rate where that is more: what is repeated is then never much beside what is asked
// for. Counting a call is one addition; the window is worked out when somebody asks.
// Its methods may be called concurrently.
type Budget struct {
	ratio  float64
	floor  float64 // retries a window that are always allowed
	window time.Duration
	calls  atomic.Int64

	mu      sync.Mutex
	marks   [marks]mark // a ring; the last is at
	at      int
	retries int64 // since the beginning
}

// A mark is what had been counted at a time.
type mark struct {
	when           time.Time
	calls, retries int64
}

// marks is into how many parts a window is divided.
const marks = 10

// NewBudget returns a Budget. minPerSecond retries are always allowed.
func NewBudget(ratio, minPerSecond float64, window time.Duration, now time.Time) *Budget {
	b := &Budget{ratio: ratio, floor: minPerSecond * window.Seconds(), window: window}
	for i := range b.marks {
		b.marks[i].when = now
	}
	return b
}

// Call counts a call.
func (b *Budget) Call() { b.calls.Add(1) }

// Take reports whether a retry is allowed now, and counts it if it is.
func (b *Budget) Take(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	calls, retries := b.countedLocked(now)
	if retries+1 > max(b.floor, b.ratio*calls) {
		return false
	}
	b.retries++
	return true
}

// countedLocked returns the calls and retries of the last window. What was counted
// between two marks counts as spread evenly over the time between.
func (b *Budget) countedLocked(now time.Time) (calls, retries float64) {
	total := mark{now, b.calls.Load(), b.retries}
	if last := b.marks[b.at]; now.Sub(last.when) >= b.window/marks {
		b.at = (b.at + 1) % marks
		b.marks[b.at] = total
	}
	begin := now.Add(-b.window)
	later := total
	for i := range marks {
		m := b.marks[(b.at-i+marks)%marks]
		if !m.when.After(begin) {
			share := float64(begin.Sub(m.when)) / float64(max(later.when.Sub(m.when), 1))
			calls = share * float64(later.calls-m.calls)
			retries = share * float64(later.retries-m.retries)
			later = m
			break
		}
		later = m
	}
	return float64(total.calls-later.calls) - calls, float64(total.retries-later.retries) - retries
}
