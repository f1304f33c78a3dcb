package channel

import (
	"context"
	"fmt"
	"time"

	"github.com/curlew-rpc/curlew/balance"
	"github.com/curlew-rpc/curlew/resolve"
)

// State returns the state of the channel.
func (ch *Channel[C]) State() balance.State { return ch.table.Load().state }

// WaitState waits until the state is not from, or returns ctx's error.
func (ch *Channel[C]) WaitState(ctx context.Context, from balance.State) error {
	for {
		t := ch.table.Load()
		if t.state != from {
			return nil
		}
		select {
		case <-t.next:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Connect leaves Idle without a call, and does not wait.
func (ch *Channel[C]) Connect() {
	ch.exec.post(func() {
		ch.asked = true
		ch.wakeOnLoop()
	})
}

// Ready connects and waits until the state is Ready. The error is an *Error with
// the reason, of kind Context or Closed; failures to connect do not end the wait.
func (ch *Channel[C]) Ready(ctx context.Context) error {
	ch.waiting.Add(1)
	defer ch.waiting.Add(-1)
	for {
		t := ch.table.Load()
		switch t.state {
		case balance.Ready:
			return nil
		case balance.Shutdown:
			return t.failed
		}
		if err := ch.awaitTable(ctx, t, balance.Pick{}); err != nil {
			return err
		}
	}
}

// wakeOnLoop leaves idleness and has a plan made that knows of calls waiting.
func (ch *Channel[C]) wakeOnLoop() {
	ch.dirty = true
	if ch.active {
		return
	}
	ch.active = true
	if ch.known { // else the first update brings the policy
		ch.planner = ch.settings.Policy.NewPlanner()
	}
	if ch.draining == nil {
		ch.draining = make(map[*link[C]]struct{})
	}
	ch.lookedAt = time.Now()
	ch.busyAt = ch.lookedAt
	ch.watchOnLoop()
}

// lookInterval is how often to look for calls: the idle timeout is kept to a
// quarter, and a call need not note the time.
func (ch *Channel[C]) lookInterval() time.Duration { return max(ch.cfg.IdleTimeout/4, 1) }

// restOnLoop makes the channel idle if it had no calls for long enough.
func (ch *Channel[C]) restOnLoop(now time.Time) bool {
	if ch.cfg.IdleTimeout < 0 || now.Before(ch.lookedAt.Add(ch.lookInterval())) {
		return false
	}
	ch.lookedAt = now
	busy := ch.waiting.Load() > 0 || ch.asked
	for _, ep := range ch.order {
		busy = ep.busyOnLoop() || busy
	}
	if busy {
		ch.busyAt = now
	}
	if now.Sub(ch.busyAt) < ch.cfg.IdleTimeout {
		return false
	}
	ch.cfg.Logger.Debug("idle", "target", ch.cfg.Target.String())
	ch.publish(newTable[C](balance.Idle, balance.Always(balance.Pick{Verdict: balance.Queue})))
	ch.stopOnLoop(now)
	for _, ep := range ch.retired {
		ch.disconnectOnLoop(ep, now)
	}
	ch.retired = nil
	for _, ep := range ch.order {
		ch.disconnectOnLoop(ep, now)
		ep.enterOnLoop(balance.Idle, now)
		ep.failures, ep.flaps, ep.retryAt = 0, 0, time.Time{}
	}
	return true
}

// stopOnLoop ends all that goes on by itself. The endpoints known stay for when the
// channel wakes.
func (ch *Channel[C]) stopOnLoop(now time.Time) {
	ch.active, ch.dirty, ch.asked = false, false, false
	ch.planner, ch.connect = nil, nil
	ch.wakeAt, ch.timerAt = time.Time{}, time.Time{}
	if ch.unwatch != nil {
		ch.unwatch()
		ch.unwatch, ch.hint = nil, nil
	}
	if ch.timer != nil {
		ch.timer.Stop()
	}
	for _, ep := range append(ch.order, ch.retired...) {
		ep.wanted, ep.requested = false, false
		ep.stopOnLoop(now)
		ch.unwatchEndpointOnLoop(ep)
	}
}

// Close ends everything: calls that wait fail, connections are closed with their
// streams. When it returns the resolver, all attempts to connect and all
// connections have ended. It returns nil, always.
func (ch *Channel[C]) Close() error {
	ch.exec.close(ch.closeOnLoop)
	ch.exec.ended.Wait()
	return nil
}

func (ch *Channel[C]) closeOnLoop() {
	ch.closed = true
	t := newTable[C](balance.Shutdown, balance.Always(balance.Pick{Verdict: balance.Fail, Err: errClosed}))
	t.err = errClosed
	t.failed = &Error{Kind: Closed, Err: errClosed, text: fmt.Sprintf("no call to %s: %s", ch.cfg.Target, errClosed)}
	ch.publish(t)
	ch.stopOnLoop(time.Now())
	for _, ep := range append(ch.order, ch.retired...) {
		for _, l := range ep.links {
			ch.discardOnLoop(l)
		}
		ep.queue.end()
	}
	for l := range ch.draining {
		ch.discardOnLoop(l)
	}
}

// AwaitResolved returns when the resolver has named endpoints, or has failed to, or
// when ctx ends. It connects the channel if it is idle.
func (ch *Channel[C]) AwaitResolved(ctx context.Context) {
	if ch.resolved.Load() {
		return
	}
	ch.waiting.Add(1)
	defer ch.waiting.Add(-1)
	for {
		t := ch.table.Load()
		if ch.resolved.Load() || t.state == balance.TransientFailure || t.state == balance.Shutdown ||
			ch.awaitTable(ctx, t, balance.Pick{}) != nil {
			return
		}
	}
}

// Target returns what the channel is to.
func (ch *Channel[C]) Target() string { return ch.cfg.Target.String() }

// Look describes the first endpoints, at most limit, 0 being all, and tells how many
// there are, how the channel stands and why calls fail, if they do. It takes no lock.
func (ch *Channel[C]) Look(limit int) (infos []EndpointInfo, known int, state balance.State, err error) {
	t := ch.table.Load()
	for _, ep := range t.slots {
		if ep == nil {
			continue
		}
		if known++; limit > 0 && known > limit {
			continue
		}
		i := EndpointInfo{ID: ep.id, State: balance.State(ep.shown.Load()), Conns: ep.live(), Calls: ep.load.Inflight()}
		if err := ep.lastErr.Load(); err != nil {
			i.Err = *err
		}
		infos = append(infos, i)
	}
	return infos, known, t.state, t.err
}

// An EndpointInfo tells how an endpoint stands.
type EndpointInfo struct {
	ID       string
	Addrs    []resolve.Addr
	State    balance.State
	Since    time.Time // of State
	Conns    int       // in use
	Calls    int       // attempts under way
	Streams  int       // open on them
	Failures int       // attempts to connect that failed since the last success
	RetryAt  time.Time // when the next comes, if one is waited for
	Err      error     // of the last failure or loss, nil if there was none
}

// Endpoints describes the endpoints known, in the resolver's order. A closed
// channel has none.
func (ch *Channel[C]) Endpoints() []EndpointInfo {
	answer := make(chan []EndpointInfo, 1)
	if !ch.exec.post(func() { answer <- ch.describeOnLoop() }) {
		return nil
	}
	return <-answer
}

func (ch *Channel[C]) describeOnLoop() []EndpointInfo {
	infos := make([]EndpointInfo, len(ch.order))
	for i, ep := range ch.order {
		info := EndpointInfo{
			ID: ep.id, Addrs: ep.spec.Addrs, State: ep.state, Since: ep.since,
			Conns: len(ep.links), Failures: ep.failures, RetryAt: ep.retryAt, Err: ep.err,
		}
		for _, l := range ep.links {
			info.Streams += l.conn.Active()
		}
		infos[i] = info
	}
	return infos
}
