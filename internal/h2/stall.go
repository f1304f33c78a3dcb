package h2

import (
	"slices"

	"github.com/curlew-rpc/curlew/internal/h2/frame"
)

// A client that opens no windows has a server hold its answers, and one that opens
// them by octets has it hold them for long (CVE-2016-1546). Within each WriteTimeout
// a message that waits for the client must get on by leastProgress, unless it waits
// for its turn on a connection that moves busyConn. Which streams end for that: those
// whose message is the last, so that nobody can be about to ask for it only later,
// and as long as a connection has to hold more than maxHeld, any, the largest first.
const (
	leastProgress = 16 << 10
	busyConn      = 1 << 20
	maxHeld       = 16 << 20
)

// holdLocked notes that n bytes of a message wait for the client; 0: it is sent, or
// given up.
func (s *Stream) holdLocked(n int) {
	c := s.conn
	if c.client {
		return
	}
	c.held += int64(n - s.held)
	s.held = n
	if n == 0 {
		s.swept = 0
		return
	}
	c.watch.armLocked(c, &c.watch.stalled, c.cfg.WriteTimeout)
}

// sweepStalledLocked resets the streams that hold what their clients do not take.
func (c *Conn) sweepStalledLocked() (stalled []*Stream) {
	busy := c.moved >= busyConn
	c.moved = 0
	var patient []*Stream
	for _, s := range c.streams {
		if s.held == 0 {
			continue
		}
		before := s.swept
		s.swept = s.held
		switch {
		case before == 0 || before-s.held >= leastProgress:
		case busy && s.send.Available() > 0:
		case s.last:
			stalled = append(stalled, s)
		default:
			patient = append(patient, s)
		}
	}
	for _, s := range stalled {
		s.giveUpLocked()
	}
	slices.SortFunc(patient, func(a, b *Stream) int { return b.held - a.held })
	for ; len(patient) > 0 && c.held > maxHeld; patient = patient[1:] {
		patient[0].giveUpLocked()
		stalled = append(stalled, patient[0])
	}
	if c.held > 0 {
		c.watch.armLocked(c, &c.watch.stalled, c.cfg.WriteTimeout)
	}
	return stalled
}

func (s *Stream) giveUpLocked() {
	s.holdLocked(0)
	s.resetLocked(frame.CodeCancel, &StreamError{Code: frame.CodeCancel, Reason: "the client does not take the response"})
}
