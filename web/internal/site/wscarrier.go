package site

import (
	"time"

	"github.com/curlew-rpc/curlew/internal/transport"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
)

// pushLocked has a message wait for the handler.
func (c *socket) pushLocked(b []byte) {
	c.queue = append(c.queue, b)
	c.waiting += len(b) + messageCost
	wake(c.more)
}

// endLocked says that there are no more messages, and why.
func (c *socket) endLocked(why error) {
	if c.tail == nil {
		c.tail = why
	}
	if !c.closing {
		c.by = time.Time{} // the response may take longer
	}
	wake(c.more)
}

// awaitRoom waits while more waits for the handler than may, part of a message among it.
// One message can always be had: it is less than the bound.
func (c *socket) awaitRoom(part int) {
	if !c.full(part) {
		return
	}
	timer := time.NewTicker(c.pingTime())
	defer timer.Stop()
	for c.full(part) {
		select {
		case <-c.room:
		case <-timer.C:
			c.out.sendPing() // for those between; the answer will not be seen yet
		}
	}
}

func (c *socket) full(part int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.waiting > 0 && c.waiting+part > c.bound && c.failed == nil && !c.closing && !c.cutting
}

// Peek implements [transport.Carrier].
func (c *socket) Peek(n int, done <-chan struct{}) ([]byte, error) {
	for {
		c.mu.Lock()
		for len(c.head) < n && len(c.queue) > 0 {
			c.popLocked()
		}
		failed, tail := c.failed, c.tail
		c.mu.Unlock()
		switch {
		case failed != nil:
			return c.head, failed
		case len(c.head) >= n:
			return c.head, nil
		case tail != nil:
			return c.head, tail
		}
		select {
		case <-c.more:
		case <-done:
			return c.head, transport.ErrDone
		}
	}
}

// popLocked puts the next message behind what Peek returns.
func (c *socket) popLocked() {
	b := c.queue[0]
	c.queue[0] = nil
	if c.queue = c.queue[1:]; len(c.queue) == 0 {
		c.queue = nil
	}
	c.waiting -= len(b) + messageCost
	wake(c.room)
	if len(c.head) == 0 {
		c.head = b
		return
	}
	c.head = append(c.head, b...)
}

// Discard implements [transport.Carrier].
func (c *socket) Discard(n int) {
	if c.head = c.head[n:]; len(c.head) == 0 {
		c.head = nil
	}
}

// stopReceiving has Peek return what there is, at once.
func (c *socket) stopReceiving() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.endLocked(transport.ErrDone)
}

// Send implements [transport.Carrier].
func (c *socket) Send(out transport.Outgoing, done <-chan struct{}) error {
	c.mu.Lock()
	failed, deaf := c.failed, c.deaf
	c.mu.Unlock()
	if failed != nil {
		return failed
	}
	// What ends done in the meantime has a time of its own: a deadline is among the
	// limits of writing, and a client that goes away closes the connection.
	if out.End {
		c.out.extend(time.Now().Add(replyPatience))
	}
	err := c.out.send(&out)
	switch {
	case err == nil:
		if out.End {
			c.leave(time.Now().Add(closePatience))
			if deaf {
				c.closeWrite()
			}
		}
		return nil
	case isDone(done):
		return transport.ErrDone
	}
	return &transport.Status{Code: wire.Canceled, Message: "the response broke off", Cause: err}
}

// Reset implements [transport.Carrier].
func (c *socket) Reset(transport.ErrCode) {
	c.mu.Lock()
	c.aborted = true
	c.mu.Unlock()
}
