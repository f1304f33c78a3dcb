package balance

import (
	"sync/atomic"
	"time"
)

// Load is what is known of the calls of one endpoint. The client counts every
// attempt once, and all policies read the same counters; a policy that wants a rate
// keeps what it read before. It is safe for concurrent use. The zero value is ready.
type Load struct {
	inflight inflight
	inRow    atomic.Uint32 // bad ends since the last good one; beside inflight for those that read both
	ended    [classes]atomic.Uint64
	alarm    atomic.Pointer[alarm]
	latency  atomic.Pointer[latency] // nil: not measured
	report   atomic.Pointer[Report]
	reports  atomic.Bool // wanted
	ejection atomic.Pointer[Ejection]
}

// An Outcome is how an attempt ended, as far as it says something of its endpoint.
type Outcome struct {
	// Class says how it ended.
	Class Class

	// Latency is from the pick to the end, 0 when it was not measured: that of a
	// stream, which lasts as long as its caller likes, says nothing.
	Latency time.Duration

	// Pushback is how long the endpoint asked not to be tried again, 0 when it did not.
	Pushback time.Duration
}

// A Class is a kind of outcome.
type Class uint8

const (
	Success     Class = iota // status OK
	Failure                  // a status by which the endpoint says that the call was wrong, NOT_FOUND for instance
	Rejected                 // RESOURCE_EXHAUSTED: the endpoint has too much to do
	Canceled                 // the caller gave up, or the attempt never left: says nothing of the endpoint
	Unavailable              // UNAVAILABLE, or the connection broke
	TimedOut                 // the deadline passed
	Broken                   // a status by which the endpoint says that it failed: INTERNAL, UNKNOWN, DATA_LOSS

	classes = 7
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
	case Unavailable:
		return "unavailable"
	case TimedOut:
		return "timed out"
	case Broken:
		return "broken"
	}
	return "unknown"
}

// bad reports whether the class speaks against the endpoint.
func (c Class) bad() bool {
	switch c {
	case Unavailable, TimedOut, Broken, Rejected:
		return true
	}
	return false
}

// Begin counts an attempt that was sent to the endpoint. Each is followed by End.
func (l *Load) Begin() { l.inflight.add(1) }

// End counts the end of an attempt. A Class out of range counts as Broken.
func (l *Load) End(o Outcome) {
	if o.Class >= classes {
		o.Class = Broken
	}
	l.ended[o.Class].Add(1)
	l.inflight.add(-1)
	if m := l.latency.Load(); m != nil {
		m.observe(o)
	}
	switch {
	case o.Class.bad():
		n := l.inRow.Add(1)
		if a := l.alarm.Load(); a != nil && n%a.at == 0 {
			a.ring()
		}
	case o.Class != Canceled && l.inRow.Load() != 0:
		l.inRow.Store(0)
	}
}

// Inflight returns the number of attempts under way.
func (l *Load) Inflight() int { return l.inflight.count() }

// Ended returns how many attempts have ended with the class since the endpoint
// became known, 0 for a class out of range.
func (l *Load) Ended(c Class) uint64 {
	if c >= classes {
		return 0
	}
	return l.ended[c].Load()
}

// Begun returns how many attempts have begun since the endpoint became known.
func (l *Load) Begun() uint64 {
	n := uint64(max(l.Inflight(), 0))
	for c := range l.ended {
		n += l.ended[c].Load()
	}
	return n
}

// InRow returns how many attempts in a row, of those that ended last, were Rejected,
// Unavailable, TimedOut or Broken. Canceled ones do not count either way.
func (l *Load) InRow() int { return int(l.inRow.Load()) }

// An alarm rings when so many attempts in a row ended badly.
type alarm struct {
	at   uint32
	ring func()
}

// SetAlarm has ring called when InRow reaches at, and again after every further at
// while nothing ends well. ring must not block. at 0 takes the alarm away. There is one alarm, and it is the
// client's, for Plan.Alarm.
func (l *Load) SetAlarm(at int, ring func()) {
	switch has := l.alarm.Load(); {
	case at <= 0:
		l.alarm.Store(nil)
	case has == nil || has.at != uint32(at):
		l.alarm.Store(&alarm{uint32(at), ring})
	}
}

// A Report is what an endpoint says of its own load (gRFC A51,
// xds.data.orca.v3.OrcaLoadReport). It must not be changed.
type Report struct {
	At          time.Time // when it came
	CPU         float64   // utilization: 1 is all that there is, more is possible
	Memory      float64   // utilization, 0 to 1
	Application float64   // utilization as the application sees it
	QPS         float64   // calls a second
	EPS         float64   // errors a second
	Utilization map[string]float64
	Cost        map[string]float64
	Named       map[string]float64
}

// WantReports has the client read the reports that come with responses.
func (l *Load) WantReports() {
	if !l.reports.Load() {
		l.reports.Store(true)
	}
}

// ReportsWanted reports whether some policy wants reports.
func (l *Load) ReportsWanted() bool { return l.reports.Load() }

// SetReport stores a report; the client calls it for each that comes.
func (l *Load) SetReport(r *Report) { l.report.Store(r) }

// Report returns the last report, nil if none has come.
func (l *Load) Report() *Report { return l.report.Load() }
