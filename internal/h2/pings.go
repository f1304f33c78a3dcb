package h2

import (
	"time"

	"github.com/curlew-rpc/curlew/internal/h2/frame"
)

// A pingGuard judges how often a client sends PING, by gRPC's rule (gRFC A8): one
// that comes too early is a strike, and so is every one for two hours on a
// connection that has no streams. Strikes are forgotten with the next frame of a
// response, or the next request; so the PINGs by which clients measure the path
// while they receive are none, and neither are the few of one that wonders why it
// hears nothing.
type pingGuard struct {
	last    time.Duration // since the connection's start; never: there was none
	strikes int
	paid    bool // HEADERS or DATA were sent, or a request came, since the last
}

const (
	maxStrikes   = 2
	idlePingTime = 2 * time.Hour
)

// judgePingLocked returns what ends the connection of a client that sends PINGs
// more often than it may.
func (c *Conn) judgePingLocked() error {
	every := c.cfg.PingInterval
	if every <= 0 || c.client {
		return nil
	}
	g := &c.pings
	now := max(c.sinceStart(), 1)
	last := g.last
	g.last = now
	if g.paid {
		g.paid, g.strikes = false, 0
		return nil
	}
	if len(c.streams) == 0 && !c.cfg.PingIdle {
		every = idlePingTime
	}
	if last == never || now-last >= every {
		return nil
	}
	if g.strikes++; g.strikes <= maxStrikes {
		return nil
	}
	// Clients know these words, and take more time from then on.
	return connError(frame.CodeEnhanceYourCalm, "too_many_pings")
}
