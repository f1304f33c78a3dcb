package http3

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/quic-go/quic-go"

	"github.com/curlew-rpc/curlew/curlewtest"
)

func TestAlternate(t *testing.T) {
	tests := []struct{ in, want []string }{
		{nil, nil},
		{[]string{"127.0.0.1"}, []string{"127.0.0.1"}},
		{[]string{"::1", "::2", "10.0.0.1"}, []string{"::1", "10.0.0.1", "::2"}},
		{[]string{"10.0.0.1", "10.0.0.2", "10.0.0.3", "::1"}, []string{"10.0.0.1", "::1", "10.0.0.2", "10.0.0.3"}},
	}
	for _, test := range tests {
		var in []net.IPAddr
		for _, s := range test.in {
			in = append(in, net.IPAddr{IP: net.ParseIP(s)})
		}
		var got []string
		for _, a := range alternate(in) {
			got = append(got, a.String())
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%v: %v, want %v", test.in, got, test.want)
		}
	}
}

// The first address that answers wins, and the attempts at others end.
func TestRace(t *testing.T) {
	curlewtest.NoLeaks(t)
	var addrs []net.IPAddr
	for i := range 3 {
		addrs = append(addrs, net.IPAddr{IP: net.IPv4(10, 0, 0, byte(i))})
	}
	won := new(quic.Conn)
	silent := make(chan error, 1)
	got, err := race(t.Context(), addrs, func(ctx context.Context, a net.IPAddr) (*quic.Conn, error) {
		switch a.IP[len(a.IP)-1] {
		case 0:
			<-ctx.Done() // an address that nobody answers at
			silent <- ctx.Err()
			return nil, ctx.Err()
		case 1:
			return nil, errors.New("refused") // the next one is tried at once
		}
		return won, nil
	})
	if got != won || err != nil {
		t.Errorf("%v, %v", got, err)
	}
	if err := <-silent; err != context.Canceled {
		t.Error(err)
	}

	_, err = race(t.Context(), addrs, func(_ context.Context, a net.IPAddr) (*quic.Conn, error) {
		return nil, fmt.Errorf("no answer from %v", a.IP)
	})
	for _, a := range addrs {
		if err == nil || !strings.Contains(err.Error(), a.IP.String()) {
			t.Errorf("%v does not say what became of %v", err, a.IP)
		}
	}
	if _, err := race(t.Context(), nil, nil); err == nil {
		t.Error("a connection to nowhere")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = race(ctx, addrs, func(ctx context.Context, _ net.IPAddr) (*quic.Conn, error) { return nil, ctx.Err() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a race that was called off: %v", err)
	}
}

func TestSplit(t *testing.T) {
	for in, want := range map[string]string{
		"example.com":    "example.com 443",
		"example.com:1":  "example.com 1",
		"127.0.0.1":      "127.0.0.1 443",
		"[::1]":          "::1 443",
		"[::1]:8443":     "::1 8443",
		"[fe80::1%eth0]": "fe80::1%eth0 443",
	} {
		if host, port := split(in); host+" "+port != want {
			t.Errorf("%s: %s %s, want %s", in, host, port, want)
		}
	}
}
