package dnsserver

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"
)

func TestAnswers(t *testing.T) {
	a, b := netip.MustParseAddr("127.1.2.3"), netip.MustParseAddr("127.1.2.4")
	s, err := New(5*time.Second, a)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r := net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", s.Addr())
	}}
	look := func() ([]netip.Addr, error) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		return r.LookupNetIP(ctx, "ip", "work.resilience.test.")
	}
	if got, err := look(); err != nil || !slices.Equal(got, []netip.Addr{a}) {
		t.Errorf("%v, %v", got, err)
	}
	s.Set(a, b)
	if got, err := look(); err != nil || len(got) != 2 {
		t.Errorf("%v, %v", got, err)
	}
	if n := s.Queries(); n != 2 {
		t.Errorf("%d queries", n)
	}
	s.Silence(true)
	if got, err := look(); err == nil {
		t.Errorf("a silent server answers %v", got)
	}
	s.Silence(false)
	if got, err := look(); err != nil || len(got) != 2 {
		t.Errorf("%v, %v", got, err)
	}
	s.Set()
	if got, err := look(); err == nil {
		t.Errorf("no addresses are %v", got)
	}
}
