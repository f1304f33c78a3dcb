package http3

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/curlew-rpc/curlew"
)

// An Option changes how a server speaks HTTP/3.
type Option interface {
	apply(*config) error
}

type config struct {
	conn      net.PacketConn // nil: one beside each listener
	announce  bool
	announced time.Duration
}

type option func(*config) error

func (o option) apply(c *config) error { return o(c) }

// defaultMaxAge is how long clients remember where HTTP/3 is, by RFC 7838.
const defaultMaxAge = 24 * time.Hour

// WithPacketConn has the server receive from conn, in place of a socket of its own beside
// each listener: one with other addresses, or that somebody else has opened. It is
// closed with the server.
func WithPacketConn(conn net.PacketConn) Option {
	return option(func(c *config) error {
		if conn == nil {
			return errors.New("http3: WithPacketConn: the connection is nil")
		}
		c.conn = conn
		return nil
	})
}

// WithAltSvcMaxAge says for how long clients may remember that there is HTTP/3, which
// responses over HTTP/1.1 and HTTP/2 tell them (RFC 7838). The default is a day; 0 is
// not to tell them. With web.WithAltSvc they are told that instead.
func WithAltSvcMaxAge(d time.Duration) Option {
	return option(func(c *config) error {
		if d < 0 || d > 0 && d < time.Second {
			return fmt.Errorf("http3: WithAltSvcMaxAge(%v): the time must be at least 1s, or 0", d)
		}
		c.announce, c.announced = d > 0, d
		return nil
	})
}

// Enable has a server answer over HTTP/3 too: beside each TCP listener that it serves, at
// the UDP port of the same number. It answers there as package web's Enable has it
// answer over HTTP/2, or, without that, as web.Handler does; WebSocket aside, which is not
// for HTTP/3. The server needs TLS, and HTTP/3 uses no version before 1.3.
//
// The limits and timeouts are the server's. Connections beyond curlew.WithMaxConnections
// are refused; one of those places each listener keeps for the next connection over TCP.
// Connections without a call are closed after curlew.WithMaxConnectionIdle, by default
// two minutes. Shutdown and Drain have clients go elsewhere and wait for their calls, as
// they do over HTTP/2. An UDP port cannot be handed over (curlew.HandOver): the next
// process gets it when this one is closed.
func Enable(opts ...Option) curlew.ServerOption {
	return curlew.Extend(func(srv *curlew.Server) error {
		cfg := config{announce: true, announced: defaultMaxAge}
		var errs []error
		for _, o := range opts {
			if o == nil {
				errs = append(errs, errors.New("http3: an option is nil"))
				continue
			}
			errs = append(errs, o.apply(&cfg))
		}
		switch t := srv.Host().TLS(); {
		case t == nil:
			errs = append(errs, errors.New("http3: HTTP/3 is always secured by TLS: give the server curlew.WithTLS"))
		case t.MaxVersion != 0 && t.MaxVersion < tls.VersionTLS13:
			errs = append(errs, errors.New("http3: HTTP/3 needs TLS 1.3, which the server's TLS forbids by MaxVersion"))
		}
		if err := errors.Join(errs...); err != nil {
			return err
		}
		if !srv.Host().SetHTTP3(newServer(srv, cfg)) {
			return errors.New("http3: Enable: the server has been given it before")
		}
		return nil
	})
}
