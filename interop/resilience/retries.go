package main

import (
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/interop/resilience/internal/backend"
	"github.com/curlew-rpc/curlew/interop/resilience/internal/load"
	"github.com/curlew-rpc/curlew/interop/resilience/internal/stack"
)

// added returns which part of load is added by repetitions: how many requests servers
// executed from one moment to another beyond the calls that were made, in percent.
func (r *run) added(res *load.Result, from, to time.Time) (float64, error) {
	book, err := r.book()
	if err != nil {
		return 0, err
	}
	calls := res.Between(from, to).Issued()
	return 100 * (float64(len(book.Between(from, to)))/float64(calls) - 1), nil
}

// retryStorm is T15: all servers fail for a while, and clients may try again.
func retryStorm(r *run) error {
	addrs, err := r.start(3, stack.ServerOptions{}, backend.Behaviour{})
	if err != nil {
		return err
	}
	c, err := r.client(stack.Target{Addrs: addrs}, stack.ClientOptions{
		Retries: &stack.Retries{Attempts: 4, Backoff: 10 * time.Millisecond, MaxTokens: 10, TokenRatio: 0.1},
	})
	if err != nil {
		return err
	}
	const before, after = 2 * time.Second, time.Second
	storm := r.time(30*time.Second, 6*time.Second)
	l := r.load(c, load.Plan{Rate: 1000, Duration: before + storm + after}, false)
	time.Sleep(before)
	for _, b := range r.servers {
		if err := b.Behave(backend.Behaviour{Fail: curlew.Unavailable}); err != nil {
			return err
		}
	}
	failing := time.Now()
	time.Sleep(storm)
	over := time.Now()
	for _, b := range r.servers {
		if err := b.Behave(backend.Behaviour{}); err != nil {
			return err
		}
	}
	res := l.Wait()
	at, err := r.added(res, failing, failing.Add(time.Second))
	if err != nil {
		return err
	}
	then, err := r.added(res, failing.Add(time.Second), over)
	if err != nil {
		return err
	}
	r.measured("%.1f %% more load in the first second, %.1f %% in the other %v", at, then, storm-time.Second)
	r.want(then <= 10, "%.1f %% more load", then)
	return nil
}

// hedging is T16: few replies are very late, and calls are sent once more.
func hedging(r *run) error {
	addrs, err := r.start(3, stack.ServerOptions{}, backend.Behaviour{Delay: 5 * time.Millisecond, Slow: 0.01, SlowTime: 500 * time.Millisecond})
	if err != nil {
		return err
	}
	t := stack.Target{Addrs: addrs}
	c, err := r.client(t, stack.ClientOptions{Hedging: &stack.Hedging{Attempts: 3, Percentile: 0.987, Delay: 15 * time.Millisecond}})
	if stack.IsMissing(err) && !ours(r.stack) {
		r.note("without hedging: %v", err)
		c, err = r.client(t, stack.ClientOptions{})
	}
	if err != nil {
		return err
	}
	defer r.noteLateness()()
	begun := time.Now()
	res := r.load(c, load.Plan{Rate: 500, Duration: r.time(25*time.Second, 10*time.Second)}, true).Wait()
	more, err := r.added(res, begun, time.Now())
	if err != nil {
		return err
	}
	p := res.Took(0.999)
	r.measured("p50 %v, p99 %v, p99.9 %v, %.1f %% more load, %d of %d lost", rounded(res.Took(0.5)), rounded(res.Took(0.99)), rounded(p), more, res.Lost(), res.Issued())
	r.noteLost(res)
	r.wantOnQuiet(p <= 30*time.Millisecond, "p99.9 is %v", p)
	r.wantOnQuiet(more <= 2, "%.1f %% more load", more)
	r.want(res.Lost() == 0, "%d calls are lost", res.Lost())
	return nil
}
