package listen

import (
	"context"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// listenShared listens with SO_REUSEPORT. The kernel would spread new connections
// over all listeners of a port, and reset those that wait at one which is closed,
// a moment after it was found empty at the latest. So it is told to give them to the
// second, which is the successor: what waits at the first is only what came before.
func listenShared(ctx context.Context, address string) (net.Listener, error) {
	lc := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		return control(raw, func(fd int) error {
			return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
		})
	}}
	lc.SetMultipathTCP(false) // whose sockets cannot be told
	l, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	raw, err := l.(*net.TCPListener).SyscallConn()
	if err == nil {
		err = control(raw, steer)
	}
	if err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// steer has the newer of two listeners chosen. Listeners are numbered from 0 in the
// order in which they began; when one ends, the last gets its number. A number that
// there is not leaves the choice to the kernel, so that one alone gets everything.
func steer(fd int) error {
	program := []unix.SockFilter{{Code: unix.BPF_RET | unix.BPF_K, K: 1}}
	err := unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_REUSEPORT_CBPF,
		&unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]})
	return os.NewSyscallError("setsockopt SO_ATTACH_REUSEPORT_CBPF", err)
}

func control(raw syscall.RawConn, f func(fd int) error) error {
	var err error
	if cerr := raw.Control(func(fd uintptr) { err = f(int(fd)) }); cerr != nil {
		return cerr
	}
	return err
}
