package transport

import (
	"crypto/tls"
	"net"
	"sync"
)

// HTTP1 serves connections that speak HTTP/1.1.
type HTTP1 interface {
	// Serve takes over a connection, which it closes at its end. It does not wait
	// for that.
	Serve(c *ForeignConn)
	// Drain closes connections that have no request, and others when they have
	// none any more. It does not wait for that.
	Drain()
	// Close closes all connections and ends what was started for them.
	Close()
}

// A ForeignConn is a connection of a server that does not speak HTTP/2. Its server
// counts it until it is closed.
type ForeignConn struct {
	net.Conn
	// TLS is the state of the connection's TLS, nil without.
	TLS *tls.ConnectionState

	read []byte // what has been read from Conn already
	once sync.Once
	gone func()
}

// Read reads what was read to find out what the connection speaks, and then the rest.
func (c *ForeignConn) Read(b []byte) (int, error) {
	if len(c.read) > 0 {
		n := copy(b, c.read)
		c.read = c.read[n:]
		return n, nil
	}
	return c.Conn.Read(b)
}

// Close closes the connection. It may be called more than once.
func (c *ForeignConn) Close() error {
	err := c.Conn.Close()
	c.once.Do(c.gone)
	return err
}

// CloseWrite ends the sending side, where the connection can.
func (c *ForeignConn) CloseWrite() error {
	if w, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return w.CloseWrite()
	}
	return nil
}

// serveHTTP1 gives a connection, counted and with a slot, to who speaks HTTP/1.1.
func (s *Server) serveHTTP1(nc net.Conn, read []byte) {
	c := &ForeignConn{Conn: nc, read: read, gone: func() {
		s.foreign.Add(-1)
		s.freeSlot()
		s.wg.Done()
	}}
	s.foreign.Add(1)
	if tc, ok := nc.(interface{ ConnectionState() tls.ConnectionState }); ok {
		state := tc.ConnectionState()
		c.TLS = &state
	}
	if s.ctx.Err() != nil {
		c.Close()
		return
	}
	s.cfg.HTTP1.Serve(c)
	// Who drains or closes the server may have come before the connection did.
	if s.isClosing() {
		s.cfg.HTTP1.Drain()
	}
	if s.ctx.Err() != nil {
		s.cfg.HTTP1.Close()
	}
}
