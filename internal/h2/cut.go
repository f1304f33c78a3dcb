package h2

import (
	"maps"
	"net"
	"slices"

	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/internal/h2/hpack"
)

// A Farewell returns the header section that ends the stream of an owner whose
// time is over, with the pseudo-header fields of a response if none has been sent
// yet; nil has the stream reset. reason says why, for the client. It is called under the connection's mutex, while the owner may be running:
// it must neither block nor use the stream.
type Farewell func(o Owner, headed bool, reason string) []hpack.Field

// A Tally says what became of the streams of a server's connection since it began
// to drain.
type Tally struct {
	Finished int // answered
	Refused  int // came after the final GOAWAY, so that clients take them elsewhere
	Cut      int // ended by Cut
}

// Tally returns what became of the connection's streams since it began to drain.
func (c *Conn) Tally() Tally {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tally
}

// Cut ends a server's connection although streams are open. Each is told the reason
// by Config.Farewell, unless a message has been sent in part; requests that have not
// been started are refused, so that clients try them elsewhere. Then the
// connection hangs up as soon as all that is written.
func (c *Conn) Cut(reason string) {
	c.mu.Lock()
	aborted := c.cutLocked(reason)
	c.flushUnlock()
	for _, s := range aborted {
		s.owner.Aborted(s.err)
	}
}

// cutLocked returns the streams whose owners are to be told.
func (c *Conn) cutLocked(reason string) (aborted []*Stream) {
	if c.client || c.gone || c.closing {
		return nil
	}
	if c.err == nil {
		c.err = &ConnError{Code: frame.CodeNo, Reason: "connection cut", Cause: net.ErrClosed}
	}
	errCut := &StreamError{Code: frame.CodeCancel, Reason: reason}
	c.finalGoAwayLocked()
	for _, id := range slices.Sorted(maps.Keys(c.streams)) {
		s := c.streams[id]
		aborted = append(aborted, s)
		switch {
		case !s.started:
			s.resetLocked(frame.CodeRefusedStream, errNeverSent)
			c.tally.Refused++
			continue
		case s.sending || !s.st.maySend() || c.cfg.Farewell == nil:
			s.resetLocked(frame.CodeCancel, errCut)
		default:
			farewell := c.cfg.Farewell(s.owner, s.headed, reason)
			if farewell == nil { // an end without one would look as if all were well
				s.resetLocked(frame.CodeCancel, errCut)
				break
			}
			s.err = errCut
			c.appendHeadersLocked(s.id, farewell, true)
			s.headed = true
			s.endLocalLocked()
			s.wakeLocked()
		}
		c.tally.Cut++
	}
	c.hangUpLocked()
	return aborted
}

// hangUpLocked has the connection hung up when everything is written.
func (c *Conn) hangUpLocked() {
	c.closing = true
	if !c.writing {
		// Nobody may come by to flush.
		c.writing = true
		go c.writeLoop(untilDone)
	}
}
