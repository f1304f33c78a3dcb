// Package backoff computes how long to wait before trying again. It is
// arithmetic: the caller has the timer and the source of randomness.
package backoff

import (
	"math"
	"time"
)

// A Policy is an exponential backoff with jitter. Its methods are safe for
// concurrent use.
type Policy struct {
	Base       time.Duration // before the first retry
	Max        time.Duration // the bound of the growth; jitter comes on top
	Multiplier float64       // the growth from one retry to the next; less than 1 counts as 1
	Jitter     float64       // the part of the delay, 0 to 1, by which it varies either way
}

// Default returns the policy for connections: 1 second, growing 1.56 times up to 120
// seconds, 30 % more or less. It is gRPC's (doc/connection-backoff.md) with a wider
// jitter, for fewer clients to come back at once, and the slower growth that has the
// last of them back no later.
func Default() Policy {
	return Policy{Base: time.Second, Max: 120 * time.Second, Multiplier: 1.56, Jitter: 0.3}
}

// Delay returns the time to wait before retry number attempt of a connection; the
// first is 1, and what is less counts as 1. rnd returns numbers in [0,1).
//
// The first retry comes after a time anywhere between nothing and Base. When a
// server restarts it cuts all its clients in the same instant, and a jitter of a
// fifth would have five hundred of them come back within 400 ms of each other, a
// second later: over the whole second they are a load that a fresh process can
// take, and most are back sooner. The second comes after about as long once more, from
// 0.8 to 1.5 of Base: a process that is started again is mostly there by then, and
// whoever waited longer would leave it idle. Later retries grow, and vary by Jitter.
func (p Policy) Delay(attempt int, rnd func() float64) time.Duration {
	switch {
	case attempt <= 1:
		return duration(rnd() * p.exponential(1))
	case attempt == 2:
		return duration((0.8 + 0.7*rnd()) * p.exponential(1))
	}
	return p.Retry(attempt, rnd)
}

// Retry returns the time to wait before retry number attempt of a call; the first
// is 1, and what is less counts as 1. Every one varies by Jitter, as gRFC A6 says
// of retry policies. rnd returns numbers in [0,1).
func (p Policy) Retry(attempt int, rnd func() float64) time.Duration {
	jitter := min(max(p.Jitter, 0), 1)
	return duration(p.exponential(attempt) * (1 + jitter*(2*rnd()-1)))
}

// exponential returns min(Base * Multiplier^(attempt-1), Max).
func (p Policy) exponential(attempt int) float64 {
	growth := math.Pow(max(p.Multiplier, 1), float64(max(attempt, 1)-1))
	return min(float64(max(p.Base, 0))*growth, float64(max(p.Max, 0)))
}

// duration converts without overflow; NaN, which a policy of NaNs gives, is 0.
func duration(d float64) time.Duration {
	switch {
	case d >= math.MaxInt64:
		return math.MaxInt64
	case d > 0:
		return time.Duration(d)
	}
	return 0
}
