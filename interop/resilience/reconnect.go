package main

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/curlew-rpc/curlew/interop/resilience/internal/backend"
	"github.com/curlew-rpc/curlew/interop/resilience/internal/stack"
)

const (
	crowd  = 500                    // clients
	bucket = 100 * time.Millisecond // in which connections are counted
)

// downLong is T11.
func downLong(r *run) error {
	peak, p99, err := r.comeBack(5 * time.Second)
	if err != nil {
		return err
	}
	r.wantOnQuiet(peak <= 40, "%d connect in 100 ms", peak)
	r.wantOnQuiet(p99 <= 5*time.Second, "99 of 100 are back within %v", p99)
	return nil
}

// downShort is T12.
func downShort(r *run) error {
	peak, _, err := r.comeBack(500 * time.Millisecond)
	if err != nil {
		return err
	}
	r.wantOnQuiet(peak <= 100, "%d connect in 100 ms", peak)
	return nil
}

// comeBack has a server die and come back that many clients are connected to, and
// returns how many of them connect at most at about the same time, and within what
// time nearly all do.
func (r *run) comeBack(down time.Duration) (peak int, p99 time.Duration, err error) {
	addrs, err := r.start(1, stack.ServerOptions{}, backend.Behaviour{})
	if err != nil {
		return 0, 0, err
	}
	if err := r.gather(stack.Target{Addrs: addrs}); err != nil {
		return 0, 0, err
	}
	server := r.servers[0]
	server.Kill()
	time.Sleep(down)
	if err := server.Start(); err != nil {
		return 0, 0, err
	}
	var rep backend.Report
	for end := time.Now().Add(20 * time.Second); len(rep.Accepted) < crowd && time.Now().Before(end); time.Sleep(bucket) {
		if rep, err = server.Report(); err != nil {
			return 0, 0, err
		}
	}
	if len(rep.Accepted) == 0 {
		return 0, 0, fmt.Errorf("no client connects again within 20 s")
	}
	counts := map[time.Duration]int{}
	var after []time.Duration
	for _, at := range rep.Accepted {
		since := at.Sub(rep.Listening)
		after = append(after, since)
		counts[since/bucket]++
		peak = max(peak, counts[since/bucket])
	}
	slices.Sort(after)
	n := len(after)
	p99 = after[n*99/100]
	r.measured("%d connect, at most %d in 100 ms, p50 after %v, p99 %v", n, peak, rounded(after[n/2]), rounded(p99))
	r.want(n >= crowd, "only %d of %d clients come back within 20 s", n, crowd)
	return peak, p99, nil
}

// gather makes the clients and has them connected.
func (r *run) gather(t stack.Target) error {
	errs := make([]error, crowd)
	several := make(chan struct{}, 50) // at once
	var wg sync.WaitGroup
	for i := range crowd {
		c, err := r.stack.NewClient(t, stack.ClientOptions{Reconnect: true})
		if err != nil {
			return err
		}
		r.clients = append(r.clients, c)
		several <- struct{}{}
		wg.Go(func() {
			errs[i] = r.once(c)
			<-several
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
