package channel

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/curlew-rpc/curlew/balance"
	"github.com/curlew-rpc/curlew/resolve"
)

// An attempt is one try to connect an endpoint by any of its addresses.
type attempt[C Conn] struct {
	ep     *endpoint[C]
	spec   resolve.Endpoint
	cancel context.CancelFunc
}

// dialOnLoop starts an attempt.
func (ch *Channel[C]) dialOnLoop(ep *endpoint[C], now time.Time) {
	ctx, cancel := context.WithCancel(context.Background())
	a := &attempt[C]{ep: ep, spec: ep.spec, cancel: cancel}
	ep.dial = a
	if ep.state == balance.Idle {
		ep.enterOnLoop(balance.Connecting, now)
	}
	ch.exec.ended.Go(func() {
		defer cancel()
		ch.race(ctx, a)
	})
}

// A dialResult is what became of one address of an attempt.
type dialResult[C Conn] struct {
	l    *link[C]
	err  error
	left int // addresses not yet tried when this one was
}

// race tries the addresses one after the other, the next when the latest fails or
// has had its time alone, and reports the first connection (RFC 8305 §5). It
// returns when all tries have ended.
func (ch *Channel[C]) race(ctx context.Context, a *attempt[C]) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	alone := time.NewTimer(balance.AttemptDelay)
	defer alone.Stop()
	results := make(chan dialResult[C])
	waiting, running := a.spec.Addrs, 0
	next := func() {
		if len(waiting) == 0 {
			return
		}
		addr, left := waiting[0], len(waiting)-1
		waiting, running = waiting[1:], running+1
		alone.Reset(balance.AttemptDelay)
		go func() {
			l, err := ch.dialAddr(ctx, a, addr)
			results <- dialResult[C]{l, err, left}
		}()
	}
	var errs []error
	won, given := false, ctx.Done()
	for next(); running > 0; {
		select {
		case <-alone.C:
			next()
		case <-given: // up
			waiting, given = nil, nil
		case r := <-results:
			running--
			switch {
			case r.err != nil:
				errs = append(errs, r.err)
				if r.left == len(waiting) { // the latest; the others had their time
					next()
				}
			case won:
				r.l.conn.Close()
			default:
				won, waiting = true, nil
				stop()
				ch.report(a, r.l)
			}
		}
	}
	if !won {
		ch.exec.post(func() { ch.dialFailedOnLoop(a, joinErrors(errs)) })
	}
}

// report hands a connection over, or closes it if nobody is there to take it.
func (ch *Channel[C]) report(a *attempt[C], l *link[C]) {
	if !ch.exec.post(func() { ch.connectedOnLoop(a, l) }) {
		l.conn.Close()
	}
}

// dialAddr makes one connection.
func (ch *Channel[C]) dialAddr(ctx context.Context, a *attempt[C], addr resolve.Addr) (*link[C], error) {
	ctx, cancel := context.WithTimeout(ctx, ch.cfg.ConnectTimeout)
	defer cancel()
	l := &link[C]{ep: a.ep, addr: addr}
	conn, err := ch.cfg.Dial(ctx, a.spec, addr, Events{
		Capacity: a.ep.queue.capacity,
		Draining: func() { ch.exec.post(func() { ch.drainingOnLoop(l) }) },
		Silent:   func(silent bool) { ch.exec.post(func() { ch.silentOnLoop(l, silent) }) },
		Closed:   func(err error) { ch.exec.post(func() { ch.closedOnLoop(l, err) }) },
	})
	if err != nil {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			if !errors.Is(err, context.DeadlineExceeded) {
				err = fmt.Errorf("%w: %w", context.DeadlineExceeded, err)
			}
			err = fmt.Errorf("not connected within %v: %w", ch.cfg.ConnectTimeout, err)
		}
		return nil, &dialError{addr, err}
	}
	l.conn = conn
	return l, nil
}

// connectedOnLoop takes a new connection in use, unless it is not wanted any more
// or has ended already.
func (ch *Channel[C]) connectedOnLoop(a *attempt[C], l *link[C]) {
	ep := a.ep
	if ep.dial != a {
		l.phase = gone
		ch.discardOnLoop(l)
		return
	}
	if l.phase != dialing { // it began to drain, or closed, before Dial returned
		l.phase = gone
		ch.discardOnLoop(l)
		if l.goodbye && ep.forgiveOnLoop(time.Now()) {
			ep.dial = nil
			ep.enterOnLoop(balance.Idle, time.Now())
			ch.dirty = true
			return
		}
		ch.dialFailedOnLoop(a, &dialError{l.addr, l.err})
		return
	}
	ep.dial, ep.requested = nil, false
	ep.addOnLoop(l, time.Now())
	ch.replaceSilentOnLoop(ep)
	ch.dirty = true
	ch.cfg.Logger.Debug("connected", "target", ch.cfg.Target.String(), "endpoint", ep.id, "address", l.addr.String())
}

// A server that leaves in peace is mostly followed by another. Until that listens
// nobody may, or, while the listener is handed over, both may accept, and the one that
// leaves says goodbye to whom it has accepted. That is no failure: calls wait, and
// another connection is made, at once at first, then after pauses that grow, and that
// make about half a second in all.
const (
	maxGoodbyes    = 9
	promptGoodbyes = 2
	goodbyePause   = 5 * time.Millisecond
)

// forgiveOnLoop reports whether a goodbye to a connection that was of no use yet is to
// be taken for that, and when the next connection may be made.
func (ep *endpoint[C]) forgiveOnLoop(now time.Time) bool {
	if ep.goodbyes == maxGoodbyes {
		return false
	}
	if ep.goodbyes++; ep.goodbyes > promptGoodbyes {
		pause := goodbyePause << (ep.goodbyes - promptGoodbyes - 1)
		ep.retryAt = now.Add(pause/2 + rand.N(pause)) // not all clients at once
	}
	return true
}

// replaceSilentOnLoop lets connections go whose peer does not answer: there is another.
func (ch *Channel[C]) replaceSilentOnLoop(ep *endpoint[C]) {
	for _, l := range slices.Clone(ep.links) {
		if l.silent {
			ch.letGoOnLoop(l)
		}
	}
}

func (ch *Channel[C]) dialFailedOnLoop(a *attempt[C], err error) {
	ep := a.ep
	if ep.dial != a {
		return
	}
	ep.dial = nil
	if ep.successor && ep.live() == 0 && ep.forgiveOnLoop(time.Now()) {
		ep.failedOnLoop(err)
		ep.enterOnLoop(balance.Idle, time.Now())
		ch.dirty = true
		return
	}
	ep.requested = false
	ch.failOnLoop(ep, err)
	if ep.live() == 0 {
		ep.enterOnLoop(balance.TransientFailure, time.Now())
	}
	ch.cfg.Logger.Info("cannot connect", "target", ch.cfg.Target.String(), "endpoint", ep.id, "failures", ep.failures, "error", err)
}

// failOnLoop counts a failure: the next attempt waits.
func (ch *Channel[C]) failOnLoop(ep *endpoint[C], err error) {
	ep.failures++
	ep.retryAt = time.Now().Add(ch.delay(ep.failures))
	ep.failedOnLoop(err)
	ch.dirty = true
	ch.hintOnLoop()
}

// drainingOnLoop replaces a connection that takes no new streams. Those it has go on.
func (ch *Channel[C]) drainingOnLoop(l *link[C]) {
	switch l.phase {
	case up:
		ch.letGoOnLoop(l)
		ch.lostOnLoop(l, errGoAway)
	case dialing:
		l.phase, l.err, l.goodbye = draining, errGoAway, true
	}
}

var errGoAway = errors.New("the server said goodbye (GOAWAY)")

func (ch *Channel[C]) closedOnLoop(l *link[C], err error) {
	if err == nil {
		err = errors.New("it was closed")
	}
	was := l.phase
	l.phase, l.err = gone, err
	delete(ch.draining, l)
	if was == up {
		l.ep.removeOnLoop(l, time.Now())
		ch.lostOnLoop(l, err)
	}
}

// settled is how long a connection lives that was worth making, even if no call
// ended well on it. A server that accepts and hangs up, or says goodbye to
// everybody, would otherwise be dialed without a pause.
const settled = time.Second

// lostOnLoop comes after a connection went out of use by the peer's doing.
func (ch *Channel[C]) lostOnLoop(l *link[C], err error) {
	ep, now := l.ep, time.Now()
	lived := now.Sub(l.up)
	ch.cfg.Logger.Debug("disconnected", "target", ch.cfg.Target.String(), "endpoint", ep.id,
		"address", l.addr.String(), "after", lived, "reason", err)
	ep.failedOnLoop(fmt.Errorf("the connection to %s was lost: %w", l.addr, err))
	ch.dirty = true
	ch.hintOnLoop()
	if lived >= settled || ep.load.Ended(balance.Success) > l.ended {
		ep.flaps, ep.goodbyes = 0, 0
		ep.successor = err == errGoAway
		return
	}
	if err == errGoAway && ep.forgiveOnLoop(now) {
		return
	}
	ep.flaps++
	if ep.flaps > 1 && ep.live() == 0 && ep.dial == nil { // one is forgiven
		ep.failures = ep.flaps - 2
		ch.failOnLoop(ep, fmt.Errorf("%d connections in a row were of no use, the last one for %v: %w",
			ep.flaps, lived.Round(time.Millisecond), ep.err))
		ep.enterOnLoop(balance.TransientFailure, now)
	}
}

// silentOnLoop takes a connection out of use while its peer does not answer. Its calls
// stay, for the peer may come back; others go elsewhere, or to a new connection.
func (ch *Channel[C]) silentOnLoop(l *link[C], silent bool) {
	if l.phase != up || l.silent == silent {
		return
	}
	ep, now := l.ep, time.Now()
	l.silent = silent
	ep.useOnLoop()
	ch.dirty = true
	ch.cfg.Logger.Info("a server does not answer", "target", ch.cfg.Target.String(), "endpoint", ep.id,
		"address", l.addr.String(), "silent", silent)
	if !silent {
		ep.stopOnLoop(now)
		ep.failures, ep.retryAt = 0, time.Time{}
		ep.upOnLoop(now)
		return
	}
	ep.failedOnLoop(fmt.Errorf("%s does not answer", l.addr))
	ch.hintOnLoop()
	if ep.live() == 0 {
		ep.downOnLoop(now)
	}
}

// letGoOnLoop takes a connection out of use and lets its streams end.
func (ch *Channel[C]) letGoOnLoop(l *link[C]) {
	l.phase = draining
	ch.draining[l] = struct{}{}
	l.ep.removeOnLoop(l, time.Now())
	ch.dirty = true
	l.conn.Drain()
}

// discardOnLoop closes a connection without waiting for it.
func (ch *Channel[C]) discardOnLoop(l *link[C]) {
	ch.exec.ended.Go(l.conn.Close)
}
