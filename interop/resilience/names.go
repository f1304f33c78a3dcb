package main

import (
	"fmt"
	"net/netip"
	"runtime"
	"time"

	"github.com/curlew-rpc/curlew/interop/resilience/internal/backend"
	"github.com/curlew-rpc/curlew/interop/resilience/internal/dnsserver"
	"github.com/curlew-rpc/curlew/interop/resilience/internal/load"
	"github.com/curlew-rpc/curlew/interop/resilience/internal/stack"
)

// ttl is for how long DNS answers hold.
const ttl = 5 * time.Second

// named starts servers and a DNS server that knows the first few of them.
func (r *run) named(servers, known int) (dns *dnsserver.Server, addrs []netip.Addr, t stack.Target, err error) {
	names, err := r.start(servers, stack.ServerOptions{}, backend.Behaviour{Delay: 2 * time.Millisecond})
	if err != nil {
		return nil, nil, t, err
	}
	for _, n := range names {
		a, err := netip.ParseAddrPort(n)
		if err != nil {
			return nil, nil, t, err
		}
		addrs = append(addrs, a.Addr())
	}
	if dns, err = dnsserver.New(ttl, addrs[:known]...); err != nil {
		return nil, nil, t, err
	}
	r.ends = append(r.ends, dns.Close)
	return dns, addrs, stack.Target{DNS: dns.Addr(), Name: fmt.Sprintf("work.resilience.test:%d", r.port)}, nil
}

// namesChange is T13: DNS tells of one more server, and then of one less, which is
// stopped when all can know.
func namesChange(r *run) error {
	dns, addrs, t, err := r.named(3, 2)
	if err != nil {
		return err
	}
	c, err := r.client(t, stack.ClientOptions{})
	if err != nil {
		return err
	}
	l := r.load(c, load.Plan{Rate: 200, Duration: time.Minute}, false)
	defer func() {
		if !l.Done() {
			l.Stop()
			l.Wait()
		}
	}()
	// The client has just asked: it takes as long as it can until it asks again.
	dns.Set(addrs...)
	added := time.Now()
	after, used, err := r.firstUse(2, added, 2*ttl)
	if err != nil {
		return err
	}
	dns.Set(addrs[1:]...)
	time.Sleep(ttl + 2*time.Second)
	if err := r.servers[0].Terminate(); err != nil {
		return err
	}
	time.Sleep(time.Second)
	l.Stop()
	res := l.Wait()
	when := "never"
	if used {
		when = "after " + rounded(after).String()
	}
	r.measured("used %s, %d of %d lost", when, res.Lost(), res.Issued())
	r.noteLost(res)
	r.wantOnQuiet(used && after <= ttl+time.Second, "the server that was added is used %s", when)
	r.want(res.Lost() == 0, "%d calls are lost", res.Lost())
	return nil
}

// firstUse waits for the first request of a server, and returns how long that took.
func (r *run) firstUse(server int, since time.Time, patience time.Duration) (after time.Duration, ok bool, err error) {
	for time.Since(since) < patience {
		book, err := r.book()
		if err != nil {
			return 0, false, err
		}
		if at, ok := book.First(server); ok {
			return at.Sub(since), true, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return 0, false, nil
}

// namesOutage is T17: DNS does not answer for a long time, in which all servers are
// replaced.
func namesOutage(r *run) error {
	dns, _, t, err := r.named(3, 3)
	if err != nil {
		return err
	}
	goroutines := runtime.NumGoroutine()
	c, err := r.client(t, stack.ClientOptions{})
	if err != nil {
		return err
	}
	during := r.time(30*time.Second, 12*time.Second)
	l := r.load(c, load.Plan{Rate: 500, Duration: during + 2*time.Second}, false)
	dns.Silence(true)
	n, err := r.replace(l.Begun.Add(during), (*backend.Backend).Terminate)
	if err != nil {
		return err
	}
	dns.Silence(false)
	res := l.Wait()
	c.Close()
	left := 0
	for range 50 {
		if left = max(runtime.NumGoroutine()-goroutines, 0); left == 0 {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	r.measured("%d of %d lost in %v without DNS, %d servers were replaced, %d goroutines left", res.Lost(), res.Issued(), during, n, left)
	r.noteLost(res)
	r.want(res.Lost() == 0, "%d calls are lost", res.Lost())
	r.want(left == 0, "%d goroutines are left", left)
	return nil
}
