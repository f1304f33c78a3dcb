package curlew

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"
)

// A Limiter decides which calls a server takes on. ConcurrencyLimit, RateLimit and
// AdaptiveLimit make some; an application may have its own. A Limiter may be given to
// several services, and servers, which then share what it allows.
type Limiter interface {
	// Acquire is called for every call, concurrently, after its request has arrived
	// and before it is decoded, or anything else of the application's sees it. An
	// error, made by [Errorf], refuses the call: Unavailable says that another server
	// may do better, ResourceExhausted that the client asks for too much;
	// [Error.RetryAfter] says when to come again. Otherwise release, which may be nil,
	// is called once, when the handler has returned or another Limiter has refused the
	// call. Acquire may wait, but not for longer than ctx.
	Acquire(ctx context.Context, call *Call) (release func(Outcome), err error)
}

// An Outcome is what became of a call that a Limiter has let in.
type Outcome struct {
	Err     error         // how it ended; nil for OK
	Took    time.Duration // by interceptors and handler
	Refused bool          // another Limiter has refused it, and it has not run
}

// WithLimits has the limiters decide, one after the other, which calls of all
// services the server takes on; those of package health excepted. The default is all
// calls. Given more than once, later ones are asked later.
func WithLimits(limits ...Limiter) ServerOption {
	return serverOption(func(c *serverConfig) error {
		c.limits = append(c.limits, limits...)
		return checkLimits(limits)
	})
}

// WithServiceLimits has the limiters decide which calls of one service are taken on,
// after those of WithLimits. See [ForMethods].
func WithServiceLimits(limits ...Limiter) ServiceOption {
	return func(c *serviceConfig) {
		c.limits = append(c.limits, limits...)
		if err := checkLimits(limits); err != nil {
			c.errs = append(c.errs, err)
		}
	}
}

// WithoutLimits exempts the calls of a service from WithLimits: those by which the
// server is watched or cured, for instance.
func WithoutLimits() ServiceOption { return func(c *serviceConfig) { c.exempt = true } }

func checkLimits(limits []Limiter) error {
	var errs []error
	for _, l := range limits {
		if l == nil {
			errs = append(errs, errors.New("curlew: a limiter is nil"))
		}
		if bad, ok := l.(badLimit); ok {
			errs = append(errs, bad.err)
		}
	}
	return errors.Join(errs...)
}

// A badLimit is a limiter that was made with arguments that make no sense.
type badLimit struct{ err error }

func badLimitf(format string, args ...any) Limiter {
	return badLimit{fmt.Errorf("curlew: "+format, args...)}
}

// Acquire implements [Limiter]. A server with a badLimit does not serve.
func (b badLimit) Acquire(context.Context, *Call) (func(Outcome), error) {
	return nil, Errorf(Internal, "the server's limits are wrong").Because(b.err)
}

// limited performs the call if all limiters let it in.
func (c *serverCall) limited() error {
	var few [4]func(Outcome)
	releases := few[:0]
	out := Outcome{Refused: true}
	defer func() { // whoever panics
		for _, release := range releases {
			release(out)
		}
	}()
	for _, l := range c.method.limits {
		release, err := l.Acquire(&c.ctx, &c.call)
		if err != nil {
			c.srv.refusals.note(c.srv.log, c.method.Method.Path, err)
			out.Err = err
			return err
		}
		if release != nil {
			releases = append(releases, release)
		}
	}
	began := time.Now()
	err := c.handle()
	out = Outcome{Err: err, Took: time.Since(began)}
	return err
}

// handle runs interceptors and handler, and survives them.
func (c *serverCall) handle() (err error) {
	defer c.recovered(&err)
	return c.method.handler(&c.ctx, &c.call)
}

// refusals counts the calls that limiters have refused, and logs now and then.
type refusals struct {
	total  atomic.Int64
	told   atomic.Int64 // of total, what has been logged
	logged atomic.Int64 // when, in nanoseconds since 1970
}

// refusalPause is how long nothing is said of refused calls after something was.
const refusalPause = 10 * time.Second

func (r *refusals) note(log *slog.Logger, path string, err error) {
	n := r.total.Add(1)
	now := time.Now().UnixNano()
	last := r.logged.Load()
	if now-last < int64(refusalPause) || !r.logged.CompareAndSwap(last, now) {
		return
	}
	log.Warn("calls are refused by a limit", "calls", n-r.told.Swap(n), "last", path, "err", err)
}

// Refused returns how many calls limiters have refused.
func (s *Server) Refused() int { return int(s.refusals.total.Load()) }
