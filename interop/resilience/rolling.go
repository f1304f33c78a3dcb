package main

import (
	"slices"
	"time"

	"github.com/curlew-rpc/curlew/interop/resilience/internal/backend"
	"github.com/curlew-rpc/curlew/interop/resilience/internal/load"
	"github.com/curlew-rpc/curlew/interop/resilience/internal/stack"
)

// pause is what lies between the replacement of one server and that of the next.
const pause = 500 * time.Millisecond

// replace replaces one server after the other by end and a start, for as long as the
// calls go on, and returns how many it has replaced.
func (r *run) replace(until time.Time, end func(*backend.Backend) error) (n int, err error) {
	for time.Now().Before(until) {
		b := r.servers[n%len(r.servers)]
		if err := end(b); err != nil {
			return n, err
		}
		if err := b.Start(); err != nil {
			return n, err
		}
		n++
		time.Sleep(pause)
	}
	return n, nil
}

// rollingStop is T1: servers are told to stop, one after the other, and replaced.
func rollingStop(r *run) error {
	addrs, err := r.start(3, stack.ServerOptions{}, backend.Behaviour{Delay: 2 * time.Millisecond})
	if err != nil {
		return err
	}
	c, err := r.client(stack.Target{Addrs: addrs}, stack.ClientOptions{})
	if err != nil {
		return err
	}
	during := r.time(time.Minute, 8*time.Second)
	l := r.load(c, load.Plan{Rate: r.rate(2000, 1000), Duration: during}, false)
	n, err := r.replace(l.Begun.Add(during-time.Second), (*backend.Backend).Terminate)
	if err != nil {
		return err
	}
	res := l.Wait()
	r.measured("%d of %d lost while %d servers were replaced, p99.9 %v", res.Lost(), res.Issued(), n, rounded(res.Took(0.999)))
	r.noteLost(res)
	r.want(res.Lost() == 0, "%d calls are lost", res.Lost())
	return nil
}

// maxAge is T3: connections end when they are a second old.
func maxAge(r *run) error {
	addrs, err := r.start(3, stack.ServerOptions{MaxAge: time.Second, MaxAgeGrace: r.grace}, backend.Behaviour{Delay: 2 * time.Millisecond})
	if err != nil {
		return err
	}
	c, err := r.client(stack.Target{Addrs: addrs}, stack.ClientOptions{})
	if err != nil {
		return err
	}
	res := r.load(c, load.Plan{Rate: 1000, Duration: r.time(30*time.Second, 6*time.Second)}, false).Wait()
	connections := 0
	for _, b := range r.servers {
		rep, err := b.Report()
		if err != nil {
			return err
		}
		connections += len(rep.Accepted)
	}
	r.measured("%d of %d lost over %d connections, p99.9 %v", res.Lost(), res.Issued(), connections, rounded(res.Took(0.999)))
	r.noteLost(res)
	r.want(res.Lost() == 0, "%d calls are lost", res.Lost())
	r.want(connections > 2*len(addrs), "there were only %d connections: they did not end", connections)
	return nil
}

// rounded is a duration as it is shown.
func rounded(d time.Duration) time.Duration {
	switch {
	case d > 10*time.Second:
		return d.Round(100 * time.Millisecond)
	case d > 100*time.Millisecond:
		return d.Round(time.Millisecond)
	case d > time.Millisecond:
		return d.Round(100 * time.Microsecond)
	}
	return d
}

// median returns the middle one of some durations, which it sorts.
func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}
