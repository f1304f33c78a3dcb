package resolve

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"strconv"
	"time"
)

// A DNSConfig has the settings of the DNS resolver. The zero value is the default.
type DNSConfig struct {
	// Lookup finds the addresses of a host and how long they hold, 0 when it
	// cannot tell. server is the DNS server that the target names, usually empty.
	// nil asks the system's resolver.
	Lookup func(ctx context.Context, server, host string) ([]netip.Addr, time.Duration, error)

	// DefaultPort is for targets that name none. 0 means 443; a negative one makes
	// such a target an error.
	DefaultPort int

	// Refresh is how long to wait before the next look-up when the addresses came
	// without a time to live. Otherwise that time counts, bounded to between 5
	// seconds and 5 minutes. Either varies by 10 % so that clients spread. 0 means
	// 30 seconds; a negative one looks again only on a hint, whatever the time to live.
	Refresh time.Duration

	// MinInterval is how soon after a look-up a hint may cause the next.
	// 0 means 30 seconds.
	MinInterval time.Duration

	// Timeout bounds one look-up. 0 means 30 seconds.
	Timeout time.Duration
}

const (
	minRefresh     = 5 * time.Second
	maxRefresh     = 5 * time.Minute
	defaultRefresh = 30 * time.Second
	defaultFloor   = 30 * time.Second
	defaultTimeout = 30 * time.Second
)

// DNS returns a resolver that looks up the A and AAAA records of the target's host
// and makes every address an endpoint. It looks again when the records expire, so
// a service that grows gets its share without waiting for a connection to break. A
// host that is an IP address needs no look-up.
func DNS(c DNSConfig) Resolver {
	if c.Lookup == nil {
		c.Lookup = systemLookup
	}
	if c.Refresh == 0 {
		c.Refresh = defaultRefresh
	}
	if c.MinInterval == 0 {
		c.MinInterval = defaultFloor
	}
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	return &dns{c}
}

type dns struct{ DNSConfig }

func (d *dns) Watch(ctx context.Context, t Target, hint <-chan struct{}, push func(Update) error) error {
	host, port, err := d.split(t)
	if err != nil {
		return err
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		return push(dnsUpdate([]netip.Addr{addr}, port, 0))
	}
	for {
		addrs, ttl, err := d.lookup(ctx, t.Authority, host)
		if err != nil {
			return err
		}
		if err := push(dnsUpdate(addrs, port, ttl)); err != nil {
			return err
		}
		if !d.wait(ctx, ttl, hint) {
			return nil
		}
	}
}

func (d *dns) split(t Target) (host, port string, err error) {
	host, port, err = splitHostPort(t.Endpoint)
	switch {
	case err != nil:
		return "", "", fmt.Errorf("target %q: %w", t, err)
	case port != "":
	case d.DefaultPort < 0:
		return "", "", fmt.Errorf("target %q names no port; write %s:443 if that is where it listens", t, t.Endpoint)
	case d.DefaultPort == 0:
		port = defaultPort
	default:
		port = strconv.Itoa(d.DefaultPort)
	}
	return host, port, nil
}

func (d *dns) lookup(ctx context.Context, server, host string) ([]netip.Addr, time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, d.Timeout)
	defer cancel()
	addrs, ttl, err := d.Lookup(ctx, server, host)
	if err == nil && len(addrs) == 0 {
		err = errors.New("the answer has no addresses")
	}
	if err != nil {
		return nil, 0, dnsError(server, host, err)
	}
	return addrs, ttl, nil
}

// dnsError says what to look at.
func dnsError(server, host string, err error) error {
	at := "the system's resolver"
	if server != "" {
		at = "the DNS server " + server
	}
	var dnsErr *net.DNSError
	switch {
	case errors.As(err, &dnsErr) && dnsErr.IsNotFound:
		return fmt.Errorf("dns: %s knows no address of %q; is the name right? (%w)", at, host, err)
	case errors.As(err, &dnsErr) && dnsErr.IsTimeout, errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("dns: %s did not answer for %q in time (%w)", at, host, err)
	}
	return fmt.Errorf("dns: look-up of %q at %s: %w", host, at, err)
}

func dnsUpdate(addrs []netip.Addr, port string, ttl time.Duration) Update {
	u := Update{TTL: ttl, Endpoints: make([]Endpoint, 0, len(addrs))}
	for _, a := range addrs {
		address := net.JoinHostPort(a.Unmap().String(), port)
		u.Endpoints = append(u.Endpoints, Endpoint{Addrs: []Addr{{Network: "tcp", Address: address}}})
	}
	return u
}

// wait sleeps until the next look-up is due and reports whether there is to be one.
func (d *dns) wait(ctx context.Context, ttl time.Duration, hint <-chan struct{}) bool {
	floor := time.NewTimer(d.MinInterval)
	defer floor.Stop()
	var refresh <-chan time.Time
	if d.Refresh > 0 {
		timer := time.NewTimer(d.refreshAfter(ttl, rand.Float64()))
		defer timer.Stop()
		refresh = timer.C
	}
	// A hint that comes too early is kept until the floor has passed.
	allowed, hinted := false, false
	for !allowed || !hinted {
		select {
		case <-ctx.Done():
			return false
		case <-refresh:
			return true
		case <-hint:
			hinted = true
		case <-floor.C:
			allowed = true
		}
	}
	return true
}

func (d *dns) refreshAfter(ttl time.Duration, rnd float64) time.Duration {
	after := d.Refresh
	if ttl > 0 {
		after = min(max(ttl, minRefresh), maxRefresh)
	}
	return time.Duration(float64(after) * (0.9 + 0.2*rnd))
}
