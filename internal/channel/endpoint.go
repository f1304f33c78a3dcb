package channel

import (
	"slices"
	"sync/atomic"
	"time"

	"github.com/curlew-rpc/curlew/balance"
	"github.com/curlew-rpc/curlew/resolve"
)

// A Ref is the slot of the endpoint in the low bits and a number above that no
// other endpoint of the channel has.
const (
	slotBits = 24
	slotMask = 1<<slotBits - 1
)

// An endpoint owns its connections. What calls use comes first, the rest is the
// loop's.
type endpoint[C Conn] struct {
	id      string
	ref     balance.Ref
	load    balance.Load
	queue   queue
	mayGrow atomic.Bool           // a call that queues should ask for another connection
	usable  atomic.Pointer[[]C]   // those of links, the oldest first
	shown   atomic.Uint32         // state, for messages
	lastErr atomic.Pointer[error] // err, for messages

	spec      resolve.Endpoint
	state     balance.State
	since     time.Time // of state
	err       error
	links     []*link[C]  // up
	dial      *attempt[C] // under way
	wanted    bool        // by the plan
	requested bool        // by a pick, until it is connected or has failed
	failures  int         // attempts that failed since the last success
	flaps     int         // connections in a row that broke soon
	goodbyes  int         // connections in a row that were told goodbye before they were of use
	successor bool        // the last that was of use ended by a goodbye: another server is expected
	retryAt   time.Time   // not before
	calls     uint64      // begun when last looked at

	health      health
	healthSince time.Time // of health
	healthWatch *watching[C]
	healthOf    *watching[C] // that health was heard by
	loadWatch   *watching[C]
}

// A link is one connection and where it stands.
type link[C Conn] struct {
	ep    *endpoint[C]
	conn  C
	addr  resolve.Addr
	phase phase
	up    time.Time
	ended uint64 // calls that the endpoint had answered well until then
	// silent: up, but the peer does not answer. It is not used meanwhile.
	silent  bool
	goodbye bool  // the peer said so before the connection was in use
	err     error // of its end
}

type phase uint8

const (
	dialing  phase = iota
	up             // among the links of its endpoint
	draining       // takes no new streams
	gone
)

// reserve takes a stream slot of the oldest connection that has one. Filling the
// oldest first lets the others run empty (gRFC A105).
func (ep *endpoint[C]) reserve() (c C, ok bool) {
	for _, c = range *ep.usable.Load() {
		if c.Reserve() {
			return c, true
		}
	}
	return c, false
}

func (ep *endpoint[C]) enterOnLoop(s balance.State, now time.Time) {
	if ep.state != s {
		ep.state, ep.since = s, now
		ep.shown.Store(uint32(s))
	}
}

func (ep *endpoint[C]) failedOnLoop(err error) {
	ep.err = err
	ep.lastErr.Store(&err)
}

// addOnLoop puts a connection in use.
func (ep *endpoint[C]) addOnLoop(l *link[C], now time.Time) {
	l.phase, l.up, l.ended = up, now, ep.load.Ended(balance.Success)
	ep.links = append(ep.links, l)
	ep.useOnLoop()
	ep.failures, ep.retryAt = 0, time.Time{}
	ep.upOnLoop(now)
}

// upOnLoop lets calls come: there is a connection.
func (ep *endpoint[C]) upOnLoop(now time.Time) {
	ep.enterOnLoop(balance.Ready, now)
	ep.queue.begin()
	ep.queue.capacity()
}

// downOnLoop sends calls away: there is none any more.
func (ep *endpoint[C]) downOnLoop(now time.Time) {
	ep.mayGrow.Store(false)
	if ep.dial != nil {
		ep.enterOnLoop(balance.Connecting, now) // what was to be a further one
	} else {
		ep.enterOnLoop(balance.Idle, now)
	}
	ep.queue.end()
}

// removeOnLoop takes a connection out of use.
func (ep *endpoint[C]) removeOnLoop(l *link[C], now time.Time) {
	ep.links = slices.DeleteFunc(ep.links, func(has *link[C]) bool { return has == l })
	ep.useOnLoop()
	if !l.silent && ep.live() == 0 {
		ep.downOnLoop(now)
	}
}

// useOnLoop has calls use the connections that answer.
func (ep *endpoint[C]) useOnLoop() {
	conns := make([]C, 0, len(ep.links))
	for _, l := range ep.links {
		if !l.silent {
			conns = append(conns, l.conn)
		}
	}
	ep.usable.Store(&conns)
}

// live returns how many connections are in use.
func (ep *endpoint[C]) live() int { return len(*ep.usable.Load()) }

// stopOnLoop gives up the attempt under way.
func (ep *endpoint[C]) stopOnLoop(now time.Time) {
	if ep.dial == nil {
		return
	}
	ep.dial.cancel()
	ep.dial = nil
	if ep.state == balance.Connecting {
		ep.enterOnLoop(balance.Idle, now)
	}
}

// busyOnLoop reports whether a call is under way or began since it last said.
func (ep *endpoint[C]) busyOnLoop() bool {
	begun := ep.load.Begun()
	busy := ep.load.Inflight() > 0 || begun != ep.calls
	ep.calls = begun
	return busy
}
