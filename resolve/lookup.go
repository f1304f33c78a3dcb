package resolve

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"time"
)

// errHalf is that of a look-up that found addresses of one family and does not
// know whether there are others.
var errHalf = errors.New("of the questions for IPv4 and IPv6 addresses one was not answered")

// systemLookup asks the resolver of package net, at server when it is not empty.
// That resolver does not tell how long its answers hold, but it can be given the
// connections to ask on, and so the answers can be read as they pass. When the
// system answers by other means (a hosts file, its C library), the time is unknown.
// The error beside addresses says that there may be more.
func systemLookup(ctx context.Context, server, host string) ([]netip.Addr, time.Duration, error) {
	var heard answers
	addrs, err := systemResolver(server, &heard).LookupNetIP(ctx, "ip", host)
	if err == nil && heard.half() {
		err = errHalf
	}
	return addrs, heard.minTTL(), err
}

// systemLookupSRV does the same for SRV records, most preferred first.
func systemLookupSRV(ctx context.Context, server, name string) ([]net.SRV, time.Duration, error) {
	var heard answers
	_, records, err := systemResolver(server, &heard).LookupSRV(ctx, "", "", name)
	list := make([]net.SRV, len(records))
	for i, r := range records {
		list[i] = *r
	}
	return list, heard.minTTL(), err
}

// systemLookupTXT does the same for TXT records. Package net joins the strings of a record.
func systemLookupTXT(ctx context.Context, server, name string) ([]string, error) {
	return systemResolver(server, new(answers)).LookupTXT(ctx, name)
}

// systemResolver returns a resolver that asks server, or the system's when it is
// empty, and notes what is heard.
func systemResolver(server string, heard *answers) *net.Resolver {
	return &net.Resolver{
		PreferGo: server != "", // the C library cannot be told whom to ask
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			if server != "" {
				address = serverAddress(server)
			}
			var d net.Dialer
			c, err := d.DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			if udp, ok := c.(*net.UDPConn); ok {
				return &packetTap{udp, heard}, nil
			}
			return &streamTap{Conn: c, heard: heard}, nil
		},
	}
}

// serverAddress adds the port of DNS where there is none.
func serverAddress(server string) string {
	if host, port, err := splitHostPort(server); err == nil && port == "" {
		return net.JoinHostPort(host, "53")
	}
	return server
}

// A packetTap reads the answers that come as packets. Embedding *net.UDPConn keeps
// it a net.PacketConn, by which package net tells packets from streams.
type packetTap struct {
	*net.UDPConn
	heard *answers
}

// Read implements net.Conn.
func (t *packetTap) Read(p []byte) (int, error) {
	n, err := t.UDPConn.Read(p)
	t.heard.add(p[:n])
	return n, err
}

// A streamTap reads the answers of a stream, each after its length (RFC 1035 §4.2.2).
type streamTap struct {
	net.Conn
	heard *answers
	data  []byte // not yet a whole message
}

// Read implements net.Conn.
func (t *streamTap) Read(p []byte) (int, error) {
	n, err := t.Conn.Read(p)
	t.data = append(t.data, p[:n]...)
	for len(t.data) >= 2 {
		end := 2 + int(t.data[0])<<8 + int(t.data[1])
		if len(t.data) < end {
			break
		}
		t.heard.add(t.data[2:end])
		t.data = t.data[end:]
	}
	return n, err
}
