package flow

import "time"

// An Estimator finds the product of bandwidth and delay, which a window must
// have for its stream to be as fast as the network. It counts the bytes that
// arrive between a PING and its answer: if they come near the window, the
// window was the limit, and it should be twice that. For instance, with a
// window of 64 KiB on a path of 100 MB/s and 10 ms (1 MB): one round trip
// brings 64 KiB, so the window becomes 128 KiB, then 256 KiB, 512 KiB, 1 MiB;
// the next round trip brings 1 MB again, which is less than two thirds of the
// 2 MiB that follow, and there it stays.
//
// The zero value with Max set is ready.
type Estimator struct {
	// Max bounds the window.
	Max int32

	window  int64 // the last one wanted
	sample  int64 // bytes since the probe was sent
	sent    time.Duration
	probing bool
	best    float64       // bytes a second
	next    time.Duration // no probe before
}

// probeGap is the least time between probes, so that a fast network is not full
// of them.
const probeGap = 10 * time.Millisecond

// Receive counts n bytes that arrived at now. It reports true when a PING should
// be sent now; Ack is for its answer.
func (e *Estimator) Receive(n int, now time.Duration) (ping bool) {
	if e.probing {
		e.sample += int64(n)
		return false
	}
	if now < e.next || e.window >= int64(e.Max) {
		return false
	}
	e.probing = true
	e.sample = int64(n)
	e.sent = now
	return true
}

// Ack notes that the answer to the probe arrived at now. It returns the window
// that streams should have, and whether that is larger than before. current is
// the window that they have.
func (e *Estimator) Ack(now time.Duration, current int32) (window int32, grew bool) {
	if !e.probing {
		return current, false
	}
	e.probing = false
	e.next = now + probeGap
	e.window = max(e.window, int64(current))
	rtt := max(now-e.sent, time.Microsecond)
	rate := float64(e.sample) / rtt.Seconds()
	// A sample that fills the window at no better a rate than seen before means
	// that a larger window would only fill the queues on the way.
	if e.sample < e.window*2/3 || rate <= e.best {
		return int32(e.window), false
	}
	e.best = rate
	e.window = min(2*e.sample, int64(e.Max))
	return int32(e.window), e.window > int64(current)
}
