package channel

import (
	"context"
	"math/rand/v2"
	"reflect"
	"time"

	"github.com/curlew-rpc/curlew/balance"
	"github.com/curlew-rpc/curlew/resolve"
)

// Settings are what a service config says of connections.
type Settings struct {
	Policy              balance.Policy
	MaxConnsPerEndpoint int

	// WatchHealth has the endpoints asked whether they serve HealthService, and those
	// that do not left out, unless the policy wants them all (gRFC A17).
	WatchHealth   bool
	HealthService string
}

// readConfig returns the settings of an update's service config, and what is wrong with
// it. Without settings the whole update is refused; with both the settings are those of
// before (gRFC A21).
func (ch *Channel[C]) readConfig(u resolve.Update) (*Settings, error) {
	if ch.cfg.Settings == nil {
		return ch.given, nil
	}
	return ch.cfg.Settings(u.ServiceConfig)
}

// configureOnLoop puts the settings in force that an update came with. The policy
// begins anew only when it is another, or set otherwise; connections stay in any case.
func (ch *Channel[C]) configureOnLoop(s *Settings) {
	// A policy with a function in it is not equal to itself.
	if ch.planner == nil || ch.settings != s && !reflect.DeepEqual(ch.settings.Policy, s.Policy) {
		ch.planner = s.Policy.NewPlanner()
	}
	ch.settings = s
}

// A watching is a stream to an endpoint, over one of its connections, of what it says
// of itself.
type watching[C Conn] struct {
	l    *link[C]
	what any // that is asked for, to be compared
	stop context.CancelFunc
}

// keepOnLoop has run go on over the endpoint's oldest connection as long as want. run
// is started again elsewhere when that connection goes out of use.
func (ch *Channel[C]) keepOnLoop(ep *endpoint[C], at **watching[C], want bool, what any, run func(ctx context.Context, l *link[C])) (started bool) {
	l := ep.firstOnLoop()
	w := *at
	if w != nil && (!want || w.l != l || w.what != what) {
		w.stop()
		w, *at = nil, nil
	}
	if !want || l == nil || w != nil {
		return false
	}
	ctx, stop := context.WithCancel(context.Background())
	*at = &watching[C]{l, what, stop}
	ch.exec.ended.Go(func() {
		defer stop()
		run(ctx, l)
	})
	return true
}

// firstOnLoop returns the oldest connection that answers, nil without one.
func (ep *endpoint[C]) firstOnLoop() *link[C] {
	for _, l := range ep.links {
		if !l.silent {
			return l
		}
	}
	return nil
}

// again runs f until ctx ends, after growing pauses as long as f does not report
// that it had success.
func (ch *Channel[C]) again(ctx context.Context, f func() (good bool)) {
	for failures := 1; ctx.Err() == nil; failures++ {
		if f() {
			failures = 1
		}
		if ch.pause(ctx, failures) != nil {
			return
		}
	}
}

func (ch *Channel[C]) delay(failures int) time.Duration {
	return ch.cfg.Backoff.Delay(failures, rand.Float64)
}

// pause waits for as long as a backoff after so many failures takes.
func (ch *Channel[C]) pause(ctx context.Context, failures int) error {
	t := time.NewTimer(ch.delay(failures))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
