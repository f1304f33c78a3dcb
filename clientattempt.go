package curlew

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/curlew-rpc/curlew/balance"
	"github.com/curlew-rpc/curlew/internal/channel"
	"github.com/curlew-rpc/curlew/internal/h2"
	"github.com/curlew-rpc/curlew/internal/transport"
)

// An attempt is one try at a call, on one connection.
type attempt struct {
	ts     transport.ClientStream
	picked channel.Picked[*transport.ClientConn]
	opened bool
	ended  atomic.Bool
}

// open finds a connection and opens an attempt there with msg. What has
// certainly not left may be sent again until the deadline.
func (c *clientCall) open(ctx context.Context, msg transport.Encoded, end bool) error {
	a := &c.first
	if a.opened {
		a = new(attempt)
	}
	for ; ; a = new(attempt) {
		picked, err := c.caller.client.channel.Pick(ctx, &c.pick)
		if err != nil {
			return c.caller.client.pickError(ctx, err)
		}
		a.picked = picked
		timeout := time.Duration(-1)
		if !c.end.IsZero() {
			timeout = max(time.Until(c.end), 0)
		}
		a.opened = true
		err = a.ts.Start(picked.Conn, c.head, timeout, c.call.request.fields, msg, end, ctx.Done())
		if err == nil {
			c.att.Store(a)
			if c.released.Load() && c.finishAttempt(a, balance.Canceled) {
				return errEnded
			}
			return nil
		}
		c.finishAttempt(a, balance.Canceled)
		if a.ts.Conn() != nil {
			a.ts.Free() // of what was answered while the request was still leaving
		}
		var st *transport.Status
		switch {
		case err == h2.ErrDone:
			return contextError(ctx)
		case !errors.As(err, &st) || !st.Unprocessed:
			return c.explain(err)
		case ctx.Err() != nil:
			return contextError(ctx)
		case a.ts.Conn() == nil:
		case !c.mayRetry(a): // it left in part
			return c.explain(err)
		default:
			c.tried(a)
		}
	}
}

// mayRetry reports whether the attempt's end says that the server has not seen
// the call, and the call can be sent again (gRFC A6, transparent retry).
func (c *clientCall) mayRetry(a *attempt) bool {
	if c.retried || !c.whole || c.committed.Load() || !a.ts.Unprocessed() {
		return false
	}
	header, _ := a.ts.Received() // a server that has answered has seen it
	return header == nil
}

// tried notes that an attempt has left, in vain.
func (c *clientCall) tried(a *attempt) {
	c.retried = true
	c.pick.Attempt++
	c.pick.Tried = append(c.pick.Tried, a.picked.Ref)
}

// retry makes another attempt with all that has been sent. sendMu is held.
func (c *clientCall) retry(a *attempt, end bool) error {
	c.tried(a)
	c.finishAttempt(a, balance.Canceled)
	all := transport.Join(c.sent)
	defer all.Free()
	ctx, cancel := context.WithCancel(c.ctx)
	defer cancel()
	c.stopRetry.Store(&cancel) // who ends the call does not wait for this
	if c.released.Load() {
		return errEnded
	}
	return c.open(ctx, all, end || c.sentEnd)
}

// finishAttempt ends an attempt, once.
func (c *clientCall) finishAttempt(a *attempt, class balance.Class) bool {
	if !a.opened || !a.ended.CompareAndSwap(false, true) {
		return false
	}
	a.ts.Cancel()
	a.picked.Done(balance.Outcome{Class: class})
	return true
}
