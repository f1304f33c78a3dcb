package main

import (
	"time"

	"github.com/curlew-rpc/curlew/interop/internal/netns"
	"github.com/curlew-rpc/curlew/interop/internal/relay"
	"github.com/curlew-rpc/curlew/interop/resilience/internal/backend"
	"github.com/curlew-rpc/curlew/interop/resilience/internal/load"
	"github.com/curlew-rpc/curlew/interop/resilience/internal/stack"
)

const (
	partitionRate = 200 // calls a second, half of them for each server
	mostLost      = 1.5 // seconds' worth of the calls for the server that is cut off
	mostAway      = 2 * time.Second
)

// partitionDefaults is T6: a client that was told nothing.
func partitionDefaults(r *run) error {
	_, err := r.partition(stack.ClientOptions{}, r.time(10*time.Second, 6*time.Second), 0)
	return err
}

// partitionKeepalive is T7.
func partitionKeepalive(r *run) error {
	_, err := r.partition(stack.ClientOptions{Keepalive: 10 * time.Second, KeepaliveAfter: 2 * time.Second}, r.time(15*time.Second, 6*time.Second), 0)
	return err
}

// partitionHeals is T8: the network comes back, and the server with it.
func partitionHeals(r *run) error {
	healed, err := r.partition(stack.ClientOptions{}, 5*time.Second, r.time(10*time.Second, 6*time.Second))
	if err != nil {
		return err
	}
	book, err := r.book()
	if err != nil {
		return err
	}
	at, back := book.Between(healed, time.Now()).First(1)
	if !back {
		r.figure += ", never back"
		r.want(false, "the server gets no calls when the network is back")
		return nil
	}
	r.figure += ", back after " + rounded(at.Sub(healed)).String()
	r.want(at.Sub(healed) <= mostAway, "the server is back after %v", at.Sub(healed))
	return nil
}

// partition cuts one of two servers off, for as long as cut says, and goes on with
// calls for as long as after says. It returns when the network was healed.
func (r *run) partition(o stack.ClientOptions, cut, after time.Duration) (healed time.Time, err error) {
	so := stack.ServerOptions{FrequentPings: true}
	how := backend.Behaviour{Delay: 2 * time.Millisecond}
	addrs, err := r.start(1, so, how)
	if err != nil {
		return healed, err
	}
	far, silence, heal, err := r.startFar(so, how)
	if err != nil {
		return healed, err
	}
	c, err := r.client(stack.Target{Addrs: append(addrs, far)}, o)
	if err != nil {
		return healed, err
	}
	const before = 2 * time.Second
	l := r.load(c, load.Plan{Rate: partitionRate, Duration: before + cut + after, Deadline: time.Second}, false)
	time.Sleep(before)
	if err := silence(); err != nil {
		return healed, err
	}
	time.Sleep(time.Until(l.Begun.Add(before + cut)))
	if after == 0 {
		l.Wait()
	}
	if err := heal(); err != nil {
		return healed, err
	}
	healed = time.Now()
	res := l.Wait()
	seconds := float64(res.Lost()) / (partitionRate / 2)
	r.measured("%d of %d lost, %.2f s of its share, in %v", res.Lost(), res.Issued(), seconds, cut)
	r.noteLost(res)
	r.want(seconds <= mostLost, "%.2f s of its share are lost", seconds)
	return healed, nil
}

// startFar starts a server that can be cut off without a word: in a network of its
// own, or behind a relay where no network can be made.
func (r *run) startFar(o stack.ServerOptions, how backend.Behaviour) (addr string, silence, heal func() error, err error) {
	n, err := netns.New()
	if err != nil {
		r.note("through a relay that goes silent, not with packets dropped: %v", err)
		return r.startBehind(o, how)
	}
	r.ends = append(r.ends, func() { n.Close() })
	addr = n.Addr + ":4000"
	if err := r.startAt(addr, n.Exec(), o, how); err != nil {
		return "", nil, nil, err
	}
	return addr, func() error { return n.Filter("drop", "drop") }, n.Heal, nil
}

// startBehind starts a server behind a relay.
func (r *run) startBehind(o stack.ServerOptions, how backend.Behaviour) (addr string, silence, heal func() error, err error) {
	addrs, err := r.start(1, o, how)
	if err != nil {
		return "", nil, nil, err
	}
	between, err := relay.New(addrs[0])
	if err != nil {
		return "", nil, nil, err
	}
	r.ends = append(r.ends, between.Close)
	set := func(c relay.Conditions) func() error {
		return func() error {
			between.Set(c, c)
			return nil
		}
	}
	return between.Addr(), set(relay.Conditions{Drop: true}), set(relay.Conditions{}), nil
}
