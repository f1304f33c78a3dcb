package orca

import (
	"runtime"
	"sync"
	"time"
)

// A sampler measures the use of the processors.
type sampler struct {
	used func() (time.Duration, bool) // processor time so far, and whether it is known

	mu          sync.Mutex
	at          time.Time     // of the last measurement
	before      time.Duration // used then
	utilization float64       // up to then
	is          bool          // utilization is known
}

func newSampler(used func() (time.Duration, bool)) *sampler {
	s := &sampler{used: used, at: time.Now()}
	s.before, _ = used()
	return s
}

// sample returns the utilization up to the last measurement, which is made now if the
// one before is a second old. It is not known in the first second.
func (s *sampler) sample() (utilization float64, is bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if took := now.Sub(s.at); took >= time.Second {
		if used, ok := s.used(); ok {
			s.utilization = max(float64(used-s.before), 0) / float64(took) / float64(runtime.GOMAXPROCS(0))
			s.at, s.before, s.is = now, used, true
		}
	}
	return s.utilization, s.is
}
