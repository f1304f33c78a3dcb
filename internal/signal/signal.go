// Package signal lets one goroutine sleep until another wakes it.
package signal

// A Signal wakes at most one sleeper. It is made by New and can be used again
// and again; a sleeper looks again at what it waits for when it wakes, since a
// signal may be raised late.
//
// Signals are not pooled: a channel that one synctest bubble has made must not
// come into the hands of another, and users test their services in bubbles.
type Signal chan struct{}

// New returns a signal that has not been raised.
func New() Signal { return make(Signal, 1) }

// Raise wakes the sleeper, now or when it comes to sleep. Raising twice is
// raising once. It never blocks.
func (s Signal) Raise() {
	select {
	case s <- struct{}{}:
	default:
	}
}

// Wait sleeps until the signal is raised or done is closed, and reports
// whether it was raised. A nil done never ends the wait.
func (s Signal) Wait(done <-chan struct{}) bool {
	if done == nil {
		<-s
		return true
	}
	select {
	case <-s:
		return true
	case <-done:
		return false
	}
}
