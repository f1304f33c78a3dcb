package connect

import (
	"bytes"
	"context"
	"net"
	"sync"
)

// A speech is what a server's first bytes show.
type speech int

const (
	silent    speech = iota // it has sent nothing
	tlsRecord               // TLS
	http1                   // HTTP/1.1
	http2                   // HTTP/2 without TLS
	other                   // something else
)

// A sniffer looks at the first bytes that a server sends on the latest connection.
type sniffer struct {
	dialer net.Dialer

	mu    sync.Mutex
	heard speech
}

func (s *sniffer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	nc, err := s.dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	s.set(silent)
	return &sniffed{Conn: nc, sniffer: s}, nil
}

func (s *sniffer) set(heard speech) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard = heard
}

func (s *sniffer) get() speech {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.heard
}

type sniffed struct {
	net.Conn
	sniffer *sniffer
	done    bool // the reader's
}

func (c *sniffed) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 && !c.done {
		c.done = true
		c.sniffer.set(speechOf(p[:n]))
	}
	return n, err
}

func speechOf(b []byte) speech {
	switch {
	// RFC 8446 §5.1: alert or handshake, legacy_record_version.
	case len(b) >= 2 && (b[0] == 0x15 || b[0] == 0x16) && b[1] == 3:
		return tlsRecord
	case bytes.HasPrefix(b, []byte("HTTP/1.")):
		return http1
	// A server opens with SETTINGS, RFC 9113 §3.4; a frame for no HTTP/2 may be GOAWAY.
	// TLS may ask for five bytes only.
	case len(b) >= 4 && b[0] == 0 && b[1] == 0 && (b[3] == 4 || b[3] == 7):
		return http2
	}
	return other
}
