package channel

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"github.com/curlew-rpc/curlew/balance"
	"github.com/curlew-rpc/curlew/resolve"
)

// watchOnLoop starts the resolver.
func (ch *Channel[C]) watchOnLoop() {
	ctx, cancel := context.WithCancel(context.Background())
	hint := make(chan struct{}, 1)
	ch.unwatch, ch.hint = cancel, hint
	ch.exec.ended.Go(func() { ch.watch(ctx, hint) })
}

// watch runs the resolver, again after a pause whenever it fails.
func (ch *Channel[C]) watch(ctx context.Context, hint <-chan struct{}) {
	for failures := 1; ; failures++ {
		var pushed atomic.Bool
		err := ch.cfg.Resolver.Watch(ctx, ch.cfg.Target, hint, func(u resolve.Update) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			u, err := resolve.Normalize(u)
			if err != nil {
				ch.exec.post(func() { ch.unresolvedOnLoop(ctx, err) })
				return err
			}
			settings, err := ch.readConfig(u)
			if settings == nil {
				ch.exec.post(func() { ch.unresolvedOnLoop(ctx, err) })
				return err
			}
			if err != nil {
				ch.cfg.Logger.Warn("a service config was refused", "target", ch.cfg.Target.String(), "error", err)
			}
			pushed.Store(true)
			ch.exec.post(func() { ch.updateOnLoop(ctx, u, settings, err == nil) })
			return err
		})
		if err == nil && !pushed.Load() {
			err = errors.New("the resolver ended without naming endpoints")
		}
		if err == nil || ctx.Err() != nil {
			return
		}
		ch.exec.post(func() { ch.unresolvedOnLoop(ctx, err) })
		if pushed.Load() {
			failures = 1
		}
		if ch.pause(ctx, failures) != nil {
			return
		}
	}
}

// unresolvedOnLoop notes a failure of the resolver. The endpoints known stay.
func (ch *Channel[C]) unresolvedOnLoop(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	ch.failed = err
	ch.dirty = true
	ch.cfg.Logger.Info("cannot resolve", "target", ch.cfg.Target.String(), "error", err)
}

// updateOnLoop takes over what the resolver says. Endpoints that stay keep their
// connections.
func (ch *Channel[C]) updateOnLoop(ctx context.Context, u resolve.Update, s *Settings, configured bool) {
	if ctx.Err() != nil {
		return
	}
	if configured || ch.planner == nil {
		ch.configureOnLoop(s)
	}
	ch.known, ch.failed, ch.attrs, ch.dirty = true, nil, u.Attrs, true
	ch.resolved.Store(true)
	ch.slots = slices.Clone(ch.slots)
	now := time.Now()
	old := ch.byID
	ch.byID = make(map[string]*endpoint[C], len(u.Endpoints))
	ch.order = make([]*endpoint[C], 0, len(u.Endpoints))
	for _, spec := range u.Endpoints {
		if ep := old[spec.ID]; ep != nil {
			ch.changeOnLoop(ep, spec, now)
			ch.byID[spec.ID] = ep
			ch.order = append(ch.order, ep)
		}
	}
	for id, ep := range old {
		if ch.byID[id] == nil {
			slot := uint64(ep.ref) & slotMask
			ch.slots[slot] = nil
			ch.free = append(ch.free, slot)
			ch.retired = append(ch.retired, ep)
		}
	}
	if len(ch.order) == len(u.Endpoints) {
		return
	}
	ch.order = ch.order[:0]
	for _, spec := range u.Endpoints {
		ep := ch.byID[spec.ID]
		if ep == nil {
			ep = ch.addOnLoop(spec, now)
		}
		ch.order = append(ch.order, ep)
	}
}

// addOnLoop makes an endpoint and gives it a slot.
func (ch *Channel[C]) addOnLoop(spec resolve.Endpoint, now time.Time) *endpoint[C] {
	slot := uint64(len(ch.slots))
	if n := len(ch.free); n > 0 {
		slot, ch.free = ch.free[n-1], ch.free[:n-1]
	} else {
		ch.slots = append(ch.slots, nil)
	}
	ch.made++
	ep := &endpoint[C]{id: spec.ID, ref: balance.Ref(ch.made<<slotBits | slot), spec: spec, since: now}
	ep.useOnLoop()
	ch.slots[slot] = ep
	ch.byID[spec.ID] = ep
	return ep
}

// changeOnLoop updates an endpoint that stays. A connection to an address that it
// has no longer is replaced.
func (ch *Channel[C]) changeOnLoop(ep *endpoint[C], spec resolve.Endpoint, now time.Time) {
	same := slices.Equal(ep.spec.Addrs, spec.Addrs)
	ep.spec = spec
	if same {
		return
	}
	ep.stopOnLoop(now)
	for _, l := range slices.Clone(ep.links) {
		if !slices.Contains(spec.Addrs, l.addr) {
			ch.letGoOnLoop(l)
		}
	}
	ep.failures, ep.flaps, ep.retryAt = 0, 0, time.Time{}
}

// hintOnLoop tells the resolver that a fresh look may help.
func (ch *Channel[C]) hintOnLoop() {
	select {
	case ch.hint <- struct{}{}:
	default:
	}
}
