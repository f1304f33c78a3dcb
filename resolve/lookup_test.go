package resolve

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew/resolve/internal/dnstest"
)

func TestSystemLookupTellsTheTTL(t *testing.T) {
	v4, v6 := "192.0.2.1", "2001:db8::1"
	for _, c := range []struct {
		name    string
		records []dnstest.Record
		addrs   int
		ttl     time.Duration
	}{
		{"least of both", []dnstest.Record{dnstest.Addr(60, v4), dnstest.Addr(40, v6)}, 2, 40 * time.Second},
		{"only A", []dnstest.Record{dnstest.Addr(60, v4), dnstest.Addr(50, "192.0.2.2")}, 2, 50 * time.Second},
		{"not to be kept", []dnstest.Record{dnstest.Addr(0, v4)}, 1, time.Second},
	} {
		for _, truncate := range []bool{false, true} {
			s := dnstest.Start(t)
			if truncate {
				s.Truncate()
			}
			s.Set("users.test", c.records...)
			addrs, ttl, err := systemLookup(context.Background(), s.Addr(), "users.test.")
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			if ttl != c.ttl || len(addrs) != c.addrs {
				t.Errorf("%s, over TCP %v: %v for %v, want %v", c.name, truncate, addrs, ttl, c.ttl)
			}
		}
	}
}

func TestSystemLookupWithoutDNS(t *testing.T) {
	addrs, ttl, err := systemLookup(context.Background(), "", "localhost")
	if err != nil || len(addrs) == 0 || ttl != 0 {
		t.Errorf("localhost: %v for %v, %v", addrs, ttl, err)
	}
	s := dnstest.Start(t)
	s.Set("users.test")
	if _, ttl, err := systemLookup(context.Background(), s.Addr(), "users.test."); err == nil || ttl != 0 {
		t.Errorf("a name without addresses: %v, %v", ttl, err)
	}
}

// Package net makes an answer of half the addresses look like all.
func TestSystemLookupTellsHalfAnAnswer(t *testing.T) {
	for _, failing := range []uint16{dnstest.TypeA, dnstest.TypeAAAA} {
		s := dnstest.Start(t)
		s.Set("users.test", dnstest.Addr(60, "192.0.2.1"), dnstest.Addr(60, "2001:db8::1"))
		s.Fail(failing, dnstest.ServerFailure)
		addrs, _, err := systemLookup(context.Background(), s.Addr(), "users.test.")
		if len(addrs) != 1 || err == nil {
			t.Errorf("type %d fails: %v, %v", failing, addrs, err)
		}
	}
}

func TestSystemLookupSRV(t *testing.T) {
	s := dnstest.Start(t)
	s.Set("_grpc._tcp.users.test", dnstest.SRV(7, 2, 0, 81, "b.users.test"), dnstest.SRV(9, 1, 5, 80, "a.users.test"))
	records, ttl, err := systemLookupSRV(context.Background(), s.Addr(), "_grpc._tcp.users.test.")
	want := []net.SRV{{Target: "a.users.test.", Port: 80, Priority: 1, Weight: 5}, {Target: "b.users.test.", Port: 81, Priority: 2}}
	if err != nil || ttl != 7*time.Second || !slices.Equal(records, want) {
		t.Errorf("%v for %v, %v; want %v for 7s", records, ttl, err, want)
	}
	_, _, err = systemLookupSRV(context.Background(), s.Addr(), "_http._tcp.users.test.")
	var dnsErr *net.DNSError
	if !errors.As(err, &dnsErr) || !dnsErr.IsNotFound {
		t.Errorf("a name that does not exist: %v", err)
	}
}

func TestSystemLookupTXT(t *testing.T) {
	long := strings.Repeat("0123456789", 60)
	s := dnstest.Start(t)
	s.Truncate() // so long a text comes over TCP
	s.Set("users.test", dnstest.TXT(7, long), dnstest.TXT(7, "short"))
	texts, err := systemLookupTXT(context.Background(), s.Addr(), "users.test.")
	if err != nil || !slices.Equal(texts, []string{long, "short"}) {
		t.Errorf("%q, %v", texts, err)
	}
}

func TestServerAddress(t *testing.T) {
	for _, c := range []struct{ in, out string }{
		{"192.0.2.53", "192.0.2.53:53"},
		{"192.0.2.53:5353", "192.0.2.53:5353"},
		{"[2001:db8::53]", "[2001:db8::53]:53"},
		{"2001:db8::53", "[2001:db8::53]:53"},
	} {
		if got := serverAddress(c.in); got != c.out {
			t.Errorf("%q is %q, want %q", c.in, got, c.out)
		}
	}
}
