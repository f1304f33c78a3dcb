package main

import (
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/interop/resilience/internal/backend"
	"github.com/curlew-rpc/curlew/interop/resilience/internal/load"
	"github.com/curlew-rpc/curlew/interop/resilience/internal/stack"
)

// slowServer is T9: one of three servers takes 100 times as long as the others.
func slowServer(r *run) error {
	fast := backend.Behaviour{Delay: 2 * time.Millisecond}
	return r.shares(fast, backend.Behaviour{Delay: 200 * time.Millisecond}, 0.005)
}

// failingServer is T10: one of three servers fails, faster than others do their work.
func failingServer(r *run) error {
	good := backend.Behaviour{Delay: 5 * time.Millisecond}
	return r.shares(good, backend.Behaviour{Delay: 100 * time.Microsecond, Fail: curlew.ResourceExhausted}, 0.05)
}

// shares measures which part of the calls the bad one of three servers gets. A stack
// that cannot tell it from the others calls them in turn.
func (r *run) shares(good, bad backend.Behaviour, most float64) error {
	addrs, err := r.start(3, stack.ServerOptions{}, good)
	if err != nil {
		return err
	}
	t := stack.Target{Addrs: addrs}
	c, err := r.client(t, stack.ClientOptions{Balance: stack.LatencyAware})
	if stack.IsMissing(err) && !ours(r.stack) {
		c, err = r.client(t, stack.ClientOptions{})
	}
	if err != nil {
		return err
	}
	const server = 2
	if err := r.servers[server].Behave(bad); err != nil {
		return err
	}
	defer r.noteLateness()()
	begun := time.Now()
	res := r.load(c, load.Plan{Rate: 600, Duration: r.time(20*time.Second, 8*time.Second)}, false).Wait()
	book, err := r.book()
	if err != nil {
		return err
	}
	share := book.Between(begun, time.Now()).Share(server)
	r.measured("%.2f %% of the calls, %d of %d lost, p50 %v, p99 %v", 100*share, res.Lost(), res.Issued(), rounded(res.Took(0.5)), rounded(res.Took(0.99)))
	r.wantOnQuiet(share <= most, "the server gets %.2f %% of the calls", 100*share)
	return nil
}

// manyStreams is T14: more calls at once than one connection may carry.
func manyStreams(r *run) error {
	const callers = 500
	addrs, err := r.start(1, stack.ServerOptions{MaxStreams: 100}, backend.Behaviour{Delay: 100 * time.Millisecond})
	if err != nil {
		return err
	}
	c, err := r.client(stack.Target{Addrs: addrs}, stack.ClientOptions{MaxConnections: 5})
	if err != nil {
		return err
	}
	first := r.nextID.Add(1)
	res := load.Saturate(callers, 10, time.Minute, 10*time.Second, first, caller(c, false))
	p50 := res.Took(0.5)
	r.measured("p50 %v, at most %v, %d of %d lost", rounded(p50), rounded(res.Took(1)), res.Lost(), res.Issued())
	r.noteLost(res)
	r.wantOnQuiet(p50 <= 130*time.Millisecond, "p50 is %v", p50)
	r.want(res.Lost() == 0, "%d calls are lost", res.Lost())
	return nil
}
