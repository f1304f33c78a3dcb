package orca

import (
	"sync"
	"sync/atomic"
)

// window is how many seconds rates are the average of.
const window = 10

// rates count calls and errors by the second. Its methods may be called concurrently;
// which second a call is counted in is not exact.
type rates struct {
	mu    sync.Mutex // held while a slot changes its second
	slots [window + 1]slot
}

// A slot is the count of one second.
type slot struct {
	second        atomic.Int64 // its number and 1, 0 for none
	calls, errors atomic.Uint64
}

func (r *rates) count(second int64, failed bool) {
	s := &r.slots[second%int64(len(r.slots))]
	if s.second.Load() <= second {
		r.mu.Lock()
		if s.second.Load() <= second {
			s.calls.Store(0)
			s.errors.Store(0)
			s.second.Store(second + 1)
		}
		r.mu.Unlock()
	}
	s.calls.Add(1)
	if failed {
		s.errors.Add(1)
	}
}

// of returns calls and errors a second, as the average of the whole seconds before a
// second, 0 if there are none.
func (r *rates) of(second int64) (qps, eps float64) {
	n := min(second, window)
	if n <= 0 {
		return 0, 0
	}
	var calls, errors uint64
	for i := range r.slots {
		s := &r.slots[i]
		if at := s.second.Load() - 1; at >= second-n && at < second {
			calls += s.calls.Load()
			errors += s.errors.Load()
		}
	}
	return float64(calls) / float64(n), float64(errors) / float64(n)
}
