package h2

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
)

// A shielded connection is TLS over a socket whose writes do not block.
type shielded struct {
	*tls.Conn
	sock *socket
}

// Shield performs a TLS handshake, as the client or the server end of nc, and
// returns a connection for NewClient, NewServer or anybody else. The
// negotiated protocol is for the caller to check.
func Shield(ctx context.Context, nc net.Conn, cfg *tls.Config, client bool) (net.Conn, *tls.ConnectionState, error) {
	sock := newSocket(nc)
	sock.blocking = true
	make := tls.Server
	if client {
		make = tls.Client
	}
	tc := make(sock, cfg)
	if err := tc.HandshakeContext(ctx); err != nil {
		nc.Close()
		return nil, nil, fmt.Errorf("TLS handshake: %w", err)
	}
	sock.blocking = false
	state := tc.ConnectionState()
	return &shielded{tc, sock}, &state, nil
}

// Unshield returns the plain TLS connection of what Shield returned, for
// somebody who expects writes to block.
func Unshield(nc net.Conn) (net.Conn, error) {
	s, ok := nc.(*shielded)
	if !ok {
		return nc, nil
	}
	s.sock.blocking = true
	if err := s.sock.drain(0); err != nil {
		return nil, errors.Join(err, nc.Close())
	}
	return s.Conn, nil
}
