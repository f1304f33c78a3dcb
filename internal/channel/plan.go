package channel

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/curlew-rpc/curlew/balance"
	"github.com/curlew-rpc/curlew/resolve"
)

// control is what the loop alone reads and writes.
type control[C Conn] struct {
	active  bool // neither idle nor closed
	closed  bool
	planner balance.Planner // nil before the first update
	dirty   bool            // something changed since the last plan
	asked   bool            // Connect was called since
	wakeAt  time.Time       // the policy wants another plan; zero if not
	connect []*endpoint[C]

	settings  *Settings     // they do not change
	unwatched bool          // the policy does not want health watched
	reports   time.Duration // how often it wants reports of load
	alarm     func()        // has a plan made

	known   bool // there was an update
	attrs   resolve.Attrs
	order   []*endpoint[C] // of the resolver
	byID    map[string]*endpoint[C]
	slots   []*endpoint[C] // shared with tables, replaced to change
	free    []uint64       // slots
	made    uint64         // endpoints
	retired []*endpoint[C] // not in the next table
	failed  error          // the last failure of the resolver, until an update

	draining map[*link[C]]struct{}
	hint     chan struct{}
	unwatch  context.CancelFunc // ends the resolver

	timer    *time.Timer
	timerAt  time.Time
	lookedAt time.Time // for calls
	busyAt   time.Time // when there were some
}

// settleOnLoop brings everything in line with what happened.
func (ch *Channel[C]) settleOnLoop() {
	if ch.closed || !ch.active {
		return
	}
	now := time.Now()
	if ch.restOnLoop(now) {
		return
	}
	if ch.dirty || !ch.wakeAt.IsZero() && !now.Before(ch.wakeAt) {
		ch.planOnLoop(now)
	}
	ch.armOnLoop(now, ch.tendOnLoop(now))
}

// planOnLoop has the policy plan and puts the plan in force.
func (ch *Channel[C]) planOnLoop(now time.Time) {
	ch.dirty, ch.wakeAt = false, time.Time{}
	waiting := int(ch.waiting.Load())
	if ch.asked {
		waiting++
	}
	if !ch.known {
		ch.publish(ch.unknownOnLoop(waiting > 0))
		return
	}
	ch.asked = false
	in := balance.Snapshot{
		Endpoints: make([]balance.View, len(ch.order)),
		Attrs:     ch.attrs,
		Waiting:   waiting,
		Now:       now,
		Seed:      rand.Uint64(),
	}
	for i, ep := range ch.order {
		state, since := ch.stateOnLoop(ep)
		in.Endpoints[i] = balance.View{Endpoint: ep.spec, Ref: ep.ref, State: state, Since: since, Err: ep.err, Weight: float64(max(ep.spec.Weight, 1)), Load: &ep.load}
	}
	plan := ch.planner.Plan(in)
	if plan.Picker == nil {
		plan.State, plan.Err = balance.TransientFailure, errNoPicker
		plan.Picker = balance.Always(balance.Pick{Verdict: balance.Fail, Err: errNoPicker})
	}
	if plan.Wake > 0 {
		ch.wakeAt = now.Add(plan.Wake)
	}
	for _, ep := range ch.order {
		ep.load.SetAlarm(plan.Alarm, ch.alarm)
	}
	again := ch.settings.WatchHealth && ch.unwatched != plan.Unwatched
	ch.unwatched, ch.reports = plan.Unwatched, plan.Reports
	t := newTable[C](plan.State, plan.Picker)
	t.slots, t.asked = ch.slots, waiting > 0
	ch.wantOnLoop(t, plan.Connect)
	if plan.State == balance.TransientFailure {
		t.err = plan.Err
		t.failed = ch.unavailable(t, ch.whyOnLoop(plan.Err))
	}
	ch.publish(t)
	ch.letGoUnwantedOnLoop(now)
	ch.dirty = again
}

var errNoPicker = errors.New("the balancing policy made a plan without a picker")

// unknownOnLoop is the table before the resolver's first update.
func (ch *Channel[C]) unknownOnLoop(asked bool) *table[C] {
	t := newTable[C](balance.Connecting, balance.Always(balance.Pick{Verdict: balance.Queue}))
	if ch.failed != nil {
		t = newTable[C](balance.TransientFailure, balance.Always(balance.Pick{Verdict: balance.Fail, Err: ch.failed}))
		t.err = ch.failed
		t.failed = ch.unavailable(t, ch.failed)
	}
	t.asked = asked
	return t
}

// whyOnLoop adds to a failure that the list of endpoints may be old.
func (ch *Channel[C]) whyOnLoop(err error) error {
	if ch.failed == nil {
		return err
	}
	return joinErrors([]error{err, ch.failed})
}

// wantOnLoop notes which endpoints the plan wants.
func (ch *Channel[C]) wantOnLoop(t *table[C], refs []balance.Ref) {
	for _, ep := range ch.order {
		ep.wanted = false
	}
	ch.connect = ch.connect[:0]
	for _, ref := range refs {
		if ep := t.endpoint(ref); ep != nil && !ep.wanted {
			ep.wanted = true
			ch.connect = append(ch.connect, ep)
		}
	}
	for _, ep := range ch.order {
		if ep.requested && !ep.wanted {
			ch.connect = append(ch.connect, ep)
		}
	}
}

// letGoUnwantedOnLoop comes after the table that does not use them is in force.
// The policy knows what it does not want, so this calls for no further plan.
func (ch *Channel[C]) letGoUnwantedOnLoop(now time.Time) {
	for _, ep := range ch.order {
		if !ep.wanted && !ep.requested {
			ch.disconnectOnLoop(ep, now)
		}
	}
	for _, ep := range ch.retired {
		ch.disconnectOnLoop(ep, now)
	}
	ch.retired = nil
	ch.dirty = false
}

func (ch *Channel[C]) disconnectOnLoop(ep *endpoint[C], now time.Time) {
	ep.stopOnLoop(now)
	ch.unwatchEndpointOnLoop(ep)
	for len(ep.links) > 0 {
		ch.letGoOnLoop(ep.links[0])
	}
}

// tendOnLoop starts the attempts that are due and returns when the next is.
func (ch *Channel[C]) tendOnLoop(now time.Time) (next time.Time) {
	for _, ep := range ch.connect {
		if ep.live() > 0 || ep.dial != nil {
			continue
		}
		if now.Before(ep.retryAt) {
			next = earlier(next, ep.retryAt)
			continue
		}
		ch.dialOnLoop(ep, now)
	}
	for _, ep := range ch.order {
		ch.watchEndpointOnLoop(ep)
		switch {
		case ep.state == balance.Ready:
			next = earlier(next, ch.offerOnLoop(ep, now))
		case ep.state != balance.TransientFailure || ep.wanted || ep.requested:
		case now.Before(ep.retryAt):
			next = earlier(next, ep.retryAt)
		default:
			ep.enterOnLoop(balance.Idle, now) // whoever wants it may try again
			ch.dirty = true
		}
	}
	if ch.dirty {
		ch.wakeAt = now
	}
	return next
}

// offerOnLoop lets calls ask for another connection to ep if it may have one, and
// makes one if some have asked before. It returns when to look again.
func (ch *Channel[C]) offerOnLoop(ep *endpoint[C], now time.Time) (next time.Time) {
	if ep.live() >= ch.settings.MaxConnsPerEndpoint || ep.dial != nil {
		return next
	}
	if now.Before(ep.retryAt) {
		return ep.retryAt
	}
	ep.mayGrow.Store(true)
	if ep.queue.length.Load() > 0 && ep.mayGrow.CompareAndSwap(true, false) {
		ch.dialOnLoop(ep, now)
	}
	return next
}

// growOnLoop is posted by the first call that finds all connections of ep full.
func (ch *Channel[C]) growOnLoop(ep *endpoint[C]) {
	now := time.Now()
	if ch.active && ep.state == balance.Ready && ep.wanted && ep.dial == nil &&
		ep.live() < ch.settings.MaxConnsPerEndpoint && !now.Before(ep.retryAt) {
		ch.dialOnLoop(ep, now)
	}
}

// connectOnLoop is posted by a call that a picker queued for an endpoint.
func (ch *Channel[C]) connectOnLoop(ref balance.Ref) {
	t := table[C]{slots: ch.slots}
	if ep := t.endpoint(ref); ch.active && ep != nil && !ep.requested && !ep.wanted && ep.live() == 0 {
		ep.requested = true
		ch.connect = append(ch.connect, ep)
	}
}

// armOnLoop sets the timer for whatever comes first.
func (ch *Channel[C]) armOnLoop(now, at time.Time) {
	at = earlier(at, ch.wakeAt)
	if ch.cfg.IdleTimeout > 0 {
		at = earlier(at, ch.lookedAt.Add(ch.lookInterval()))
	}
	if at.IsZero() || at.Equal(ch.timerAt) && now.Before(at) {
		return
	}
	ch.timerAt = at
	if ch.timer == nil {
		ch.timer = time.AfterFunc(at.Sub(now), func() { ch.exec.post(func() {}) }) // settling is all
	} else {
		ch.timer.Reset(at.Sub(now))
	}
}

// earlier returns the earlier of two times, where zero is never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
