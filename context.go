package curlew

import (
	"context"
	"sync"
	"time"
)

// A callContext is the context of a server's call. It is part of the call's one
// allocation: the channel is made when somebody asks for it, the timer when
// somebody could be waiting. It implements AfterFunc, with which package
// context ties children to it without a goroutine.
type callContext struct {
	of *serverCall

	mu    sync.Mutex
	done  chan struct{}
	err   error
	timer *time.Timer
	after map[*afterFunc]struct{}
}

type afterFunc struct{ f func() }

// Deadline implements context.Context.
func (c *callContext) Deadline() (time.Time, bool) {
	d := c.of.deadline
	return d, !d.IsZero()
}

// late reports whether the deadline has passed.
func (c *callContext) late() bool {
	d, ok := c.Deadline()
	return ok && !time.Now().Before(d)
}

// Value implements context.Context.
func (c *callContext) Value(key any) any {
	if _, ok := key.(callKey); ok {
		return &c.of.call
	}
	// Where another HTTP server carries the call, that may have values for it.
	if x, ok := c.of.x.(interface{ Value(key any) any }); ok {
		if v := x.Value(key); v != nil {
			return v
		}
	}
	return c.of.srv.base.Value(key)
}

// Done implements context.Context.
func (c *callContext) Done() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done == nil {
		c.done = make(chan struct{})
		if c.err != nil {
			close(c.done)
		}
		c.watchLocked()
	}
	return c.done
}

// watchLocked starts the timer of a context that somebody waits for.
func (c *callContext) watchLocked() {
	if d, ok := c.Deadline(); ok && c.err == nil && c.timer == nil {
		c.timer = time.AfterFunc(time.Until(d), func() { c.cancel(context.DeadlineExceeded) })
	}
}

// Err implements context.Context.
func (c *callContext) Err() error {
	c.mu.Lock()
	err := c.err
	c.mu.Unlock()
	if err == nil && c.late() {
		c.cancel(context.DeadlineExceeded)
		return context.DeadlineExceeded
	}
	return err
}

// AfterFunc calls f in its own goroutine when the context ends, unless stop is
// called before; stop reports whether it prevented that.
func (c *callContext) AfterFunc(f func()) (stop func() bool) {
	a := &afterFunc{f}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		go f()
		return func() bool { return false }
	}
	if c.after == nil {
		c.after = make(map[*afterFunc]struct{})
	}
	c.after[a] = struct{}{}
	c.watchLocked()
	return func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		_, ok := c.after[a]
		delete(c.after, a)
		return ok
	}
}

// cancel ends the context; the first reason stays. Where the deadline has passed
// it is the reason, whoever noticed first.
func (c *callContext) cancel(err error) {
	c.mu.Lock()
	if c.late() {
		err = context.DeadlineExceeded
	}
	if c.err != nil {
		c.mu.Unlock()
		return
	}
	c.err = err
	if c.done != nil {
		close(c.done)
	}
	if c.timer != nil {
		c.timer.Stop()
	}
	after := c.after
	c.after = nil
	c.mu.Unlock()
	for a := range after {
		go a.f()
	}
}

// waitDone returns the channel that ends the call's own waits. A call without a
// deadline needs none: what cancels it also ends its stream.
func (c *callContext) waitDone() <-chan struct{} {
	if _, ok := c.Deadline(); !ok {
		return nil
	}
	return c.Done()
}
