package main

import (
	"context"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/balance"
	"github.com/curlew-rpc/curlew/interop/resilience/internal/stack"
	"github.com/curlew-rpc/curlew/resolve"
)

const multitude = 10_000 // endpoints

// picks is T18: what picking an endpoint costs, and how long it takes until a client
// goes by an update of many endpoints.
func picks(r *run) error {
	turns, two := pickCost(stack.RoundRobin), pickCost(stack.LatencyAware)
	update, err := updateTime()
	if err != nil {
		return err
	}
	allocs := turns.AllocsPerOp() + two.AllocsPerOp()
	r.measured("round robin %d ns, two choices %d ns, %d allocations, %d endpoints updated in %v", turns.NsPerOp(), two.NsPerOp(), allocs, multitude, rounded(update))
	r.wantOnQuiet(turns.NsPerOp() <= 50, "a pick in turn takes %d ns", turns.NsPerOp())
	r.wantOnQuiet(two.NsPerOp() <= 150, "a pick of two takes %d ns", two.NsPerOp())
	r.want(allocs == 0, "%d allocations a pick", allocs)
	r.wantOnQuiet(update < 50*time.Millisecond, "an update takes %v", update)
	return nil
}

// pickCost measures picks among ready endpoints.
func pickCost(b stack.Balance) testing.BenchmarkResult {
	in := balance.Snapshot{Now: time.Now(), Seed: 1}
	for i := range 100 {
		in.Endpoints = append(in.Endpoints, balance.View{
			Endpoint: endpoint(i), Ref: balance.Ref(i + 1), State: balance.Ready, Since: in.Now, Weight: 1, Load: new(balance.Load),
		})
	}
	picker := stack.CurlewBalancer(b).NewPlanner().Plan(in).Picker
	call := &balance.Call{Method: "/a.B/C"}
	for _, v := range in.Endpoints { // as if all had been called
		v.Load.Begin()
		v.Load.End(balance.Outcome{Latency: time.Millisecond})
	}
	return testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			picker.Pick(call)
		}
	})
}

func endpoint(i int) resolve.Endpoint {
	addr := fmt.Sprintf("10.%d.%d.%d:443", i>>16&255, i>>8&255, i&255)
	return resolve.Endpoint{Addrs: []resolve.Addr{{Network: "tcp", Address: addr}}}
}

// updateTime returns how long it takes, at the median, until a client has a plan by an
// update in which one of many endpoints is another than before.
func updateTime() (time.Duration, error) {
	updates, planned := make(chan resolve.Update), make(chan resolve.Endpoint, 1000)
	c, err := curlew.NewClient("static:///unused:1",
		curlew.WithResolver(pusher(updates)),
		curlew.WithBalancer(planWatcher{balance.RoundRobin(), planned}),
		curlew.WithDialer(func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done() // nobody answers
			return nil, ctx.Err()
		}))
	if err != nil {
		return 0, err
	}
	defer c.Close()
	c.Connect()
	const rounds = 15
	var times []time.Duration
	for round := range rounds {
		u := resolve.Update{}
		for i := range multitude - 1 {
			u.Endpoints = append(u.Endpoints, endpoint(i))
		}
		last := endpoint(multitude + round)
		u.Endpoints = append(u.Endpoints, last)
		begun := time.Now()
		updates <- u
		for timeout := time.After(10 * time.Second); ; {
			select {
			case e := <-planned:
				if e.Addrs[0] != last.Addrs[0] {
					continue
				}
			case <-timeout:
				return 0, fmt.Errorf("no plan for an update within 10 s")
			}
			break
		}
		if round > 0 { // in the first all endpoints are new
			times = append(times, time.Since(begun))
		}
		time.Sleep(100 * time.Millisecond)
	}
	return median(times), nil
}

// A pusher is a resolver that pushes what comes.
type pusher chan resolve.Update

// Watch implements resolve.Resolver.
func (p pusher) Watch(ctx context.Context, _ resolve.Target, _ <-chan struct{}, push func(resolve.Update) error) error {
	for {
		select {
		case u := <-p:
			if err := push(u); err != nil {
				return err
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// A planWatcher tells the last endpoint of each snapshot that was planned for.
type planWatcher struct {
	balance.Policy
	planned chan<- resolve.Endpoint
}

func (w planWatcher) NewPlanner() balance.Planner {
	return watchedPlanner{w.Policy.NewPlanner(), w.planned}
}

type watchedPlanner struct {
	balance.Planner
	planned chan<- resolve.Endpoint
}

func (w watchedPlanner) Plan(in balance.Snapshot) balance.Plan {
	plan := w.Planner.Plan(in)
	if n := len(in.Endpoints); n > 0 {
		select {
		case w.planned <- in.Endpoints[n-1].Endpoint:
		default: // nobody waits
		}
	}
	return plan
}
