package resolve

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"time"
)

// A DNSConfig has the settings of the DNS resolver. The zero value is the default.
type DNSConfig struct {
	// Lookup finds the addresses of a host and how long they hold, 0 when it
	// cannot tell. server is the DNS server that the target names, usually empty.
	// An error beside addresses says that there may be more: those of the other
	// family, IPv4 or IPv6, that were known before are then kept. nil asks the
	// system's resolver.
	Lookup func(ctx context.Context, server, host string) ([]netip.Addr, time.Duration, error)

	// LookupSRV finds the SRV records of a name in the same way, the most preferred
	// first. An error beside records is that of others, which are left out. nil asks
	// the system's resolver.
	LookupSRV func(ctx context.Context, server, name string) ([]net.SRV, time.Duration, error)

	// LookupTXT finds the TXT records of a name, the strings of each joined. An error
	// that is a net.DNSError with IsNotFound set says that there are none. nil asks
	// the system's resolver, or nobody if Lookup is not nil.
	LookupTXT func(ctx context.Context, server, name string) ([]string, error)

	// NoServiceConfig leaves the service config alone that a host may have in a TXT
	// record. By default it is asked for beside the addresses.
	NoServiceConfig bool

	// DefaultPort is for targets that name none. 0 means 443; a negative one makes
	// such a target an error. SRV records say their port.
	DefaultPort int

	// Refresh is how long to wait before the next look-up, 10 % more or less, when
	// the addresses came without a time to live. Otherwise that time counts, bounded
	// to between 1 second and 5 minutes, with up to 10 %, but no more than a second,
	// on top, so that clients spread. 0 means 30 seconds; a negative one looks again
	// only on a hint, whatever the time to live.
	Refresh time.Duration

	// MinInterval is how soon after a look-up a hint may cause the next, and how soon
	// one that was answered in part, or whose result the client refused, is repeated.
	// 0 means 30 seconds.
	MinInterval time.Duration

	// Timeout bounds one look-up. 0 means 30 seconds.
	Timeout time.Duration
}

const (
	minRefresh     = time.Second
	maxRefresh     = 5 * time.Minute
	maxLag         = time.Second // after the time to live
	defaultRefresh = 30 * time.Second
	defaultFloor   = 30 * time.Second
	defaultTimeout = 30 * time.Second
)

// DNS returns a resolver that looks up the A and AAAA records of the target's host
// and makes every address an endpoint. It looks again when the records expire, so
// a service that grows gets its share without waiting for a connection to break. A
// host that is an IP address needs no look-up.
//
// For a target of the scheme srv it looks up SRV records and the addresses of the
// hosts that they name. Their priorities become those of the endpoints, counted from
// 0, and their weights weights, a hundred times as large and divided among the
// addresses of the host, so that a weight of 0 is the small share that RFC 2782 means.
//
// A look-up that fails takes away nothing that is known: neither addresses nor the
// service config.
//
// The service config is that of the TXT records of "_grpc_config." and the host, for
// SRV records that of their domain, as gRFC A2 has it: in the text after
// "grpc_config=", a list, the first item counts that fits the language "go", this
// host's name and a percentage, for which a number is drawn once for each target.
// A record that cannot be read makes an Update.ServiceConfig that says so, which a
// client refuses as it does any that is wrong. The first update waits for it a tenth
// of a second longer than for the addresses; if it comes later, another follows.
func DNS(c DNSConfig) Resolver {
	if c.LookupTXT == nil {
		c.LookupTXT = systemLookupTXT
		c.NoServiceConfig = c.NoServiceConfig || c.Lookup != nil
	}
	if c.Lookup == nil {
		c.Lookup = systemLookup
	}
	if c.LookupSRV == nil {
		c.LookupSRV = systemLookupSRV
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
	return &dns{DNSConfig: c, known: make(map[Target]*dnsMemory)}
}

type dns struct {
	DNSConfig

	mu    sync.Mutex
	known map[Target]*dnsMemory
}

// dnsMemory is what outlives a Watch, which ends with every look-up that fails.
type dnsMemory struct {
	mu     sync.Mutex
	roll   int                     // 1 to 100, what percentages are compared to
	addrs  map[string][]netip.Addr // by host
	config string
	asked  bool // config is an answer
}

func (d *dns) memory(t Target) *dnsMemory {
	d.mu.Lock()
	defer d.mu.Unlock()
	m := d.known[t]
	if m == nil {
		m = &dnsMemory{roll: 1 + rand.IntN(100), addrs: make(map[string][]netip.Addr)}
		d.known[t] = m
	}
	return m
}

func (d *dns) Watch(ctx context.Context, t Target, hint <-chan struct{}, push func(Update) error) error {
	w := &dnsWatch{dns: d, server: t.Authority, push: push, hint: hint}
	if err := w.readTarget(t); err != nil {
		return err
	}
	if addr, err := netip.ParseAddr(w.host); err == nil && !w.srv {
		return push(Update{Endpoints: dnsEndpoints([]netip.Addr{addr}, w.port)})
	}
	w.memory = d.memory(t)
	ctx, cancel := context.WithCancel(ctx)
	defer w.asking.Wait()
	defer cancel()
	for {
		w.askConfig(ctx)
		found, err := w.lookup(ctx)
		if err != nil {
			return err
		}
		w.awaitConfig(ctx)
		if !w.wait(ctx, found, w.tell(found)) {
			return nil
		}
	}
}

// readTarget finds out what to look up.
func (w *dnsWatch) readTarget(t Target) error {
	if t.Scheme == "srv" {
		w.srv, w.host, w.configHost = true, t.Endpoint, serviceDomain(t.Endpoint)
		if err := checkService(t.Endpoint); err != nil {
			return fmt.Errorf("target %q: %w", t, err)
		}
		return nil
	}
	host, port, err := splitHostPort(t.Endpoint)
	switch {
	case err != nil:
		return fmt.Errorf("target %q: %w", t, err)
	case port != "":
	case w.DefaultPort < 0:
		return fmt.Errorf("target %q names no port; write %s:443 if that is where it listens", t, t.Endpoint)
	case w.DefaultPort == 0:
		port = defaultPort
	default:
		port = strconv.Itoa(w.DefaultPort)
	}
	w.host, w.port, w.configHost = host, port, host
	return nil
}

// dnsError says what to look at.
func dnsError(server, kind, host string, err error) error {
	at := "the system's resolver"
	if server != "" {
		at = "the DNS server " + server
	}
	var dnsErr *net.DNSError
	switch {
	case errors.As(err, &dnsErr) && dnsErr.IsNotFound:
		return fmt.Errorf("dns: %s knows no %s of %q; is the name right? (%w)", at, kind, host, err)
	case errors.As(err, &dnsErr) && dnsErr.IsTimeout, errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("dns: %s did not answer for %q in time (%w)", at, host, err)
	}
	return fmt.Errorf("dns: look-up of %q at %s: %w", host, at, err)
}

func dnsEndpoints(addrs []netip.Addr, port string) []Endpoint {
	list := make([]Endpoint, 0, len(addrs))
	for _, a := range addrs {
		address := net.JoinHostPort(a.Unmap().String(), port)
		list = append(list, Endpoint{Addrs: []Addr{{Network: "tcp", Address: address}}})
	}
	return list
}
