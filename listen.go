package curlew

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/curlew-rpc/curlew/internal/listen"
)

// A ListenOption changes how Listen listens.
type ListenOption func(*listenConfig)

type listenConfig struct{ handOver bool }

// HandOver lets one process take a TCP port over from another without a gap, on
// Linux: both listen with this option, and have the same user. As soon as the new
// one listens, it gets all new connections, and the old one may be shut down. No
// connection is lost; with more than two processes at a port, some are. Where the
// old one cannot be relied on to be there, or a port below 1024 is wanted, let
// systemd hold the socket.
func HandOver() ListenOption { return func(c *listenConfig) { c.handOver = true } }

// Listen listens on an address, for [Server.Serve]:
//
//	host:port     a TCP port, of all addresses if there is no host
//	unix:path     a unix socket; a file that nobody listens on any more is replaced
//	systemd:name  the socket that systemd has passed with FileDescriptorName=name
//	systemd:      the only one that it has passed
//
// A socket of systemd's stays open in systemd: connections wait while the process
// is restarted.
func Listen(ctx context.Context, address string, opts ...ListenOption) (net.Listener, error) {
	var cfg listenConfig
	for _, o := range opts {
		o(&cfg)
	}
	l, err := listen.Listen(ctx, address, cfg.handOver)
	if err != nil {
		return nil, fmt.Errorf("curlew: %w", err)
	}
	return l, nil
}

// ListenAndServe listens on address as [Listen] does, and serves until ctx ends;
// then it shuts down, giving calls ten seconds to finish after the time of
// WithLameDuck, and returns nil.
func (s *Server) ListenAndServe(ctx context.Context, address string, opts ...ListenOption) error {
	l, err := Listen(ctx, address, opts...)
	if err != nil {
		return err
	}
	const grace = 10 * time.Second
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.drain.lameDuck+grace)
		defer cancel()
		s.Shutdown(limited)
	})
	err = s.Serve(l)
	if !stop() {
		<-stopped
		if errors.Is(err, ErrServerClosed) {
			return nil
		}
	}
	return err
}

// WithSystemd tells systemd when the server begins to serve and when it shuts down,
// for units with Type=notify. It does nothing in a process that systemd has not
// started so.
func WithSystemd() ServerOption {
	return serverOption(func(c *serverConfig) error {
		c.systemd = true
		return nil
	})
}

func (s *Server) tellSystemd(state string) {
	if !s.systemd {
		return
	}
	if err := listen.Notify(state); err != nil {
		s.log.Warn("systemd could not be told", "state", state, "err", err)
	}
}
