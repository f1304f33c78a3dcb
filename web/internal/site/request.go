package site

import (
	"context"
	"strings"

	"github.com/curlew-rpc/curlew/internal/transport"
)

// base is what everything has that serves a request: the way to its client.
type base struct {
	stream  transport.Stream // over our engine
	carrier transport.Carrier
	conn    *transport.ServerConn // nil: carried by another server
	other   *transport.PeerInfo   // and then this is the peer
	values  context.Context       // and these are its values
}

// Value returns what the server that carries the request has to say of a key, so that
// calls see what a http.Handler around them knows of a user, for instance.
func (b *base) Value(key any) any {
	if b.values == nil {
		return nil
	}
	return b.values.Value(key)
}

// Peer implements [transport.Exchange].
func (b *base) Peer() transport.PeerInfo {
	if b.conn == nil {
		return *b.other
	}
	return transport.PeerInfo{Remote: b.conn.RemoteAddr(), Local: b.conn.LocalAddr(), TLS: b.conn.TLS()}
}

// Abort implements [transport.Exchange].
func (b *base) Abort() { b.carrier.Reset(transport.ResetCancel) }

// StopReceiving implements [transport.Exchange]. Streams of our engine stop by themselves.
func (b *base) StopReceiving() {
	if c, ok := b.carrier.(interface{ stopReceiving() }); ok {
		c.stopReceiving()
	}
}

// A route serves the requests that have one and the same header. It must not change.
type route interface {
	// begin returns what serves a request, and where that expects its carrier. It runs
	// on a connection's reading goroutine.
	begin() (transport.Owner, *base)
	// start says when over our engine the owner is to be run.
	start() transport.Start
}

// over is a version of HTTP, as far as protocols care.
type over uint8

const (
	http1 over = iota
	http2      // ours or another server's
	http3
)

// known is what a connection remembers of its last request, as long as nothing else is
// registered.
type known struct {
	route route
	table *table
}

// AcceptOnReader implements [transport.Protocol].
func (s *Site) AcceptOnReader(sc *transport.ServerConn, m *transport.Message) (*transport.Stream, transport.Start) {
	k, ok := sc.Memo.(*known)
	if t := s.table.Load(); !ok || k.table != t {
		k = &known{s.find(m, http2), t}
		sc.Memo = k
	}
	r := k.route
	owner, b := r.begin()
	b.conn = sc
	b.carrier = &b.stream
	b.stream.Init(owner)
	return &b.stream, r.start()
}

// Matches implements [transport.Protocol].
func (s *Site) Matches(*transport.Message) bool { return true }

// field returns the value of a field, "" if it is missing.
func field(m *transport.Message, name string) string {
	return transport.FieldValue(m.Fields, name)
}

// list returns the values of a field as the one list that they are (RFC 9110 §5.3).
func list(m *transport.Message, name string) string {
	all := ""
	for i := range m.Fields {
		if m.Fields[i].Name != name {
			continue
		}
		if all != "" {
			all += ","
		}
		all += m.Fields[i].Value
	}
	return all
}

// splitPath returns the path and the query of a request's target.
func splitPath(m *transport.Message) (path, query string) {
	path, query, _ = strings.Cut(m.Path, "?")
	return path, query
}
