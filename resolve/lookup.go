package resolve

import (
	"context"
	"net"
	"net/netip"
	"time"
)

// systemLookup asks the resolver of package net, at server when it is not empty.
func systemLookup(ctx context.Context, server, host string) ([]netip.Addr, time.Duration, error) {
	var r net.Resolver
	if server != "" {
		address := server
		if h, port, err := splitHostPort(server); err == nil && port == "" {
			address = net.JoinHostPort(h, "53")
		}
		r.PreferGo = true // the system's own resolver cannot be told whom to ask
		r.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, network, address)
		}
	}
	addrs, err := r.LookupNetIP(ctx, "ip", host)
	return addrs, 0, err
}
