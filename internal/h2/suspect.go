package h2

import (
	"time"

	"github.com/curlew-rpc/curlew/internal/h2/frame"
)

// A suspicion finds out that a peer has gone without a word: its machine lost its
// power, a firewall forgot the connection, its process stands still. TCP takes
// minutes to notice, and every call sent meanwhile runs into its deadline.
//
// A client looks every Config.Suspicion while it waits for an answer. If nothing was
// heard for a whole interval after something was sent, it asks the kernel, which knows
// whether the peer's kernel acknowledges, and the peer, by a PING. Without an answer
// the peer counts as silent: its owner is told and uses other connections. The
// streams stay, and with the first octet that is heard all is well again.
//
// A PING is sent only after HEADERS or DATA of ours, and two at most between frames of
// the server's streams: gRPC's servers allow that without complaint (gRFC A8).
type suspicion struct {
	look    uint32        // number of the interval
	heard   uint32        // in which something was read last
	waiting bool          // for an answer to HEADERS or DATA,
	sent    uint32        // since this interval; the latest were sent
	last    uint32        // in this one
	pings   int8          // that may be sent before the server's next HEADERS or DATA
	asked   bool          // a PING has no answer yet,
	since   time.Duration // sent then
	delay   time.Duration // the least time that an answer took; 0: not known
	acked   uint64        // bytes, when the kernel was asked last
	silent  bool          // the peer is, and its owner has been told
}

const (
	maxSuspicions = 2
	// minDoubt is the least time that a PING has to be answered.
	minDoubt = 500 * time.Millisecond
)

// sentLocked notes that the peer has something to answer. A client's connection is
// looked at from then on.
func (c *Conn) sentLocked() {
	if c.cfg.Suspicion > 0 && c.client {
		s := &c.suspicion
		if s.last = s.look; !s.waiting {
			s.waiting, s.sent = true, s.look
		}
		c.watch.armLocked(c, &c.watch.suspect, c.cfg.Suspicion)
	}
}

// heardLocked notes that something was read.
func (c *Conn) heardLocked() {
	s := &c.suspicion
	s.heard = s.look
	s.waiting = s.waiting && s.last == s.look // what was heard may have been said before
	s.sent = s.last
	c.watch.doubt = never
	if s.silent {
		s.silent = false
		c.watch.lost = never
		c.tellSilentLocked()
	}
}

func (c *Conn) tellSilentLocked() {
	if c.observer.Silent != nil && !c.draining {
		c.observer.Silent(c.suspicion.silent)
	}
}

// suspectLocked is the look at the end of an interval. There is no other before
// something is sent, unless that is what the connection waits for.
func (c *Conn) suspectLocked(now time.Duration) {
	s := &c.suspicion
	if len(c.streams) == 0 || !s.waiting || s.silent {
		return
	}
	quiet := s.sent != s.look && s.heard != s.look
	s.look++
	if quiet && s.pings == 0 && !s.asked {
		s.waiting = false // all that can be asked for has been
	} else {
		c.watch.armLocked(c, &c.watch.suspect, c.cfg.Suspicion)
	}
	switch {
	case !quiet:
	case c.sock.stuck():
		c.silentLocked()
	case s.pings > 0 && !s.asked:
		s.pings--
		s.asked, s.since = true, now
		c.movingLocked()
		b := c.roomLocked(frame.HeaderLen + 8)
		b.B = frame.AppendPing(b.B, false, suspicionPing)
		c.watch.armLocked(c, &c.watch.doubt, max(minDoubt, 4*s.delay))
	case s.asked:
		// Something else was heard since; the question stands.
		c.watch.armLocked(c, &c.watch.doubt, max(minDoubt, 4*s.delay))
	}
}

// servedLocked takes HEADERS or DATA of the server's, after which it allows PINGs again.
// One that has no answer yet may be behind them, and counts.
func (s *suspicion) servedLocked() {
	s.pings = maxSuspicions
	if s.asked {
		s.pings--
	}
}

// movingLocked reports whether the peer's kernel has taken more of what was sent since
// this was asked last. A PING stands behind all that was sent before, and on a slow path
// that may be megabytes: as long as they move there is no silence. Where the kernel does
// not tell, what has not even left counts as moving.
func (c *Conn) movingLocked() bool {
	bytes, known := c.sock.acked()
	if !known {
		return c.sock.blocked()
	}
	moved := bytes != c.suspicion.acked
	c.suspicion.acked = bytes
	return moved
}

// doubtLocked comes when a PING has had no answer in time.
func (c *Conn) doubtLocked() {
	if c.movingLocked() {
		c.watch.armLocked(c, &c.watch.doubt, minDoubt)
		return
	}
	c.silentLocked()
}

// silentLocked says that the peer is silent, and when to give it up.
func (c *Conn) silentLocked() {
	c.suspicion.silent = true
	c.tellSilentLocked()
	c.watch.armLocked(c, &c.watch.lost, c.cfg.SilenceTimeout)
}

// clearedLocked takes the answer to the PING.
func (c *Conn) clearedLocked() {
	s := &c.suspicion
	s.asked = false
	if d := c.sinceStart() - s.since; s.delay == 0 || d < s.delay {
		s.delay = d
	}
}
