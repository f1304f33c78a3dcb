package http3

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/url"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
)

// stagger is how long an address has to answer before the next one is tried beside it
// (RFC 8305 §5).
const stagger = 250 * time.Millisecond

// dial makes a connection to host, at whichever of its addresses answers first.
func (t *roundTripper) dial(ctx context.Context, host string) (*quic.Conn, error) {
	name, port := split(host)
	number, err := net.DefaultResolver.LookupPort(ctx, "udp", port)
	if err != nil {
		return nil, err
	}
	addrs, err := net.DefaultResolver.LookupIPAddr(ctx, name)
	if err != nil {
		return nil, err
	}
	socket, err := t.open()
	if err != nil {
		return nil, err
	}
	cfg := &tls.Config{}
	if t.tls != nil {
		cfg = t.tls.Clone()
	}
	if cfg.ServerName == "" {
		cfg.ServerName = name
	}
	cfg.NextProtos = []string{http3.NextProtoH3}
	return race(ctx, alternate(addrs), func(ctx context.Context, a net.IPAddr) (*quic.Conn, error) {
		return socket.Dial(ctx, &net.UDPAddr{IP: a.IP, Port: number, Zone: a.Zone}, cfg, t.quic)
	})
}

// split returns the host and the port of a URL, which need not have one.
func split(host string) (name, port string) {
	u := url.URL{Host: host}
	if port = u.Port(); port == "" {
		port = "443"
	}
	return u.Hostname(), port
}

// open returns the socket that all connections go through.
func (t *roundTripper) open() (*quic.Transport, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return nil, errClosed
	}
	if t.socket == nil {
		c, err := net.ListenUDP("udp", nil)
		if err != nil {
			return nil, err
		}
		t.socket = &quic.Transport{Conn: c}
	}
	return t.socket, nil
}

// alternate returns addresses so that the families take turns, in the order of the
// resolver otherwise (RFC 8305 §4).
func alternate(addrs []net.IPAddr) []net.IPAddr {
	var four, six []net.IPAddr
	for _, a := range addrs {
		if a.IP.To4() != nil {
			four = append(four, a)
		} else {
			six = append(six, a)
		}
	}
	first, second := six, four
	if len(addrs) > 0 && addrs[0].IP.To4() != nil {
		first, second = four, six
	}
	out := make([]net.IPAddr, 0, len(addrs))
	for i := range max(len(first), len(second)) {
		if i < len(first) {
			out = append(out, first[i])
		}
		if i < len(second) {
			out = append(out, second[i])
		}
	}
	return out
}

// race dials one address after the other, with a little time between, and returns the
// first connection that there is.
func race(ctx context.Context, addrs []net.IPAddr, dial func(context.Context, net.IPAddr) (*quic.Conn, error)) (*quic.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type result struct {
		conn *quic.Conn
		err  error
	}
	results := make(chan result)
	timer := time.NewTimer(0)
	defer timer.Stop()
	next, running := 0, 0
	var errs []error
	for running > 0 || next < len(addrs) {
		select {
		case <-timer.C:
			if next < len(addrs) {
				a := addrs[next]
				next++
				running++
				go func() {
					c, err := dial(ctx, a)
					results <- result{c, err}
				}()
				timer.Reset(stagger)
			}
		case r := <-results:
			running--
			if r.err == nil {
				cancel()
				for ; running > 0; running-- {
					if late := <-results; late.conn != nil {
						late.conn.CloseWithError(noError, "")
					}
				}
				return r.conn, nil
			}
			errs = append(errs, r.err)
			if ctx.Err() != nil {
				next = len(addrs)
			}
			timer.Reset(0)
		}
	}
	if len(errs) == 0 {
		return nil, errors.New("the host has no addresses")
	}
	return nil, errors.Join(errs...)
}
