package curlew

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/curlew-rpc/curlew/internal/channel"
	"github.com/curlew-rpc/curlew/internal/transport"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
	"github.com/curlew-rpc/curlew/resolve"
)

// WithClientSetup has a client speak other protocols than gRPC, or over connections that
// are not its own. It is there for package web, whose options are made of it.
func WithClientSetup(set func(*transport.ClientSetup) error) ClientOption {
	return clientOption(func(c *clientConfig) error { return set(&c.setup) })
}

// usesProtocol has the calls that begin with head made in the client's protocol.
func (c *Client) usesProtocol(head *transport.Head) {
	head.Borrowed = c.setup.Transport != nil
	if c.setup.Protocol != nil {
		head.Method = c.setup.Protocol.Prepare(head)
	}
}

// A destination is where a client's calls go, and how they get there.
type destination struct {
	target         resolve.Target
	scheme, prefix string
	dial           func(context.Context, resolve.Endpoint, resolve.Addr, channel.Events) (transport.Conn, error)
}

// aim finds out what target means to a client of these options, and completes them.
func (c *clientConfig) aim(target string) (to destination, err error) {
	s := &c.setup
	if s.Protocol == nil {
		s.Protocol = s.Default
	}
	if s.Get && (s.Protocol == nil || !s.Protocol.CanGet()) {
		return to, errors.New("curlew: calls are to be made by GET, which the client's protocol does not have")
	}
	if s.Transport != nil || s.NewTransport != nil {
		if err = c.checkBorrowed(); err == nil {
			to, err = c.aimURL(target)
		}
		if err == nil && s.NewTransport != nil {
			s.Transport, err = s.NewTransport(to.scheme, c.tls, c.h2)
		}
		if err != nil {
			return to, fmt.Errorf("curlew: %w", err)
		}
	} else if err = c.aimOwn(target, &to); err != nil {
		return to, fmt.Errorf("curlew: %w", err)
	}
	return to, nil
}

// aimOwn is aim for connections of the client's own.
func (c *clientConfig) aimOwn(target string, to *destination) (err error) {
	if to.target, err = resolve.ParseTarget(target); err != nil {
		return err
	}
	if c.resolver == nil {
		if c.resolver, err = resolve.For(to.target); err != nil {
			return err
		}
	}
	serverName := to.target.ServerName()
	switch c.authority {
	case "", to.target.HostPort():
		c.authority = to.target.HostPort()
	default:
		serverName = hostOf(c.authority)
	}
	to.scheme = "http"
	if c.tls != nil {
		to.scheme = "https"
	}
	to.dial = newDialer(c, serverName).dial
	return nil
}

// aimURL is aim where others make the requests: the target is one endpoint.
func (c *clientConfig) aimURL(target string) (to destination, err error) {
	u, err := url.Parse(target)
	switch {
	case err != nil:
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		err = errors.New("the client makes its requests through others, who have to know the scheme: write https://host:port or http://host:port")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		err = errors.New("it has more than a scheme, a host, a port and a path")
	case u.Hostname() == "" || wire.CheckValue("host", u.Host) != nil:
		err = errors.New("it names no valid host")
	}
	if err != nil {
		return to, fmt.Errorf("target %q: %w", target, err)
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	to = destination{
		target: resolve.Target{Scheme: "passthrough", Endpoint: net.JoinHostPort(u.Hostname(), port)},
		scheme: u.Scheme,
		prefix: strings.TrimRight(u.EscapedPath(), "/"),
		// Nothing is dialed before there is a request.
		dial: func(_ context.Context, _ resolve.Endpoint, _ resolve.Addr, ev channel.Events) (transport.Conn, error) {
			return c.setup.Transport.NewConn(u.Host, int(c.h2.MaxHeaderBytes), func() { ev.Closed(net.ErrClosed) }), nil
		},
	}
	c.resolver = resolve.Passthrough()
	if c.authority == "" {
		c.authority = u.Host
	}
	return to, nil
}

// checkBorrowed returns what is wrong with options of a client whose requests others
// make: those that are about connections.
func (c *clientConfig) checkBorrowed() error {
	option := ""
	switch {
	case c.tls != nil && c.setup.NewTransport == nil:
		option = "WithTLS"
	case c.dial != nil:
		option = "WithDialer"
	case c.proxy != nil:
		option = "WithProxy"
	case c.resolver != nil:
		option = "WithResolver"
	case c.h2.KeepaliveTime != 0:
		option = "WithKeepalive"
	case c.h2.Suspicion != defaultSuspicion || c.h2.SilenceTimeout != defaultSilence:
		option = "WithSilenceDetection"
	default:
		return nil
	}
	return fmt.Errorf("%s: the client has no connections of its own: this is for what makes its requests to decide", option)
}
