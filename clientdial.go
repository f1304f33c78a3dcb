package curlew

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync/atomic"

	"github.com/curlew-rpc/curlew/internal/channel"
	"github.com/curlew-rpc/curlew/internal/h2"
	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/internal/transport"
	"github.com/curlew-rpc/curlew/resolve"
)

// A dialer makes a client's connections.
type dialer struct {
	serverName string
	log        *slog.Logger
	cfg        atomic.Pointer[transport.ClientConfig] // replaced, never changed
}

func newDialer(cfg *clientConfig, serverName string) *dialer {
	d := &dialer{serverName: serverName, log: cfg.log}
	open := cfg.dial
	if cfg.proxy != nil {
		if open == nil {
			open = new(net.Dialer).DialContext
		}
		open = transport.ThroughProxy(cfg.proxy, open)
	}
	tc := &transport.ClientConfig{H2: cfg.h2, TLS: cfg.tls, Dial: open, UserTimeout: cfg.h2.SilenceTimeout}
	if cfg.h2.KeepaliveTime > 0 {
		tc.UserTimeout = cfg.h2.KeepaliveTimeout // gRFC A18
	}
	d.cfg.Store(tc)
	return d
}

// dial implements channel.Config.Dial.
func (d *dialer) dial(ctx context.Context, _ resolve.Endpoint, addr resolve.Addr, ev channel.Events) (transport.Conn, error) {
	tc := d.cfg.Load()
	conn, err := transport.Dial(ctx, addr.Network, addr.Address, d.serverName, tc, h2.Observer{
		Capacity: ev.Capacity,
		Draining: ev.Draining,
		Silent:   ev.Silent,
		Violated: func(err error) {
			d.log.Warn("a server broke the protocol", "server", addr.Address, "err", err)
		},
		Closed: func(err error) {
			d.calm(tc, addr, err)
			ev.Closed(err)
		},
	})
	if err != nil {
		return nil, err
	}
	return conn, nil
}

// calm doubles the keepalive interval of further connections when a server has ended
// one because it was asked too often (gRFC A8).
func (d *dialer) calm(tc *transport.ClientConfig, addr resolve.Addr, err error) {
	var ce *h2.ConnError
	if tc.H2.KeepaliveTime == 0 || !errors.As(err, &ce) ||
		!ce.Remote || ce.Code != frame.CodeEnhanceYourCalm || ce.Reason != "too_many_pings" {
		return
	}
	calmer := *tc
	calmer.H2.KeepaliveTime *= 2
	if d.cfg.CompareAndSwap(tc, &calmer) {
		d.log.Warn("a server wants fewer keepalive PINGs: the interval is doubled",
			"server", addr.Address, "interval", calmer.H2.KeepaliveTime)
	}
}
