package curlew

import (
	"context"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// ConcurrencyLimit allows so many calls to be handled at once. Others are refused
// with Unavailable, at once: they may be retried, at another server or here after
// about a tenth of a second.
func ConcurrencyLimit(n int) Limiter {
	if n < 1 {
		return badLimitf("ConcurrencyLimit(%d): the limit must be at least 1", n)
	}
	l := &concurrencyLimit{max: n, busy: newBusy("the server handles as many calls as it may")}
	l.release = func(Outcome) { l.gate.leave() }
	return l
}

type concurrencyLimit struct {
	gate    gate
	max     int
	busy    busy
	release func(Outcome)
}

// Acquire implements [Limiter].
func (l *concurrencyLimit) Acquire(context.Context, *Call) (func(Outcome), error) {
	if _, ok := l.gate.enter(l.max); !ok {
		return nil, l.busy.error()
	}
	return l.release, nil
}

// A gate counts those inside.
type gate struct{ inside atomic.Int64 }

// enter lets one in if that makes no more than max, and returns how many there are.
func (g *gate) enter(max int) (n int, ok bool) {
	for {
		inside := g.inside.Load()
		if inside >= int64(max) {
			return int(inside), false
		}
		if g.inside.CompareAndSwap(inside, inside+1) {
			return int(inside) + 1, true
		}
	}
}

func (g *gate) leave() { g.inside.Add(-1) }

// busy is what calls are told that are one too many. The errors are made before:
// refusing must be cheap. They differ in when to come again, so that not all who were
// refused together do so together.
type busy [8]*Error

// busyTime is when to come again, on average.
const busyTime = 100 * time.Millisecond

func newBusy(text string) (b busy) {
	for i := range b {
		b[i] = Errorf(Unavailable, "%s", text).RetryAfter(busyTime/2 + busyTime*time.Duration(i)/time.Duration(len(b)-1))
	}
	return b
}

func (b *busy) error() error { return b[rand.IntN(len(b))] }

// RateLimit allows perSecond calls a second in the long run, and burst at once after
// a time with fewer. Others are refused with ResourceExhausted, for that is what was
// agreed on, however well the server may be; clients that retry it are told how long
// to wait.
func RateLimit(perSecond float64, burst int) Limiter {
	if !(perSecond > 0 && perSecond <= 1e6) || burst < 1 {
		return badLimitf("RateLimit(%v, %d): the rate must be above 0 and at most 1000000, the burst at least 1", perSecond, burst)
	}
	return &rateLimit{rate.NewLimiter(rate.Limit(perSecond), burst)}
}

type rateLimit struct{ tokens *rate.Limiter }

var errRate = Errorf(ResourceExhausted, "more calls than the agreed rate")

// Acquire implements [Limiter].
func (l *rateLimit) Acquire(context.Context, *Call) (func(Outcome), error) {
	now := time.Now()
	if l.tokens.AllowN(now, 1) {
		return nil, nil
	}
	missing := 1 - l.tokens.TokensAt(now)
	wait := time.Duration(missing / float64(l.tokens.Limit()) * float64(time.Second))
	return nil, errRate.RetryAfter(max(wait, 0))
}
