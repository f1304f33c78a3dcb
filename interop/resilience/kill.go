package main

import (
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/interop/resilience/internal/backend"
	"github.com/curlew-rpc/curlew/interop/resilience/internal/load"
	"github.com/curlew-rpc/curlew/interop/resilience/internal/stack"
)

// A kill is when a server was killed, and when it was gone.
type kill struct{ killed, gone time.Time }

// caught reports whether a call was in flight at the kill.
func (k kill) caught(o *load.Outcome) bool {
	return !o.Begun.After(k.gone) && !o.Ended().Before(k.killed)
}

// rollingKill is T4: servers are killed, one after the other; calls that may not be
// repeated are lost if a server had them.
func rollingKill(r *run) error {
	res, kills, err := r.kills(stack.ClientOptions{}, false)
	if err != nil {
		return err
	}
	caught := func(o *load.Outcome) bool {
		for _, k := range kills {
			if k.caught(o) {
				return true
			}
		}
		return false
	}
	inFlight := res.Select(caught).Issued()
	others := res.Select(func(o *load.Outcome) bool { return o.Code != curlew.OK && !caught(o) }).Issued()
	book, err := r.book()
	if err != nil {
		return err
	}
	twice := book.Duplicated()
	r.measured("%d of %d lost by %d kills, %d of them not in flight then (%d were), %d duplicated", res.Lost(), res.Issued(), len(kills), others, inFlight, twice)
	r.noteLost(res)
	r.wantOnQuiet(others == 0, "%d lost calls were not in flight at a kill", others)
	r.wantOnQuiet(res.Lost() <= inFlight, "%d are lost of %d in flight", res.Lost(), inFlight)
	r.want(twice == 0, "%d requests were executed more than once", twice)
	return nil
}

// rollingKillIdempotent is T5: the same with calls that may be repeated.
func rollingKillIdempotent(r *run) error {
	res, kills, err := r.kills(stack.ClientOptions{Idempotent: true}, true)
	if err != nil {
		return err
	}
	r.measured("%d of %d lost by %d kills, p99.9 %v, at most %v", res.Lost(), res.Issued(), len(kills), rounded(res.Took(0.999)), rounded(res.Took(1)))
	r.noteLost(res)
	r.want(res.Lost() == 0, "%d calls are lost", res.Lost())
	return nil
}

// kills makes calls while servers are killed and started again.
func (r *run) kills(o stack.ClientOptions, idempotent bool) (*load.Result, []kill, error) {
	addrs, err := r.start(3, stack.ServerOptions{}, backend.Behaviour{Delay: 5 * time.Millisecond})
	if err != nil {
		return nil, nil, err
	}
	c, err := r.client(stack.Target{Addrs: addrs}, o)
	if err != nil {
		return nil, nil, err
	}
	var kills []kill
	during := r.time(15*time.Second, 6*time.Second)
	l := r.load(c, load.Plan{Rate: 1000, Duration: during}, idempotent)
	time.Sleep(pause)
	_, err = r.replace(l.Begun.Add(during-time.Second), func(b *backend.Backend) error {
		killed, gone := b.Kill()
		kills = append(kills, kill{killed, gone})
		time.Sleep(pause)
		return nil
	})
	return l.Wait(), kills, err
}
