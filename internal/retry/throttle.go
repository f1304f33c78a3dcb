package retry

import "sync/atomic"

// A Throttle stops retries while many calls fail, by gRFC A6: tokens are taken by
// failures and given back, more slowly, by successes; while half of them or less are
// there, nothing is retried. Its methods may be called concurrently. A nil Throttle
// allows everything.
type Throttle struct {
	max    int64 // in thousandths, as tokens is
	ratio  int64
	tokens atomic.Int64
}

// NewThrottle returns a Throttle with all tokens there. Three decimals of ratio count.
func NewThrottle(maxTokens, ratio float64) *Throttle {
	t := &Throttle{max: int64(maxTokens * 1000), ratio: max(int64(ratio*1000), 1)}
	t.tokens.Store(t.max)
	return t
}

// Failed takes a token, for an attempt that failed in a way that could be retried or
// whose server forbade it.
func (t *Throttle) Failed() {
	if t != nil {
		t.add(-1000)
	}
}

// Succeeded gives a part of a token back.
func (t *Throttle) Succeeded() {
	if t != nil && t.tokens.Load() < t.max {
		t.add(t.ratio)
	}
}

func (t *Throttle) add(n int64) {
	for {
		has := t.tokens.Load()
		will := min(max(has+n, 0), t.max)
		if will == has || t.tokens.CompareAndSwap(has, will) {
			return
		}
	}
}

// Allows reports whether there are more than half of the tokens.
func (t *Throttle) Allows() bool { return t == nil || t.tokens.Load() > t.max/2 }

// Tokens returns how many there are, and how many there can be.
func (t *Throttle) Tokens() (has, of float64) {
	if t == nil {
		return 0, 0
	}
	return float64(t.tokens.Load()) / 1000, float64(t.max) / 1000
}
