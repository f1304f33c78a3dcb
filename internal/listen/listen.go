package listen

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
)

// Listen listens on an address: "host:port", "unix:path", or "systemd:name" for a
// socket that systemd has passed. With handOver the listener's successor can listen
// on the same port before it is closed, and gets all new connections from then on.
func Listen(ctx context.Context, address string, handOver bool) (net.Listener, error) {
	if name, ok := strings.CutPrefix(address, "systemd:"); ok {
		if handOver {
			return nil, errors.New("systemd keeps the socket of " + address + " open: nothing is to be handed over")
		}
		return activated(name)
	}
	if path, ok := strings.CutPrefix(address, "unix:"); ok {
		if handOver {
			return nil, errors.New("only TCP ports can be handed over, not " + address)
		}
		return listenUnix(ctx, strings.TrimPrefix(path, "//"))
	}
	if handOver {
		return listenShared(ctx, address)
	}
	return new(net.ListenConfig).Listen(ctx, "tcp", address)
}

func listenUnix(ctx context.Context, path string) (net.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "unix", path)
	if err == nil {
		return l, nil
	}
	// The socket of a process that was killed stays behind. One that answers is
	// not touched.
	if fi, serr := os.Stat(path); serr != nil || fi.Mode()&os.ModeSocket == 0 {
		return nil, err
	}
	if nc, derr := net.Dial("unix", path); derr == nil {
		nc.Close()
		return nil, err
	}
	if rerr := os.Remove(path); rerr != nil {
		return nil, err
	}
	return lc.Listen(ctx, "unix", path)
}
