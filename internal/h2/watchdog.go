package h2

import (
	"net"
	"sync/atomic"
	"time"

	"github.com/curlew-rpc/curlew/internal/h2/frame"
)

// A watchdog is the one timer of a connection. It runs only while something
// has a deadline. Times are since the connection's start; never is none.
type watchdog struct {
	timer *time.Timer
	at    time.Duration // when it goes off

	handshake time.Duration // the peer's first SETTINGS
	settings  time.Duration // its acknowledgement of ours
	block     time.Duration // the end of a header block
	requests  time.Duration // the next sweep for requests that do not end
	stalled   time.Duration // the next sweep for responses that are not taken
	fresh     time.Duration // the first request, if the connection is to drain
	drain     time.Duration // the final GOAWAY, should the peer not answer our PING
	quiet     time.Duration // the next look whether the peer is silent
	ping      time.Duration // the answer to a keepalive PING
	suspect   time.Duration // the next look whether the peer answers
	doubt     time.Duration // the answer to a PING that asks whether it is there
	lost      time.Duration // the end of a silent connection
	age       time.Duration // the connection is to drain, however busy
	grace     time.Duration // and then to be cut
	idle      time.Duration // the next look whether it is used at all

	waiting int          // requests awaited whole
	last    atomic.Int64 // when the peer was heard, if keepalive is on
}

const never time.Duration = 0

// armLocked sets a deadline, unless it is set already.
func (w *watchdog) armLocked(c *Conn, deadline *time.Duration, d time.Duration) {
	if *deadline != never || d <= 0 || c.gone {
		return
	}
	*deadline = c.sinceStart() + d
	w.scheduleLocked(c)
}

func (w *watchdog) scheduleLocked(c *Conn) {
	next := never
	for _, d := range w.deadlines() {
		if *d != never && (next == never || *d < next) {
			next = *d
		}
	}
	if next == never || (w.at != never && w.at <= next) {
		return // one that goes off early looks again
	}
	w.at = next
	wait := max(next-c.sinceStart(), time.Millisecond)
	if w.timer == nil {
		w.timer = time.AfterFunc(wait, c.watchOut)
		return
	}
	w.timer.Reset(wait)
}

func (w *watchdog) deadlines() [15]*time.Duration {
	return [...]*time.Duration{&w.handshake, &w.settings, &w.block, &w.requests, &w.stalled, &w.drain, &w.quiet, &w.ping,
		&w.suspect, &w.doubt, &w.lost, &w.age, &w.grace, &w.idle, &w.fresh}
}

func (w *watchdog) stopLocked() {
	for _, d := range w.deadlines() {
		*d = never
	}
	if w.timer != nil {
		w.timer.Stop()
	}
}

// watchOut is what the timer runs.
func (c *Conn) watchOut() {
	c.mu.Lock()
	if c.gone {
		c.mu.Unlock()
		return
	}
	w := &c.watch
	w.at = never
	now := c.sinceStart()
	due := func(d *time.Duration) bool {
		if *d == never || *d > now {
			return false
		}
		*d = never
		return true
	}
	var err *ConnError
	switch {
	case due(&w.handshake):
		err = connError(frame.CodeSettingsTimeout, "no HTTP/2 preface and SETTINGS in time")
	case due(&w.settings):
		err = connError(frame.CodeSettingsTimeout, "our SETTINGS were not acknowledged in time")
	case due(&w.block):
		err = connError(frame.CodeEnhanceYourCalm, "a header block was not completed in time")
	}
	lost := ""
	if due(&w.ping) && c.unheardLocked(now, c.cfg.KeepaliveTimeout) {
		lost = "no answer to a keepalive PING"
	}
	if due(&w.lost) {
		if c.movingLocked() {
			w.armLocked(c, &w.lost, c.cfg.SilenceTimeout)
		} else {
			lost = "no answer to a call, nor to a PING"
		}
	}
	if due(&w.doubt) {
		c.doubtLocked()
	}
	if due(&w.suspect) {
		c.suspectLocked(now)
	}
	if due(&w.quiet) && lost == "" {
		c.probeSilenceLocked(now)
	}
	if due(&w.drain) {
		c.finalGoAwayLocked()
	}
	stale := c.ageLocked(now, due)
	if due(&w.requests) {
		stale = append(stale, c.sweepLocked()...)
	}
	if due(&w.stalled) {
		stale = append(stale, c.sweepStalledLocked()...)
	}
	if err == nil && lost == "" {
		w.scheduleLocked(c)
	}
	c.flushUnlock()
	for _, s := range stale {
		s.owner.Aborted(s.err)
	}
	switch {
	case err != nil:
		c.die(err)
	case lost != "":
		c.fail(&ConnError{Code: frame.CodeNo, Reason: lost, Cause: errSilent})
	}
}

var errSilent = net.Error(silence{})

type silence struct{}

func (silence) Error() string   { return "the peer is silent" }
func (silence) Timeout() bool   { return true }
func (silence) Temporary() bool { return false }

// sweepLocked resets the requests that were incomplete at the last sweep too.
func (c *Conn) sweepLocked() (stale []*Stream) {
	for _, s := range c.streams {
		switch {
		case s.started || !s.whole:
		case !s.stale:
			s.stale = true
		default:
			s.resetLocked(frame.CodeCancel, &StreamError{Code: frame.CodeCancel, Reason: "the request was not completed in time"})
			stale = append(stale, s)
		}
	}
	if c.watch.waiting > 0 {
		c.watch.armLocked(c, &c.watch.requests, c.cfg.ReadTimeout)
	}
	return stale
}

// heardOnReader notes that the peer is there.
func (c *Conn) heardOnReader() {
	if c.cfg.KeepaliveTime > 0 {
		c.watch.last.Store(int64(c.sinceStart()))
	}
}

func (c *Conn) unheardLocked(now, d time.Duration) bool {
	return now-time.Duration(c.watch.last.Load()) >= d
}

// keepaliveLocked starts looking for silence.
func (w *watchdog) keepaliveLocked(c *Conn) {
	w.armLocked(c, &w.quiet, c.cfg.KeepaliveTime)
}

// probeSilenceLocked sends a PING if the peer has been silent for long.
func (c *Conn) probeSilenceLocked(now time.Duration) {
	w := &c.watch
	if w.ping == never && c.unheardLocked(now, c.cfg.KeepaliveTime) && (c.cfg.KeepaliveIdle || len(c.streams) > 0) {
		b := c.roomLocked(frame.HeaderLen + 8)
		b.B = frame.AppendPing(b.B, false, keepalivePing)
		w.armLocked(c, &w.ping, c.cfg.KeepaliveTimeout)
	}
	w.armLocked(c, &w.quiet, c.cfg.KeepaliveTime)
}
