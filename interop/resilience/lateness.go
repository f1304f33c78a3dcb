package main

import (
	"slices"
	"time"
)

// noteLateness measures, until what it returns is called, how late this machine wakes
// one who sleeps for a short time, and notes it: no call can be faster than that, and
// a machine that is busy with other things shows by it.
func (r *run) noteLateness() (end func()) {
	stop, done := make(chan struct{}), make(chan struct{})
	var late []time.Duration
	go func() {
		defer close(done)
		const nap = 5 * time.Millisecond
		for {
			begun := time.Now()
			select {
			case <-time.After(nap):
				late = append(late, time.Since(begun)-nap)
			case <-stop:
				return
			}
		}
	}()
	return func() {
		close(stop)
		<-done
		if n := len(late); n > 0 {
			slices.Sort(late)
			r.note("this machine wakes sleepers late: p50 %v, p99 %v, p99.9 %v", rounded(late[n/2]), rounded(late[n*99/100]), rounded(late[n*999/1000]))
		}
	}
}
