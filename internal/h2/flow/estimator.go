package flow

import "time"

// An Estimator finds out whether a window is too small for its path, and doubles
// it then.
//
// As credit is returned by halves of the window, a sender that always waits for it
// still gets half a window across in every round trip, and one whose window is
// twice what is under way on a full path never waits. So the window may be the limit
// as long as about half of it arrives in one round trip; two fifths are taken,
// for real paths are uneven. The round trip is the time from a PING to its answer,
// of which the least counts, since in the others there is the time in queues that a
// larger window would only make longer.
//
// A path of 100 MB/s and 10 ms holds 1 MB. It goes like this:
//
//	window      what arrives           a round trip's share
//	128 KiB     80 KiB in 10.0 ms      0.62
//	256 KiB     320 KiB in 12.6 ms     0.99
//	512 KiB     640 KiB in 23.9 ms     0.52
//	1024 KiB    1280 KiB in 20.0 ms    0.63
//	2048 KiB    2560 KiB in 26.2 ms    0.48: the path is full
//	4096 KiB    2032 KiB in 21.0 ms    0.24: there it stays
//
// The share is measured over half a window and more. If it is large, a PING is
// sent; if it still is when that is answered, the window grows. So a path is full
// within two or three round trips for each time that its window doubles, and
// costs no PING from then on. An application that takes its time gets half a window
// at a time too, but not in every round trip: its window stays small.
//
// A connection over which little comes is not measured: the first PING is sent when
// half a window has arrived.
//
// The zero value with Max and Window set is ready; with a Max of 0 it asks for no PING.
type Estimator struct {
	// Max bounds the window, in bytes.
	Max int32
	// Window is the window to begin with, and then the last one wanted.
	Window int32

	delay   time.Duration // the least round trip; 0: not known yet
	probing bool          // a PING is on its way,
	sent    time.Duration // since then
	mark    time.Duration // beginning of a measurement
	since   int64         // bytes since then
}

const (
	// probeGap is the least time from a PING in vain to the next.
	probeGap = 10 * time.Millisecond
	// minDelay stands for less: between processes of one machine, or of
	// neighbours, what takes time is waiting for a processor.
	minDelay = 500 * time.Microsecond
)

// Receive counts n bytes that arrived at now, a time since any fixed one that does
// not go back. It reports true when a PING should be sent now; Ack is for its
// answer.
func (e *Estimator) Receive(n int, now time.Duration) (ping bool) {
	if now < e.mark {
		return false
	}
	e.since += int64(n)
	if e.probing || e.since < int64(e.Window/2) || e.Window >= e.Max {
		return false
	}
	switch {
	case e.delay == 0:
		e.mark, e.since = now, int64(n) // the PING tells the delay, and what a first round trip brings
	case !e.limits(now):
		e.mark, e.since = now, 0
		return false
	}
	e.probing = true
	e.sent = now
	return true
}

// limits reports whether the window may be what limits the sender.
func (e *Estimator) limits(now time.Duration) bool {
	trips := float64(max(now-e.mark, minDelay)) / float64(e.delay)
	return float64(e.since)/trips >= float64(e.Window)*2/5
}

// Ack notes that the answer to the PING arrived at now; without a PING it does
// nothing. It returns the window that streams should have, and whether that is
// larger than current, the one that they have.
func (e *Estimator) Ack(now time.Duration, current int32) (window int32, grew bool) {
	if !e.probing {
		return current, false
	}
	e.probing = false
	e.Window = max(e.Window, current)
	delay := max(now-e.sent, minDelay)
	if e.delay == 0 || delay < e.delay {
		e.delay = delay
	}
	if e.limits(now) {
		e.mark = now
		e.Window = max(e.Window, int32(min(2*int64(e.Window), int64(e.Max))))
	} else {
		e.mark = now + probeGap
	}
	e.since = 0
	return e.Window, e.Window > current
}
