package resolve

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"time"
)

// systemLookup asks the resolver of package net, at server when it is not empty.
// That resolver does not tell how long its answers hold, but it can be given the
// connections to ask on, and so the answers can be read as they pass. When the
// system answers by other means (a hosts file, its C library), the time is unknown.
func systemLookup(ctx context.Context, server, host string) ([]netip.Addr, time.Duration, error) {
	var ttl minTTL
	r := net.Resolver{
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
				return &packetTap{udp, &ttl}, nil
			}
			return &streamTap{Conn: c, ttl: &ttl}, nil
		},
	}
	addrs, err := r.LookupNetIP(ctx, "ip", host)
	return addrs, ttl.get(), err
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
	ttl *minTTL
}

// Read implements net.Conn.
func (t *packetTap) Read(p []byte) (int, error) {
	n, err := t.UDPConn.Read(p)
	t.ttl.add(p[:n])
	return n, err
}

// A streamTap reads the answers of a stream, each after its length (RFC 1035 §4.2.2).
type streamTap struct {
	net.Conn
	ttl  *minTTL
	data []byte // not yet a whole message
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
		t.ttl.add(t.data[2:end])
		t.data = t.data[end:]
	}
	return n, err
}

// minTTL is the shortest time that any answer of a look-up holds. A and AAAA are
// asked for at the same time.
type minTTL struct {
	mu    sync.Mutex
	known bool
	ttl   time.Duration
}

func (m *minTTL) add(msg []byte) {
	ttl, ok := messageTTL(msg)
	if !ok {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.known || ttl < m.ttl {
		m.known, m.ttl = true, ttl
	}
}

// get returns 0 when nothing is known; an answer that must not be kept at all
// counts as a second.
func (m *minTTL) get() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.known {
		return 0
	}
	return max(m.ttl, time.Second)
}
