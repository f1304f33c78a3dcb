// Package signal lets one goroutine sleep until another wakes it, without
// allocating a channel each time.
package signal

import "sync"

// A Signal wakes at most one sleeper. Its methods other than Raise are for the
// goroutine that got it. A sleeper looks again at what it waits for when it
// wakes: a signal on loan may be raised late by somebody who knew its last holder.
type Signal chan struct{}

var pool = sync.Pool{New: func() any { return Signal(make(chan struct{}, 1)) }}

// Get lends a signal that has not been raised.
func Get() Signal { return pool.Get().(Signal) }

// Raise wakes the sleeper, now or when it comes to sleep. Raising twice is
// raising once. It never blocks.
func (s Signal) Raise() {
	select {
	case s <- struct{}{}:
	default:
	}
}

// Free gives the signal back.
func (s Signal) Free() {
	select {
	case <-s:
	default:
	}
	pool.Put(s)
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
