package limit

import (
	"sync/atomic"
	"time"
)

// A Bucket holds tokens, to which one is added at a steady rate until it is full.
// It is the generic cell rate algorithm: one number, the time at which the bucket
// will be full again. Its methods may be called concurrently.
type Bucket struct {
	every time.Duration // from one token to the next
	slack time.Duration // how far ahead of an even pace takers may be
	full  atomic.Int64  // a time
}

// NewBucket returns a full bucket of burst tokens that gets rate tokens a second.
func NewBucket(rate float64, burst int) *Bucket {
	every := max(time.Duration(float64(time.Second)/rate), 1)
	return &Bucket{every: every, slack: time.Duration(burst-1) * every}
}

// Take takes a token at the time now, from any fixed time on. If there is none it
// returns how long it will take until there is one.
func (b *Bucket) Take(now time.Duration) (wait time.Duration, ok bool) {
	for {
		full := b.full.Load()
		at := max(time.Duration(full), now)
		if ahead := at - now; ahead > b.slack {
			return ahead - b.slack, false
		}
		if b.full.CompareAndSwap(full, int64(at+b.every)) {
			return 0, true
		}
	}
}
