package channel

import (
	"context"

	"github.com/curlew-rpc/curlew/balance"
)

// A Picked is a connection with a stream slot reserved for one attempt. The zero Picked
// is none.
type Picked[C Conn] struct {
	Conn C
	ep   *endpoint[C]
}

// Done says how the attempt ended. Call it exactly once for each Picked.
func (p Picked[C]) Done(o balance.Outcome) { p.ep.load.End(o) }

// Ref returns the endpoint, for balance.Call.Tried; 0 for none.
func (p Picked[C]) Ref() balance.Ref {
	if p.ep == nil {
		return 0
	}
	return p.ep.ref
}

// ID returns the endpoint's ID, "" for none.
func (p Picked[C]) ID() string {
	if p.ep == nil {
		return ""
	}
	return p.ep.id
}

// Measured reports whether Done is to be told how long the attempt took.
func (p Picked[C]) Measured() bool { return p.ep.load.Measured() }

// ReportsWanted reports whether Report is to be told what comes with the response.
func (p Picked[C]) ReportsWanted() bool { return p.ep.load.ReportsWanted() }

// Report tells the endpoint's load, as it says itself.
func (p Picked[C]) Report(r *balance.Report) { p.ep.load.SetReport(r) }

// Pick finds an endpoint and a connection for one attempt at a call and reserves a
// stream slot there. While the channel is connecting, or all slots are taken, it
// waits until ctx ends. The error is an *Error.
//
// A connection may begin to drain between Pick and the opening of the stream. The
// call was not sent then: call Done with balance.Canceled and Pick again.
func (ch *Channel[C]) Pick(ctx context.Context, call *balance.Call) (Picked[C], error) {
	t := ch.table.Load()
	if p := t.picker.Pick(call); p.Verdict == balance.Use {
		if ep := t.endpoint(p.Endpoint); ep != nil && ep.queue.length.Load() == 0 {
			if c, ok := ep.reserve(); ok {
				ep.load.Begin()
				return Picked[C]{c, ep}, nil
			}
		}
	}
	return ch.pickSlowly(ctx, call)
}

// repicks is how often the picker is asked again when the endpoint it chose has no
// slot, before the call queues at that endpoint.
const repicks = 3

func (ch *Channel[C]) pickSlowly(ctx context.Context, call *balance.Call) (Picked[C], error) {
	ch.waiting.Add(1)
	defer ch.waiting.Add(-1)
	for {
		t := ch.table.Load()
		if t.state == balance.Shutdown {
			return Picked[C]{}, t.failed
		}
		p, ep, c, ok := ch.choose(t, call)
		if !ok && ep != nil {
			var err error
			if c, ok, err = ch.awaitSlot(ctx, ep); err != nil {
				return Picked[C]{}, ch.ctxError(err, "all streams that "+ep.id+" allows are taken")
			}
		}
		switch {
		case ok:
			ep.load.Begin()
			return Picked[C]{c, ep}, nil
		case p.Verdict == balance.Drop:
			return Picked[C]{}, &Error{Kind: Drop, Err: p.Err, text: "dropped by the balancing policy: " + text(p.Err)}
		case p.Verdict == balance.Fail && !call.WaitForReady:
			return Picked[C]{}, ch.failError(t, p.Err)
		}
		if err := ch.awaitTable(ctx, t, p); err != nil {
			return Picked[C]{}, err
		}
	}
}

// choose asks the picker until it finds an endpoint with a free slot. Without ok
// the call may queue at ep, if there is one.
func (ch *Channel[C]) choose(t *table[C], call *balance.Call) (p balance.Pick, ep *endpoint[C], c C, ok bool) {
	for range 1 + repicks {
		again := t.picker.Pick(call)
		if again.Verdict != balance.Use {
			if ep == nil {
				p = again
			}
			return p, ep, c, false
		}
		other := t.endpoint(again.Endpoint)
		if other == nil || other == ep {
			return again, ep, c, false
		}
		if other.queue.length.Load() == 0 {
			if c, ok = other.reserve(); ok {
				return again, other, c, true
			}
		}
		if ep == nil {
			p, ep = again, other
		}
	}
	return p, ep, c, false
}

// awaitSlot queues at ep. Without ok and error ep cannot be used any more.
func (ch *Channel[C]) awaitSlot(ctx context.Context, ep *endpoint[C]) (c C, ok bool, err error) {
	w := &waiter{wake: make(chan struct{}, 1)}
	if !ep.queue.join(w) {
		return c, false, nil
	}
	defer ep.queue.leave(w)
	if ep.mayGrow.CompareAndSwap(true, false) {
		ch.exec.post(func() { ch.growOnLoop(ep) })
	}
	for {
		queued, first := ep.queue.turn(w)
		if !queued {
			return c, false, nil
		}
		if first {
			if c, ok = ep.reserve(); ok {
				return c, true, nil
			}
		}
		select {
		case <-w.wake:
		case <-ctx.Done():
			return c, false, ctx.Err()
		}
	}
}

// awaitTable waits for a table other than t.
func (ch *Channel[C]) awaitTable(ctx context.Context, t *table[C], p balance.Pick) error {
	if p.Verdict == balance.Queue && p.Endpoint != 0 {
		ch.exec.post(func() { ch.connectOnLoop(p.Endpoint) })
	}
	if !t.asked {
		ch.exec.post(ch.wakeOnLoop)
	}
	select {
	case <-t.next:
		return nil
	case <-ctx.Done():
		return ch.ctxError(ctx.Err(), "")
	}
}
