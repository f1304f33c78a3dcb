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
func (s *socket) stuck() bool {
	info := s.info()
	return info != nil && info.Unacked > 0 && info.Retransmits >= lostTwice
}

// acked returns how many bytes the peer's kernel has acknowledged; known is false where
// that cannot be told.
func (s *socket) acked() (bytes uint64, known bool) {
	info := s.info()
	if info == nil {
		return 0, false
	}
	return info.Bytes_acked, true
}

// info asks the kernel about the connection; nil if it is none of TCP.
func (s *socket) info() (info *unix.TCPInfo) {
	sc, ok := s.Conn.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil
	}
	raw.Control(func(fd uintptr) {
		if info, err = unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); err != nil {
			info = nil
		}
	})
	return info
}

// SetUserTimeout has the kernel give up a TCP connection whose peer has acknowledged
// nothing for d (RFC 5482, TCP_USER_TIMEOUT). It does nothing for other connections,
// nor where the system does not know it.
func SetUserTimeout(nc net.Conn, d time.Duration) {
	if below, ok := nc.(interface{ NetConn() net.Conn }); ok { // TLS to a proxy
		nc = below.NetConn()
	}
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
