package balance

import (
	"sync/atomic"
	"time"
)

// Load counts the calls of one endpoint. The client counts every attempt once, and
// all policies read the same counters; a policy that wants a rate keeps what it
// read before. It is safe for concurrent use.
type Load struct {
	inflight atomic.Int64
	ended    [classes]atomic.Uint64
}

// An Outcome is how an attempt ended, as far as it says something of its endpoint.
type Outcome struct {
	// Class says how it ended.
	Class Class

	// Latency is from the pick to the end, 0 when it was not measured.
	Latency time.Duration
}

// A Class is a kind of outcome.
type Class uint8

const (
	Success  Class = iota // status OK
	Failure               // any other status, or the connection broke
	Rejected              // the endpoint said that it has too much to do
	Canceled              // the caller gave up, or the attempt never left: says nothing of the endpoint

	classes = 4
)

// String returns the name in lower case.
func (c Class) String() string {
	switch c {
	case Success:
		return "success"
	case Failure:
		return "failure"
	case Rejected:
		return "rejected"
	case Canceled:
		return "canceled"
	}
	return "unknown"
}

// Begin counts an attempt that was sent to the endpoint. Each is followed by End.
func (l *Load) Begin() { l.inflight.Add(1) }

// End counts the end of an attempt. A Class out of range counts as Failure.
func (l *Load) End(o Outcome) {
	if o.Class >= classes {
		o.Class = Failure
	}
	l.ended[o.Class].Add(1)
	l.inflight.Add(-1)
}

// Inflight returns the number of attempts under way.
func (l *Load) Inflight() int { return int(l.inflight.Load()) }

// Ended returns how many attempts have ended with the class since the endpoint
// became known, 0 for a class out of range.
func (l *Load) Ended(c Class) uint64 {
	if c >= classes {
		return 0
	}
	return l.ended[c].Load()
}
