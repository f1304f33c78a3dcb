package curlew

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/curlew-rpc/curlew/balance"
	"github.com/curlew-rpc/curlew/internal/backoff"
	"github.com/curlew-rpc/curlew/internal/channel"
	"github.com/curlew-rpc/curlew/internal/h2"
	"github.com/curlew-rpc/curlew/internal/transport"
)

// An attempt is one try at a call, on one connection.
type attempt struct {
	ts     transport.Attempt      // nil: not opened
	grpc   transport.ClientStream // what ts is, mostly
	picked channel.Picked[transport.Conn]
	began  time.Time
	kind   AttemptKind
	opened bool
	judged bool // what follows has been decided; under sendMu
	ended  atomic.Bool
	late   atomic.Bool // its own time was up
	timer  *time.Timer // for that; nil: none
}

// open finds a connection and opens an attempt there with msg, more than once where
// that is allowed. sendMu is held.
func (c *clientCall) open(ctx context.Context, msg transport.Encoded, end bool, kind AttemptKind) error {
	a := &c.first
	for {
		if a.judged || a.opened {
			a = new(attempt)
		}
		a.kind = kind
		err := c.start(ctx, &c.pick, a, c.tries-1, msg, end)
		if err == nil {
			c.att.Store(a)
			if c.released.Load() && c.finishAttempt(a, balance.Canceled) {
				return errEnded
			}
			return nil
		}
		wait, next := c.next(a, err)
		if next == noAttempt {
			return c.attachLocked(err)
		}
		if err := pause(ctx, wait); err != nil {
			return c.attachLocked(err)
		}
		kind = next
	}
}

// start opens a on the connection that is picked; before is how many attempts that
// count went before. An attempt that could not be opened has ended.
func (c *clientCall) start(ctx context.Context, pick *balance.Call, a *attempt, before int, msg transport.Encoded, end bool) error {
	picked, err := c.caller.client.channel.Pick(ctx, pick)
	a.began = time.Now()
	if err != nil {
		return c.caller.client.pickError(ctx, err)
	}
	a.picked = picked
	timeout := time.Duration(-1)
	if !c.pick.Deadline.IsZero() {
		timeout = max(c.pick.Deadline.Sub(a.began), 0)
	}
	a.opened = true
	if c.head.Method == nil {
		a.ts = &a.grpc
	} else {
		a.ts = c.head.NewAttempt()
	}
	err = a.ts.Start(picked.Conn, c.head, timeout, c.call.request.fields, max(before, 0), msg, end, ctx.Done())
	if err == nil {
		// The server is not told: once it has begun to answer it may take its time.
		if p := c.prep.retry; p != nil && p.AttemptTimeout > 0 {
			a.timer = time.AfterFunc(p.AttemptTimeout, a.expire)
		}
		return nil
	}
	c.finishAttempt(a, balance.Canceled)
	if a.left() {
		a.ts.Free() // of what was answered while the request was still leaving
	}
	if err == h2.ErrDone || ctx.Err() != nil {
		return contextError(ctx)
	}
	return c.explain(err)
}

// left reports whether the attempt has got as far as its connection.
func (a *attempt) left() bool { return a.opened && a.ts.Opened() }

// expire ends an attempt whose time is up, unless the server has begun to answer, whoever
// has looked at that yet, or the attempt has ended otherwise.
func (a *attempt) expire() {
	if !a.ts.Answered() && !a.ts.Ended() && a.ts.Failure() == nil {
		a.late.Store(true)
		a.ts.Cancel()
	}
}

// next decides, once, what follows an attempt that ended with err, and how long to wait
// before. sendMu is held.
func (c *clientCall) next(a *attempt, err error) (wait time.Duration, kind AttemptKind) {
	if a.judged {
		return 0, noAttempt
	}
	a.judged = true
	wait, kind, reason := c.decide(a, err)
	c.note(a, err, reason)
	if kind != noAttempt {
		c.pick.Attempt++
		if a.picked.Ref() != 0 {
			c.pick.Tried = append(c.pick.Tried, a.picked.Ref())
		}
	}
	return wait, kind
}

// decide is next without its bookkeeping. reason says why there is no further attempt,
// where a policy or a limit is it (gRFC A6).
func (c *clientCall) decide(a *attempt, err error) (wait time.Duration, kind AttemptKind, reason string) {
	left := a.left()
	switch {
	case c.released.Load() || c.ctx.Err() != nil || left && a.ts.Answered():
		return 0, noAttempt, ""
	case a.opened && !left:
		return 0, TransparentRetry, "" // the connection took no more streams: nobody has seen it
	case c.committed.Load() || !c.whole:
		return 0, noAttempt, "more has been sent than is kept for another attempt"
	case left && a.ts.Unprocessed() && !c.retried:
		c.retried = true
		return 0, TransparentRetry, ""
	}
	pol, config := c.prep.retry, c.prep.config
	if pol == nil || dropped(err) {
		return 0, noAttempt, ""
	}
	var pushed, allowed, given = time.Duration(0), true, false
	if left {
		pushed, allowed, given = a.ts.Pushback()
	}
	retryable := c.prep.codes>>min(CodeOf(err), 31)&1 != 0 || a.late.Load()
	if retryable || given && !allowed {
		config.throttle.Failed()
	}
	switch limit := min(pol.MaxAttempts, maxAttempts); {
	case !retryable:
		return 0, noAttempt, ""
	case !allowed:
		return 0, noAttempt, "the server forbids another attempt"
	case c.tries >= limit:
		return 0, noAttempt, fmt.Sprintf("the retry policy allows %d attempts", limit)
	}
	c.waits++
	wait = backoff.Policy{Base: pol.InitialBackoff, Max: pol.MaxBackoff, Multiplier: pol.BackoffMultiplier, Jitter: 0.2}.Retry(c.waits, rand.Float64)
	if given {
		wait, c.waits = pushed, 0
	}
	now := time.Now()
	if !c.pick.Deadline.IsZero() && !now.Add(wait).Before(c.pick.Deadline) {
		return 0, noAttempt, fmt.Sprintf("the deadline would pass in the wait of %v before another attempt", wait.Round(time.Millisecond))
	}
	if reason := config.refuse(now); reason != "" {
		return 0, noAttempt, reason
	}
	c.tries++
	return wait, Retry, ""
}

// refuse takes the cost of one more attempt from the service's budgets, or says why it
// is too much.
func (f *configInForce) refuse(now time.Time) (reason string) {
	switch {
	case !f.throttle.Allows():
		has, of := f.throttle.Tokens()
		return fmt.Sprintf("retries are throttled: %.4g of %.4g tokens are left", has, of)
	case !f.budget.Take(now):
		return "the retry budget is used up"
	}
	return ""
}

// dropped reports whether the balancing policy refused the call, which is final.
func dropped(err error) bool {
	var ce *channel.Error
	return errors.As(err, &ce) && ce.Kind != channel.Unavailable
}

// pause waits before another attempt.
func pause(ctx context.Context, wait time.Duration) error {
	if wait <= 0 {
		return nil
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return contextError(ctx)
	}
}

// retry makes another attempt, with all that has been sent, in place of a, which ended
// with err. sendMu is held.
func (c *clientCall) retry(a *attempt, err error, wait time.Duration, kind AttemptKind, end bool) error {
	class := classOf(err)
	if kind == TransparentRetry {
		class = balance.Canceled // the endpoint has not seen the call
	}
	c.finishAttempt(a, class)
	a.ts.Drop()
	end = end || c.sentEnd
	var all transport.Encoded
	if end || c.call.method.Kind.ManyRequests() { // else the message is yet to leave, with the end
		all = transport.Join(c.sent)
		defer all.Free()
	}
	ctx, cancel := c.stoppable()
	defer cancel()
	if c.released.Load() {
		return errEnded
	}
	if err := pause(ctx, wait); err != nil {
		return c.attachLocked(err)
	}
	return c.open(ctx, all, end, kind)
}

// finishAttempt ends an attempt, once.
func (c *clientCall) finishAttempt(a *attempt, class balance.Class) bool {
	if !a.opened || !a.ended.CompareAndSwap(false, true) {
		return false
	}
	if a.timer != nil {
		a.timer.Stop()
	}
	a.ts.Cancel()
	o := balance.Outcome{Class: class}
	if kind := c.call.method.Kind; a.picked.Measured() && !kind.ManyRequests() && !kind.ManyResponses() {
		o.Latency = time.Since(a.began)
		if class == balance.Rejected || class == balance.Unavailable {
			o.Pushback, _, _ = a.ts.Pushback()
		}
	}
	a.picked.Done(o)
	return true
}
