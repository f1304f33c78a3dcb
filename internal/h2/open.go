package h2

import (
	"context"
	"math"

	"github.com/curlew-rpc/curlew/internal/h2/frame"
)

// maxClientID is where a client stops opening streams and another connection
// is needed: well before the identifiers end at 2^31-1.
const maxClientID = frame.MaxStreamID / 4 * 3

// Greeted waits until the server's SETTINGS have arrived.
func (c *Conn) Greeted(ctx context.Context) error {
	select {
	case <-c.ready:
		return nil
	case <-c.done:
		return c.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Reserve takes one of the streams that the server allows. False: there is
// none now; Observer.Capacity tells when there is again, unless the connection
// takes no more at all.
func (c *Conn) Reserve() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.draining || c.gone {
		return false
	}
	if !c.roomyLocked() {
		c.wanted = true
		return false
	}
	c.reserved++
	return true
}

// roomyLocked reports whether the server allows one more stream.
func (c *Conn) roomyLocked() bool {
	return uint64(len(c.streams)+c.reserved) < uint64(c.peerStreams)
}

// tellCapacityLocked tells that a reservation would not be refused any more.
func (c *Conn) tellCapacityLocked() {
	if !c.wanted || c.draining || !c.roomyLocked() {
		return
	}
	c.wanted = false
	if c.observer.Capacity != nil {
		c.observer.Capacity()
	}
}

// Unreserve gives a reservation back that no Open has used.
func (c *Conn) Unreserve() {
	c.mu.Lock()
	c.reserved--
	c.tellCapacityLocked()
	c.finishLocked()
	c.flushUnlock()
}

// Open opens s with a request and uses up a reservation. As with Send, only
// what flow control lets through is sent at once; an error that is a
// *StreamError with Unprocessed set says that nothing was.
func (c *Conn) Open(s *Stream, out Outgoing, done <-chan struct{}) error {
	c.mu.Lock()
	c.reserved--
	if c.draining || c.gone {
		c.finishLocked()
		c.flushUnlock()
		return errNeverSent
	}
	s.conn, s.id = c, c.nextID
	s.rest = -1
	s.send.Init(c.peerWindow)
	s.recv.Init(c.cfg.StreamWindow)
	c.streams[s.id] = s
	c.nextID += 2
	if c.nextID > maxClientID {
		c.draining = true
		if c.observer.Draining != nil {
			c.observer.Draining()
		}
	}
	return s.sendUnlock(out, done)
}

// Limit returns how many streams the server allows at once.
func (c *Conn) Limit() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return int(min(uint64(c.peerStreams), math.MaxInt32))
}
