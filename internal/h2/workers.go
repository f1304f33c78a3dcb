package h2

import (
	"sync"
	"time"

	"github.com/curlew-rpc/curlew/internal/h2/frame"
)

// Workers are goroutines that serve streams, one at a time each, and are kept
// for the next: their stacks have already grown. The zero value is ready.
//
// Streams wait in a queue, to which one worker is called at a time: when it has
// taken one and more are left, it has the next worker called before it serves. So
// a handler that waits holds nobody up, and many that do not are served one after
// the other by few goroutines, without a switch for each.
type Workers struct {
	mu     sync.Mutex
	queue  []*Stream // from head on
	head   int
	called bool            // a worker has been called and has not come yet
	idle   []chan struct{} // the one that went idle last is at the end
	low    int             // the fewest idle since the last trim
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
	w.queue = append(w.queue, s)
	w.callUnlock()
}

// callUnlock calls a worker if there is work and none is on its way.
func (w *Workers) callUnlock() {
	if w.called || w.head == len(w.queue) {
		w.mu.Unlock()
		return
	}
	w.called = true
	if n := len(w.idle); n > 0 {
		bed := w.idle[n-1]
		w.idle = w.idle[:n-1]
		w.low = min(w.low, n-1)
		w.mu.Unlock()
		bed <- struct{}{}
		return
	}
	w.wg.Add(1)
	w.mu.Unlock()
	go w.work()
}

// nextLocked takes the first stream of the queue; nil if that is empty.
func (w *Workers) nextLocked() *Stream {
	if w.head == len(w.queue) {
		return nil
	}
	s := w.queue[w.head]
	w.queue[w.head] = nil
	if w.head++; w.head == len(w.queue) {
		w.head = 0
		if w.queue = w.queue[:0]; cap(w.queue) > maxIdle {
			w.queue = nil // after a burst
		}
	}
	return s
}

func (w *Workers) work() {
	defer w.wg.Done()
	var bed chan struct{} // made when first idle: many streams are one goroutine's only one
	w.mu.Lock()
	w.called = false
	for {
		for s := w.nextLocked(); s != nil; s = w.nextLocked() {
			w.callUnlock()
			s.serve()
			w.mu.Lock()
		}
		if w.closed || len(w.idle) >= maxIdle {
			w.mu.Unlock()
			return
		}
		if bed == nil {
			bed = make(chan struct{}, 1)
		}
		w.idle = append(w.idle, bed)
		if w.timer == nil {
			w.timer = time.AfterFunc(trimTime, w.trim)
		}
		w.mu.Unlock()
		if _, ok := <-bed; !ok {
			return
		}
		w.mu.Lock()
		w.called = false
	}
}

// trim ends the goroutines that were idle all the time since the last trim.
func (w *Workers) trim() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return
	}
	for _, bed := range w.idle[:w.low] {
		close(bed)
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
	for _, bed := range w.idle {
		close(bed)
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
