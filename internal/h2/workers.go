package h2

import (
	"sync"
	"time"

	"github.com/curlew-rpc/curlew/internal/h2/frame"
)

// Workers are goroutines that serve streams, one at a time each, and are kept
// for the next: their stacks have already grown. The zero value is ready.
type Workers struct {
	mu     sync.Mutex
	idle   []chan *Stream // the one that went idle last is at the end
	low    int            // the fewest idle since the last trim
	timer  *time.Timer
	closed bool
	wg     sync.WaitGroup
}

// maxIdle bounds the goroutines kept; more are worth their memory only while
// they are busy.
const maxIdle = 1024

// trimTime is how long goroutines may be idle beyond need.
const trimTime = 4 * time.Second

func (w *Workers) run(s *Stream) {
	w.mu.Lock()
	if n := len(w.idle); n > 0 {
		ch := w.idle[n-1]
		w.idle = w.idle[:n-1]
		w.low = min(w.low, n-1)
		w.mu.Unlock()
		ch <- s
		return
	}
	w.wg.Add(1)
	w.mu.Unlock()
	go w.work(s)
}

func (w *Workers) work(s *Stream) {
	defer w.wg.Done()
	var ch chan *Stream // made when first idle: many streams are one goroutine's only one
	for s != nil {
		s.serve()
		if ch == nil {
			ch = make(chan *Stream, 1)
		}
		w.mu.Lock()
		if w.closed || len(w.idle) >= maxIdle {
			w.mu.Unlock()
			return
		}
		w.idle = append(w.idle, ch)
		if w.timer == nil {
			w.timer = time.AfterFunc(trimTime, w.trim)
		}
		w.mu.Unlock()
		s = <-ch
	}
}

// trim ends the goroutines that were idle all the time since the last trim.
func (w *Workers) trim() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return
	}
	for _, ch := range w.idle[:w.low] {
		ch <- nil
	}
	w.idle = append(w.idle[:0:0], w.idle[w.low:]...)
	w.low = len(w.idle)
	w.timer = nil
	if w.low > 0 {
		w.timer = time.AfterFunc(trimTime, w.trim)
	}
}

// Close ends the idle goroutines, and the others when they come to rest. It
// waits for them if wait is set.
func (w *Workers) Close(wait bool) {
	w.mu.Lock()
	w.closed = true
	for _, ch := range w.idle {
		ch <- nil
	}
	w.idle = nil
	if w.timer != nil {
		w.timer.Stop()
	}
	w.mu.Unlock()
	if wait {
		w.wg.Wait()
	}
}

// serve runs the stream's owner and cleans up after it.
func (s *Stream) serve() {
	s.owner.Serve()
	s.taken.Free()
	s.taken = nil
	c := s.conn
	c.mu.Lock()
	if s.err == nil || s.err == errAnswered {
		c.rewardLocked(usefulCall) // but not for a request that the peer took back
	}
	s.resetLocked(frame.CodeInternal, ErrReset)
	s.dropLocked()
	s.freeSlotLocked()
	c.finishLocked()
	c.flushUnlock()
}

// freeSlotLocked takes the stream's handler off the running ones, once.
func (s *Stream) freeSlotLocked() {
	if s.running {
		s.running = false
		s.conn.running--
	}
}
