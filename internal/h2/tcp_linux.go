package h2

import (
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// lostTwice is how often in a row the kernel must have repeated a segment in vain for
// a connection to count as stuck: once is what a single lost packet looks like.
const lostTwice = 2

// stuck reports whether the kernel repeats what it has sent and hears nothing of the
// peer's kernel. False where that cannot be known.
func (s *socket) stuck() (is bool) {
	sc, ok := s.Conn.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return false
	}
	raw.Control(func(fd uintptr) {
		info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
		is = err == nil && info.Unacked > 0 && info.Retransmits >= lostTwice
	})
	return is
}

// SetUserTimeout has the kernel give up a TCP connection whose peer has acknowledged
// nothing for d (RFC 5482, TCP_USER_TIMEOUT). It does nothing for other connections,
// nor where the system does not know it.
func SetUserTimeout(nc net.Conn, d time.Duration) {
	tc, ok := nc.(*net.TCPConn)
	if !ok {
		return
	}
	if raw, err := tc.SyscallConn(); err == nil {
		raw.Control(func(fd uintptr) {
			// A kernel that refuses leaves the connection as it was.
			_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(d.Milliseconds()))
		})
	}
}
