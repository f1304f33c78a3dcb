package resolve

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"sync"
)

// srvAtOnce is how many hosts are looked up at the same time.
const srvAtOnce = 16

// lookupSRV looks up the records and then the hosts that they name. Of a host that
// fails it knows the addresses from before.
func (w *dnsWatch) lookupSRV(ctx context.Context) (found, error) {
	records, ttl, err := w.LookupSRV(ctx, w.server, w.host)
	if err == nil && len(records) == 0 {
		err = errors.New("the answer has no records")
	}
	if len(records) == 0 {
		return found{}, dnsError(w.server, "SRV record", w.host, err)
	}
	if len(records) == 1 && records[0].Target == "." {
		return found{ttl: ttl, endpoints: []Endpoint{}}, nil // RFC 2782: decidedly not available
	}
	f := found{ttl: ttl, part: err != nil}
	hosts, failed := w.lookupHosts(ctx, records, &f)
	f.endpoints = srvEndpoints(records, hosts)
	if len(f.endpoints) == 0 {
		return found{}, failed
	}
	return f, nil
}

// lookupHosts looks up the hosts of the records and notes in f how long they hold. The
// error is that of one which nothing is known of.
func (w *dnsWatch) lookupHosts(ctx context.Context, records []net.SRV, f *found) (map[string][]netip.Addr, error) {
	hosts := make(map[string][]netip.Addr, len(records))
	for _, r := range records {
		hosts[r.Target] = nil
	}
	w.forgetOthers(hosts)
	var mu sync.Mutex // of f, hosts and failed
	var failed error
	var all sync.WaitGroup
	slots := make(chan struct{}, srvAtOnce)
	for _, host := range slices.Collect(maps.Keys(hosts)) {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			addrs, one, err := w.lookupAddrs(ctx, host)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				addrs, failed = w.remembered(host), err
			}
			hosts[host] = addrs
			f.part = f.part || one.part || err != nil
			if one.ttl > 0 && (f.ttl == 0 || one.ttl < f.ttl) {
				f.ttl = one.ttl
			}
		})
	}
	all.Wait()
	return hosts, failed
}

func (w *dnsWatch) remembered(host string) []netip.Addr {
	w.memory.mu.Lock()
	defer w.memory.mu.Unlock()
	return w.memory.addrs[host]
}

func (w *dnsWatch) forgetOthers(hosts map[string][]netip.Addr) {
	w.memory.mu.Lock()
	defer w.memory.mu.Unlock()
	for host := range w.memory.addrs {
		if _, named := hosts[host]; !named {
			delete(w.memory.addrs, host)
		}
	}
}

// srvEndpoints makes every address of every record an endpoint. Their order within a
// priority stays.
func srvEndpoints(records []net.SRV, hosts map[string][]netip.Addr) []Endpoint {
	records = slices.Clone(records)
	slices.SortStableFunc(records, func(a, b net.SRV) int { return cmp.Compare(a.Priority, b.Priority) })
	var list []Endpoint
	group, last := -1, 0
	for _, r := range records {
		addrs := hosts[r.Target]
		if len(addrs) == 0 {
			continue
		}
		if group < 0 || int(r.Priority) != last {
			group, last = group+1, int(r.Priority)
		}
		for _, ep := range dnsEndpoints(addrs, strconv.Itoa(int(r.Port))) {
			ep.Priority = group
			ep.Weight = srvWeight(r.Weight, len(addrs))
			list = append(list, ep)
		}
	}
	return list
}

// srvWeight is the weight of each of the addresses of a host.
func srvWeight(weight uint16, addrs int) uint32 {
	return max(uint32(weight)*100/uint32(addrs), 1)
}
