package resolve

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// A dnsWatch is one Watch of the DNS resolver. Its fields are its goroutine's.
type dnsWatch struct {
	*dns
	srv        bool
	server     string
	host       string // with addresses, or the name of SRV records
	port       string
	configHost string
	memory     *dnsMemory
	push       func(Update) error
	hint       <-chan struct{}

	told    *Update // what the client has; nil when it has refused the last
	asking  sync.WaitGroup
	pending <-chan configAnswer // nil when no service config is being asked for
}

// found is what a look-up found.
type found struct {
	endpoints []Endpoint
	ttl       time.Duration
	part      bool // there may be more
}

func (w *dnsWatch) lookup(ctx context.Context) (found, error) {
	ctx, cancel := context.WithTimeout(ctx, w.Timeout)
	defer cancel()
	if w.srv {
		return w.lookupSRV(ctx)
	}
	addrs, f, err := w.lookupAddrs(ctx, w.host)
	f.endpoints = dnsEndpoints(addrs, w.port)
	return f, err
}

// lookupAddrs looks up a host. Of one that is answered in part it knows the rest
// from before.
func (w *dnsWatch) lookupAddrs(ctx context.Context, host string) ([]netip.Addr, found, error) {
	addrs, ttl, err := w.Lookup(ctx, w.server, host)
	if err == nil && len(addrs) == 0 {
		err = errors.New("the answer has no addresses")
	}
	if len(addrs) == 0 {
		return nil, found{}, dnsError(w.server, "address", host, err)
	}
	m := w.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	if err != nil {
		addrs = withOtherFamily(addrs, m.addrs[host])
	}
	m.addrs[host] = addrs
	return addrs, found{ttl: ttl, part: err != nil}, nil
}

// withOtherFamily adds to addrs those known of a family that it has none of.
func withOtherFamily(addrs, known []netip.Addr) []netip.Addr {
	v4 := func(a netip.Addr) bool { return a.Unmap().Is4() }
	v6 := func(a netip.Addr) bool { return !v4(a) }
	has4, has6 := slices.ContainsFunc(addrs, v4), slices.ContainsFunc(addrs, v6)
	addrs = slices.Clone(addrs)
	for _, a := range known {
		if v4(a) && !has4 || v6(a) && !has6 {
			addrs = append(addrs, a)
		}
	}
	return addrs
}

// tell pushes what was found, if it is not what the client has, and reports whether
// the client took it.
func (w *dnsWatch) tell(f found) bool {
	text, _ := w.config()
	u := Update{Endpoints: f.endpoints, TTL: f.ttl, ServiceConfig: text}
	if w.told != nil && sameUpdate(*w.told, u) {
		return true
	}
	w.told = nil
	if w.push(u) != nil {
		return false
	}
	w.told = &u
	return true
}

// sameUpdate reports whether the updates say the same. Servers turn the order of
// addresses with every answer, which is no change.
func sameUpdate(a, b Update) bool {
	if a.ServiceConfig != b.ServiceConfig || len(a.Endpoints) != len(b.Endpoints) {
		return false
	}
	type endpoint struct {
		addr     Addr
		weight   uint32
		priority int
	}
	has := make(map[endpoint]int, len(a.Endpoints))
	for _, ep := range a.Endpoints {
		has[endpoint{ep.Addrs[0], ep.Weight, ep.Priority}]++
	}
	for _, ep := range b.Endpoints {
		key := endpoint{ep.Addrs[0], ep.Weight, ep.Priority}
		if has[key] == 0 {
			return false
		}
		has[key]--
	}
	return true
}

// wait sleeps until the next look-up is due and reports whether there is to be one.
// taken is whether the client took what was found.
func (w *dnsWatch) wait(ctx context.Context, f found, taken bool) bool {
	floor := time.NewTimer(w.MinInterval)
	defer floor.Stop()
	var refresh <-chan time.Time
	if w.Refresh > 0 {
		timer := time.NewTimer(w.refreshAfter(f.ttl, rand.Float64()))
		defer timer.Stop()
		refresh = timer.C
	}
	// A hint that comes too early is kept until the floor has passed.
	allowed, hinted := false, f.part
	for !allowed || !hinted && taken {
		select {
		case <-ctx.Done():
			return false
		case <-refresh:
			return true
		case <-w.hint:
			hinted = true
		case <-floor.C:
			allowed = true
		case a := <-w.pending:
			if w.takeConfig(a) {
				taken = w.tell(f)
			}
		}
	}
	return true
}

// refreshAfter returns when records that hold for ttl are asked for again. It is after
// they have expired: a server that keeps answers would give the same again before.
func (d *dns) refreshAfter(ttl time.Duration, rnd float64) time.Duration {
	if ttl > 0 && ttl <= maxRefresh {
		ttl = max(ttl, minRefresh)
		return ttl + time.Duration(rnd*float64(min(ttl/10, maxLag)))
	}
	after := d.Refresh
	if ttl > 0 {
		after = maxRefresh
	}
	return time.Duration(float64(after) * (0.9 + 0.2*rnd))
}
