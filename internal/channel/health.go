package channel

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/curlew-rpc/curlew/balance"
)

// A health is what an endpoint says of itself.
type health uint8

const (
	unheard health = iota // nothing yet: it counts as connecting
	serving
	notServing
)

var errNotServing = errors.New("it says that it does not serve")

// ErrNotAsked says that the connection was at fault, and not the endpoint that was to be
// asked over it: the connection has ended, or has no stream free for the question. What
// was known of the endpoint before goes on to count.
var ErrNotAsked = errors.New("the connection did not let the question pass")

// watchEndpointOnLoop keeps asking an endpoint for its health and its load, as far as
// that is wanted.
func (ch *Channel[C]) watchEndpointOnLoop(ep *endpoint[C]) {
	service, every := ch.settings.HealthService, ch.reports
	if ch.keepOnLoop(ep, &ep.healthWatch, ch.healthWantedOnLoop(), service, func(ctx context.Context, l *link[C]) {
		ch.watchHealth(ctx, l, service)
	}) {
		ch.dirty = true
	}
	ep.forgetOnLoop()
	ch.keepOnLoop(ep, &ep.loadWatch, every > 0 && ch.cfg.Reports != nil, every, func(ctx context.Context, l *link[C]) {
		ch.watchLoad(ctx, l, every)
	})
}

// unwatchEndpointOnLoop ends that.
func (ch *Channel[C]) unwatchEndpointOnLoop(ep *endpoint[C]) {
	ch.keepOnLoop(ep, &ep.healthWatch, false, nil, nil)
	ep.forgetOnLoop()
	ch.keepOnLoop(ep, &ep.loadWatch, false, nil, nil)
}

// forgetOnLoop forgets what an endpoint said over a connection that is not listened to
// any more: on the next one nothing has been heard yet.
func (ep *endpoint[C]) forgetOnLoop() {
	if w := ep.healthWatch; w == nil || w != ep.healthOf {
		ep.health, ep.healthOf = unheard, w
	}
}

func (ch *Channel[C]) healthWantedOnLoop() bool {
	return ch.settings.WatchHealth && !ch.unwatched && ch.cfg.Health != nil
}

// stateOnLoop returns the state of an endpoint as the policy sees it.
func (ch *Channel[C]) stateOnLoop(ep *endpoint[C]) (balance.State, time.Time) {
	switch {
	case ep.state != balance.Ready || !ch.healthWantedOnLoop() || ep.health == serving:
		return ep.state, ep.since
	case ep.health == unheard:
		return balance.Connecting, ep.since
	}
	return balance.TransientFailure, ep.healthSince
}

// healthOnLoop takes over what an endpoint says of itself.
func (ch *Channel[C]) healthOnLoop(ep *endpoint[C], h health, err error) {
	if ep.health == h {
		return
	}
	ep.health, ep.healthSince = h, time.Now()
	if err != nil {
		ep.failedOnLoop(err)
	}
	ch.dirty = true
	ch.cfg.Logger.Info("health", "target", ch.cfg.Target.String(), "endpoint", ep.id, "serving", h == serving, "error", err)
}

// watchHealth hears of the health of an endpoint over one connection. An endpoint that
// does not know the health service counts as serving (gRFC A17).
func (ch *Channel[C]) watchHealth(ctx context.Context, l *link[C], service string) {
	tell := func(h health, err error) {
		ch.exec.post(func() {
			if ctx.Err() == nil {
				ch.healthOnLoop(l.ep, h, err)
			}
		})
	}
	ch.again(ctx, func() (good bool) {
		err := ch.cfg.Health(ctx, l.conn, service, func(is bool) {
			if good = true; is {
				tell(serving, nil)
			} else {
				tell(notServing, fmt.Errorf("%s: %w", l.addr, errNotServing))
			}
		})
		switch {
		case errors.Is(err, errors.ErrUnsupported):
			ch.cfg.Logger.Error("the service config asks for health checks, and a server has none: it counts as healthy",
				"target", ch.cfg.Target.String(), "address", l.addr.String(), "err", err)
			tell(serving, nil)
			<-ctx.Done()
		case ctx.Err() == nil && !errors.Is(err, ErrNotAsked):
			tell(notServing, fmt.Errorf("%s: its health is not known: %w", l.addr, err))
		}
		return good
	})
}

// watchLoad hears of the load of an endpoint over one connection. One that does not
// tell is not asked again (gRFC A51).
func (ch *Channel[C]) watchLoad(ctx context.Context, l *link[C], every time.Duration) {
	ch.again(ctx, func() (good bool) {
		err := ch.cfg.Reports(ctx, l.conn, every, func(r *balance.Report) {
			good = true
			l.ep.load.SetReport(r)
		})
		if errors.Is(err, errors.ErrUnsupported) {
			<-ctx.Done()
		}
		return good
	})
}
