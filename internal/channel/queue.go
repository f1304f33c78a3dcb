package channel

import (
	"sync"
	"sync/atomic"
)

// A queue holds, in the order of their coming, the calls that wait for a stream
// slot of one endpoint. Only the first tries to reserve one, on its own goroutine;
// leaving, it wakes the next. The lock is never held while a connection is called,
// so an event may come with the connection's lock held.
type queue struct {
	length      atomic.Int32
	mu          sync.Mutex
	open        bool // the endpoint is ready
	first, last *waiter
}

type waiter struct {
	wake       chan struct{} // holds one value
	prev, next *waiter
	queued     bool
}

// raise wakes the waiter, now or when it comes to sleep.
func (w *waiter) raise() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// begin lets calls queue.
func (q *queue) begin() {
	q.mu.Lock()
	q.open = true
	q.mu.Unlock()
}

// end sends all away and lets no more come: the endpoint cannot be used.
func (q *queue) end() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.open = false
	for w := q.first; w != nil; {
		next := w.next
		w.prev, w.next, w.queued = nil, nil, false
		w.raise()
		w = next
	}
	q.first, q.last = nil, nil
	q.length.Store(0)
}

// join puts w at the end and reports whether the queue was open.
func (q *queue) join(w *waiter) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.open {
		return false
	}
	if w.prev = q.last; w.prev != nil {
		w.prev.next = w
	} else {
		q.first = w
	}
	q.last = w
	w.queued = true
	q.length.Add(1)
	return true
}

// leave takes w out, if it is still in, and passes its turn on.
func (q *queue) leave(w *waiter) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !w.queued {
		return
	}
	if w.next != nil {
		w.next.prev = w.prev
	} else {
		q.last = w.prev
	}
	if w.prev != nil {
		w.prev.next = w.next
	} else if q.first = w.next; q.first != nil {
		q.first.raise()
	}
	w.prev, w.next, w.queued = nil, nil, false
	q.length.Add(-1)
}

// turn reports whether w is still in the queue, and whether it is the first.
func (q *queue) turn(w *waiter) (queued, first bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return w.queued, q.first == w
}

// capacity wakes the first: it may find a slot now.
func (q *queue) capacity() {
	if q.length.Load() == 0 {
		return // who joins from now on looks for a slot after joining
	}
	q.mu.Lock()
	if q.first != nil {
		q.first.raise()
	}
	q.mu.Unlock()
}
