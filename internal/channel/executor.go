package channel

import "sync"

// An executor runs functions one after the other, in the order of their posting,
// on a goroutine that exists only while there are some. Whoever posts never waits,
// so that a connection may report an event with its own lock held.
type executor struct {
	settle func() // runs after each batch

	mu      sync.Mutex
	queue   []func()
	running bool
	closed  bool
	ended   sync.WaitGroup // the goroutine, and others that Close waits for
}

// post has f run soon and reports whether it will; it does not once closed.
func (e *executor) post(f func()) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.postLocked(f)
}

func (e *executor) postLocked(f func()) bool {
	if e.closed {
		return false
	}
	e.queue = append(e.queue, f)
	if !e.running {
		e.running = true
		e.ended.Go(e.run)
	}
	return true
}

// close has f run as the last function, unless the executor is closed already.
func (e *executor) close(f func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.postLocked(f)
	e.closed = true
}

// run works until nothing is left.
func (e *executor) run() {
	for {
		e.mu.Lock()
		batch := e.queue
		e.queue = nil
		if len(batch) == 0 {
			e.running = false
			e.mu.Unlock()
			return
		}
		e.mu.Unlock()
		for _, f := range batch {
			f()
		}
		e.settle()
	}
}
