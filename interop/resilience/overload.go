package main

import (
	"time"

	"github.com/curlew-rpc/curlew/interop/resilience/internal/backend"
	"github.com/curlew-rpc/curlew/interop/resilience/internal/load"
	"github.com/curlew-rpc/curlew/interop/resilience/internal/stack"
)

const (
	places   = 8                     // requests that the server works at at once
	workTime = 10 * time.Millisecond // that each takes
	settling = 3 * time.Second       // before anything is measured
)

// overload is T19: a server that can bear so much gets three times that. The peak is
// what it does for as many callers as it has places.
func overload(r *run) error {
	addrs, err := r.start(1, stack.ServerOptions{AdaptiveLimit: true}, backend.Behaviour{Delay: workTime, Capacity: places})
	if stack.IsMissing(err) && !ours(r.stack) {
		r.note("without a limit: %v", err)
		addrs, err = r.start(1, stack.ServerOptions{}, backend.Behaviour{Delay: workTime, Capacity: places})
	}
	if err != nil {
		return err
	}
	c, err := r.client(stack.Target{Addrs: addrs}, stack.ClientOptions{})
	if err != nil {
		return err
	}
	defer r.noteLateness()()
	during := r.time(10*time.Second, 4*time.Second)
	const deadline = time.Second
	first := r.nextID.Add(1 << 20)
	calm := load.Saturate(places, 0, during, deadline, first, caller(c, false))
	peak := float64(calm.Good().Issued()) / during.Seconds()
	usual := calm.Good().Took(0.99)
	r.nextID.Add(1 << 20)
	l := r.load(c, load.Plan{Rate: 3 * peak, Duration: settling + during, Deadline: deadline}, false)
	from := l.Begun.Add(settling)
	res := l.Wait().Between(from, from.Add(during))
	good := res.Good()
	goodput := float64(good.Issued()) / during.Seconds()
	p99 := good.Took(0.99)
	r.measured("goodput %.0f %% of %.0f/s, admitted p99 %v, at the peak %v", 100*goodput/peak, peak, rounded(p99), rounded(usual))
	r.note("%s", res.Codes())
	r.wantOnQuiet(goodput >= 0.9*peak, "the goodput is %.0f %% of the peak", 100*goodput/peak)
	r.wantOnQuiet(p99 <= 2*usual, "p99 is %.1f times that at the peak", float64(p99)/float64(usual))
	return nil
}
