package h2

import (
	"math/rand/v2"
	"time"
)

// Connections that live for ever keep calls at the servers that were there first,
// and the lists of load balancers as they were; so a server can be told to end
// them after a time, or when nobody uses them (gRFC A9).

// ageJitter is by how much ages differ from what is configured, either way, so
// that connections that began together do not end together.
const ageJitter = 0.1

// bornLocked starts the clocks of a server's connection.
func (c *Conn) bornLocked() {
	if c.client {
		return
	}
	w := &c.watch
	w.armLocked(c, &w.age, time.Duration(float64(c.cfg.MaxAge)*(1-ageJitter+2*ageJitter*rand.Float64())))
	w.armLocked(c, &w.idle, c.cfg.MaxIdle)
}

// restLocked notes when a connection has become idle.
func (c *Conn) restLocked() {
	if c.cfg.MaxIdle > 0 && len(c.streams) == 0 {
		c.idleAt = c.sinceStart()
	}
}

// ageLocked does what is due of a connection's life, and returns the streams that
// were ended and whose owners are to be told.
func (c *Conn) ageLocked(now time.Duration, due func(*time.Duration) bool) (aborted []*Stream) {
	w := &c.watch
	if due(&w.fresh) {
		c.drainLocked(c.leaving)
	}
	if due(&w.age) {
		c.drainLocked("max_age")
		w.armLocked(c, &w.grace, c.cfg.MaxAgeGrace)
	}
	if due(&w.grace) {
		aborted = c.cutLocked("the connection was open for too long")
	}
	if due(&w.idle) && !c.draining {
		wait := c.cfg.MaxIdle
		if len(c.streams) == 0 && c.running == 0 {
			wait -= now - c.idleAt
			if wait <= 0 {
				c.drainLocked("max_idle")
			}
		}
		w.armLocked(c, &w.idle, wait) // none if it drains
	}
	return aborted
}
