package resolve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A zone answers look-ups of SRV records and addresses.
type zone struct {
	mu      sync.Mutex
	records []net.SRV
	err     error // of the records
	hosts   map[string][]netip.Addr
	ttl     time.Duration // of the records
	hostTTL map[string]time.Duration
}

func (z *zone) config() DNSConfig {
	return DNSConfig{
		Lookup: func(_ context.Context, _, host string) ([]netip.Addr, time.Duration, error) {
			z.mu.Lock()
			defer z.mu.Unlock()
			if len(z.hosts[host]) == 0 {
				return nil, 0, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
			}
			return z.hosts[host], z.hostTTL[host], nil
		},
		LookupSRV: func(context.Context, string, string) ([]net.SRV, time.Duration, error) {
			z.mu.Lock()
			defer z.mu.Unlock()
			return z.records, z.ttl, z.err
		},
	}
}

func (z *zone) set(f func()) {
	z.mu.Lock()
	defer z.mu.Unlock()
	f()
}

// An srvWatch notes what is pushed, with priority and weight, and calls Watch as a
// client does.
type srvWatch struct {
	mu      sync.Mutex
	updates []string
	errs    []error
}

func watchSRV(ctx context.Context, r Resolver) *srvWatch {
	w := new(srvWatch)
	go func() {
		for ctx.Err() == nil {
			err := r.Watch(ctx, Target{Scheme: "srv", Endpoint: "_grpc._tcp.users"}, nil, w.push)
			if err != nil {
				w.mu.Lock()
				w.errs = append(w.errs, err)
				w.mu.Unlock()
			}
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
			}
		}
	}()
	return w
}

func (w *srvWatch) push(u Update) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, err := Normalize(u); err != nil {
		return err
	}
	list := []string{}
	for _, ep := range u.Endpoints {
		list = append(list, fmt.Sprintf("%s/%d/%d", ep.Addrs[0], ep.Priority, ep.Weight))
	}
	w.updates = append(w.updates, strings.Join(list, " "))
	return nil
}

// after returns what has come by then since the last time.
func (w *srvWatch) after(d time.Duration) (updates []string, errs []error) {
	time.Sleep(d)
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	updates, errs = w.updates, w.errs
	w.updates, w.errs = nil, nil
	return updates, errs
}

func addrs(list ...string) (out []netip.Addr) {
	for _, a := range list {
		out = append(out, netip.MustParseAddr(a))
	}
	return out
}

func TestSRVEndpoints(t *testing.T) {
	a, b, c := addrs("192.0.2.1"), addrs("192.0.2.2", "2001:db8::2"), addrs("192.0.2.3")
	for _, test := range []struct {
		name    string
		records []net.SRV
		want    string
	}{
		{"priorities are counted from 0", []net.SRV{{Target: "c.", Port: 3, Priority: 30}, {Target: "a.", Port: 1, Priority: 10, Weight: 1}},
			"192.0.2.1:1/0/100 192.0.2.3:3/1/1"},
		{"weights", []net.SRV{{Target: "a.", Port: 1, Weight: 65535}, {Target: "c.", Port: 3, Weight: 0}},
			"192.0.2.1:1/0/6553500 192.0.2.3:3/0/1"},
		{"addresses share the weight", []net.SRV{{Target: "b.", Port: 2, Weight: 3}, {Target: "a.", Port: 1, Weight: 3}},
			"192.0.2.2:2/0/150 [2001:db8::2]:2/0/150 192.0.2.1:1/0/300"},
		{"the order within a priority stays", []net.SRV{{Target: "c.", Port: 3, Priority: 1}, {Target: "a.", Port: 1}, {Target: "a.", Port: 9}},
			"192.0.2.1:1/0/1 192.0.2.1:9/0/1 192.0.2.3:3/1/1"},
		{"a priority without addresses does not count", []net.SRV{{Target: "x.", Port: 3}, {Target: "a.", Port: 1, Priority: 1}},
			"192.0.2.1:1/0/1"},
		{"not available", []net.SRV{{Target: "."}}, ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			z := &zone{records: test.records, hosts: map[string][]netip.Addr{"a.": a, "b.": b, "c.": c}}
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			updates, errs := watchSRV(ctx, DNS(z.config())).after(time.Second)
			if !slices.Equal(updates, []string{test.want}) || len(errs) > 0 {
				t.Errorf("%s: %q, %v; want %q", test.name, updates, errs, test.want)
			}
		})
	}
}

// The next look-up is when the first of all the records expires.
func TestSRVTTL(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		z := &zone{
			records: []net.SRV{{Target: "a.", Port: 1}, {Target: "b.", Port: 1}}, ttl: time.Hour,
			hosts:   map[string][]netip.Addr{"a.": addrs("192.0.2.1"), "b.": addrs("192.0.2.2")},
			hostTTL: map[string]time.Duration{"a.": time.Minute, "b.": time.Hour},
		}
		w := watchSRV(t.Context(), DNS(z.config()))
		if updates, _ := w.after(time.Second); len(updates) != 1 {
			t.Errorf("at first: %q", updates)
		}
		z.set(func() { z.hosts["b."] = addrs("192.0.2.3") })
		if updates, _ := w.after(58 * time.Second); len(updates) != 0 {
			t.Errorf("before the time is over: %q", updates)
		}
		if updates, _ := w.after(3 * time.Second); !slices.Equal(updates, []string{"192.0.2.1:1/0/1 192.0.2.3:1/0/1"}) {
			t.Errorf("afterwards: %q", updates)
		}
	})
}

// A failure takes nothing away, neither of the records nor of a host that they name.
// Only records that do not name a host any longer do.
func TestSRVFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		z := &zone{
			records: []net.SRV{{Target: "a.", Port: 1}, {Target: "b.", Port: 1}}, ttl: time.Second,
			hosts: map[string][]netip.Addr{"a.": addrs("192.0.2.1"), "b.": addrs("192.0.2.2")},
		}
		const both, first = "192.0.2.1:1/0/1 192.0.2.2:1/0/1", "192.0.2.1:1/0/1"
		w := watchSRV(t.Context(), DNS(z.config()))
		step := func(name string, change func(), wantUpdates []string, wantErr string) {
			t.Helper()
			z.set(change)
			updates, errs := w.after(time.Minute)
			if !slices.Equal(updates, wantUpdates) {
				t.Errorf("%s: pushed %q, want %q", name, updates, wantUpdates)
			}
			if wantErr == "" != (len(errs) == 0) || wantErr != "" && !strings.Contains(errs[0].Error(), wantErr) {
				t.Errorf("%s: failed with %v, want %q", name, errs, wantErr)
			}
		}
		step("at first", func() {}, []string{both}, "")
		step("a host does not exist", func() { delete(z.hosts, "b.") }, nil, "")
		step("no host exists", func() { delete(z.hosts, "a.") }, nil, "")
		step("no records", func() { z.records, z.err = nil, &net.DNSError{Err: "no such host", IsNotFound: true} }, nil,
			`the system's resolver knows no SRV record of "_grpc._tcp.users"; is the name right?`)
		step("an empty answer", func() { z.err = nil }, nil, "no records")
		step("records again, and no hosts", func() { z.records = []net.SRV{{Target: "a.", Port: 1}, {Target: "b.", Port: 1}} }, []string{both}, "")
		step("one is not named", func() { z.records = z.records[:1] }, []string{first}, "")
		step("it is named again, and does not exist", func() { z.records = z.records[:2] }, nil, "")
		step("some records are wrong", func() { z.err = errors.New("malformed") }, nil, "")
	})
	synctest.Test(t, func(t *testing.T) {
		z := &zone{records: []net.SRV{{Target: "a.", Port: 1}}}
		updates, errs := watchSRV(t.Context(), DNS(z.config())).after(time.Minute)
		if len(updates) > 0 || len(errs) == 0 || !strings.Contains(errs[0].Error(), `knows no address of "a."`) {
			t.Errorf("nothing known: %q, %v", updates, errs)
		}
	})
}

// However many hosts there are, few are looked up at once.
func TestSRVManyHosts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		now, most := 0, 0
		c := DNSConfig{
			Lookup: func(context.Context, string, string) ([]netip.Addr, time.Duration, error) {
				mu.Lock()
				now++
				most = max(most, now)
				mu.Unlock()
				time.Sleep(time.Millisecond)
				mu.Lock()
				now--
				mu.Unlock()
				return someAddrs[:1], 0, nil
			},
			LookupSRV: func(context.Context, string, string) (list []net.SRV, _ time.Duration, _ error) {
				for i := range 100 {
					list = append(list, net.SRV{Target: fmt.Sprintf("h%d.", i/2), Port: uint16(1 + i)})
				}
				return list, 0, nil
			},
		}
		updates, _ := watchSRV(t.Context(), DNS(c)).after(10 * time.Second)
		mu.Lock()
		defer mu.Unlock()
		if len(updates) != 1 || strings.Count(updates[0], " ") != 99 || most != srvAtOnce {
			t.Errorf("%d at once, %q", most, updates)
		}
	})
}

func TestSRVTargets(t *testing.T) {
	for _, c := range []struct{ endpoint, says string }{
		{"users:80", "write srv:///users"}, {"_a._b", "names no domain"},
	} {
		err := DNS(DNSConfig{}).Watch(t.Context(), Target{Scheme: "srv", Endpoint: c.endpoint}, nil, accept)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", c.endpoint, err)
		}
	}
}
