package h2

import (
	"net"
	"time"

	"github.com/curlew-rpc/curlew/internal/h2/frame"
)

// drainTime is how long a draining server waits for the PING that tells that
// the client has seen its first GOAWAY.
const drainTime = 5 * time.Second

// Drain ends the connection gracefully: no new streams are taken, those that
// are open finish, then it is closed. A server says GOAWAY twice, so that
// requests that are under way when the first one is sent are still served
// (RFC 9113 §6.8).
func (c *Conn) Drain() {
	c.mu.Lock()
	c.drainLocked("draining")
	c.flushUnlock()
}

func (c *Conn) drainLocked(reason string) {
	if c.draining || c.tooFreshLocked(reason) {
		return
	}
	c.draining = true
	if c.err == nil {
		c.err = &ConnError{Code: frame.CodeNo, Reason: "connection drained", Cause: net.ErrClosed}
	}
	if c.client {
		if c.observer.Draining != nil {
			c.observer.Draining()
		}
		c.finishLocked()
		return
	}
	b := c.roomLocked(64)
	b.B = frame.AppendGoAway(b.B, frame.MaxStreamID, frame.CodeNo, reason)
	b.B = frame.AppendPing(b.B, false, drainPing)
	c.watch.armLocked(c, &c.watch.drain, drainTime)
}

// freshTime is how long a new connection's first request may take to come.
const freshTime = 500 * time.Millisecond

// tooFreshLocked reports whether a server's connection is so new that its client
// has not sent its first request. That it then hears of going away before it could do
// anything at all looks like a failure to some; so it is told when the request has
// come, or should have.
func (c *Conn) tooFreshLocked(reason string) bool {
	age := c.sinceStart()
	if c.client || c.lastID > 0 || age >= freshTime || c.gone {
		return false
	}
	c.leaving = reason
	c.watch.armLocked(c, &c.watch.fresh, freshTime-age)
	return true
}

// finalGoAwayLocked names the last stream that is served.
func (c *Conn) finalGoAwayLocked() {
	if c.goingAway {
		return
	}
	c.goingAway = true
	c.draining = true
	b := c.roomLocked(64)
	b.B = frame.AppendGoAway(b.B, c.lastID, frame.CodeNo, "")
	c.finishLocked()
}

// die ends the connection with an error that the peer is told.
func (c *Conn) die(err *ConnError) {
	c.mu.Lock()
	if c.gone || c.closing {
		c.mu.Unlock()
		return
	}
	first := !c.draining
	c.err = err
	c.draining, c.goingAway, c.closing, c.muted = true, true, true, false
	b := c.roomLocked(64)
	b.B = frame.AppendGoAway(b.B, c.lastID, err.Code, err.Reason)
	aborted := c.abortStreamsLocked(func(*Stream) *StreamError { return &StreamError{Code: err.Code, Conn: err} })
	c.flushUnlock()
	for _, s := range aborted {
		s.owner.Aborted(s.err)
	}
	if first && c.observer.Draining != nil {
		c.observer.Draining()
	}
}
