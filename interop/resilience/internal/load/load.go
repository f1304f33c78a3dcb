// Package load makes calls as the world does: at times that were set before, whether
// or not earlier calls have ended, and takes down what became of each.
package load

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/curlew-rpc/curlew"
)

// A Caller makes one call; the id is the request's. server is the number of the
// server that answered, where one did.
type Caller func(ctx context.Context, id uint64) (server uint32, code curlew.Code, err error)

// A Plan says when calls are made.
type Plan struct {
	Rate     float64       // calls a second
	Duration time.Duration // of the whole
	Deadline time.Duration // of each call; 0 is 10 seconds
}

const defaultDeadline = 10 * time.Second

// An Outcome is what became of one call.
type Outcome struct {
	ID     uint64
	Begun  time.Time     // when it was due
	Took   time.Duration // since it was due
	Code   curlew.Code
	Server uint32
}

// Ended is when the call ended.
func (o *Outcome) Ended() time.Time { return o.Begun.Add(o.Took) }

// A Load is calls under way.
type Load struct {
	Begun time.Time

	plan     Plan
	call     Caller
	outcomes []Outcome
	first    uint64
	running  atomic.Int64
	stop     chan struct{}
	done     chan struct{}
	wg       sync.WaitGroup

	mu     sync.Mutex
	errors []error
}

// Start begins to make calls in the open loop: each at its time. Ids count up from
// first. End the load by Wait.
func Start(plan Plan, first uint64, call Caller) *Load {
	if plan.Deadline == 0 {
		plan.Deadline = defaultDeadline
	}
	n := int(plan.Rate * plan.Duration.Seconds())
	l := &Load{
		Begun: time.Now(), plan: plan, call: call, first: first,
		outcomes: make([]Outcome, n),
		stop:     make(chan struct{}), done: make(chan struct{}),
	}
	go l.run()
	return l
}

func (l *Load) run() {
	defer close(l.done)
	gap := float64(time.Second) / l.plan.Rate
	for i := range l.outcomes {
		due := l.Begun.Add(time.Duration(float64(i) * gap))
		if wait := time.Until(due); wait > 0 {
			select {
			case <-time.After(wait):
			case <-l.stop:
				l.outcomes = l.outcomes[:i]
				l.wg.Wait()
				return
			}
		}
		o := &l.outcomes[i]
		o.ID, o.Begun = l.first+uint64(i), due
		l.wg.Go(func() { l.one(o) })
	}
	l.wg.Wait()
}

// one makes the call of an outcome.
func (l *Load) one(o *Outcome) {
	l.running.Add(1)
	defer l.running.Add(-1)
	ctx, cancel := context.WithDeadline(context.Background(), o.Begun.Add(l.plan.Deadline))
	defer cancel()
	server, code, err := l.call(ctx, o.ID)
	o.Took, o.Code, o.Server = time.Since(o.Begun), code, server
	if err != nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		if len(l.errors) < 1000 {
			l.errors = append(l.errors, err)
		}
	}
}

// Running returns how many calls are under way.
func (l *Load) Running() int { return int(l.running.Load()) }

// Stop has no further calls made.
func (l *Load) Stop() { close(l.stop) }

// Done reports whether all calls of the plan have been made and have ended.
func (l *Load) Done() bool {
	select {
	case <-l.done:
		return true
	default:
		return false
	}
}

// Wait returns what became of the calls when all have ended.
func (l *Load) Wait() *Result {
	<-l.done
	return &Result{Outcomes: l.outcomes, Errors: l.errors}
}

// Run makes calls in the open loop and returns what became of them.
func Run(plan Plan, first uint64, call Caller) *Result { return Start(plan, first, call).Wait() }

// Saturate makes calls in the closed loop: so many callers, each of whom makes the
// next call when the last one has ended, until the time is up or each has made rounds
// calls, if rounds is not 0.
func Saturate(callers, rounds int, during, deadline time.Duration, first uint64, call Caller) *Result {
	var next atomic.Uint64
	next.Store(first)
	end := time.Now().Add(during)
	all := make([]Load, callers)
	var wg sync.WaitGroup
	for i := range all {
		l := &all[i]
		l.plan.Deadline, l.call = deadline, call
		wg.Go(func() {
			for n := 0; (rounds == 0 || n < rounds) && time.Now().Before(end); n++ {
				o := Outcome{ID: next.Add(1) - 1, Begun: time.Now()}
				l.one(&o)
				l.outcomes = append(l.outcomes, o)
			}
		})
	}
	wg.Wait()
	r := new(Result)
	for i := range all {
		r.Outcomes = append(r.Outcomes, all[i].outcomes...)
		r.Errors = append(r.Errors, all[i].errors...)
	}
	return r
}
