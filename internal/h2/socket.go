package h2

import (
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// A socket writes to a connection without blocking the caller: it keeps what
// the kernel does not take at once, and drain writes that later. It can lie
// below TLS, whose records must leave whole and in order.
type socket struct {
	net.Conn
	try    func(p []byte) (int, error)      // nil: this kind of connection can only block
	tryAll func(bufs [][]byte) (int, error) // nil: one after the other

	mu       sync.Mutex
	rest     []byte // not written yet
	draining bool   // a drain is in Write
	blocking bool   // Write blocks, for a TLS handshake
	err      error
}

// A tryWriter is a connection that is no file and still can be written
// without blocking; it may write less than all, or nothing.
type tryWriter interface {
	TryWrite(p []byte) (int, error)
}

func newSocket(nc net.Conn) *socket {
	s := &socket{Conn: nc}
	if tw, ok := nc.(tryWriter); ok {
		s.try = tw.TryWrite
	} else if sc, ok := nc.(syscall.Conn); ok {
		if raw, err := sc.SyscallConn(); err == nil {
			s.try, s.tryAll = rawTry(raw)
		}
	}
	return s
}

// Write takes all of p, or fails.
func (s *socket) Write(p []byte) (int, error) {
	if s.blocking {
		return s.Conn.Write(p)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	try, err := s.mayTryLocked()
	if err != nil {
		return 0, err
	}
	n := 0
	if try {
		if n, s.err = s.try(p); s.err != nil {
			return n, s.err
		}
	}
	s.rest = append(s.rest, p[n:]...)
	return len(p), nil
}

// WriteBuffers is Write of bufs, one behind the other.
func (s *socket) WriteBuffers(bufs [][]byte) (int, error) {
	if s.tryAll == nil {
		n := 0
		for _, b := range bufs {
			m, err := s.Write(b)
			n += m
			if err != nil {
				return n, err
			}
		}
		return n, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	try, err := s.mayTryLocked()
	if err != nil {
		return 0, err
	}
	n := 0
	if try {
		if n, s.err = s.tryAll(bufs); s.err != nil {
			return n, s.err
		}
	}
	all := 0
	for _, b := range bufs {
		all += len(b)
		s.rest = append(s.rest, b[min(n, len(b)):]...)
		n -= min(n, len(b))
	}
	return all, nil
}

// mayTryLocked reports whether the kernel may be offered something: what was not
// taken before goes first.
func (s *socket) mayTryLocked() (bool, error) {
	// What is written while nothing drains it comes of TLS, which answers every
	// request for new keys by itself.
	if s.err == nil && len(s.rest) > maxRest {
		s.err = errBacklog
	}
	return s.try != nil && len(s.rest) == 0 && !s.draining, s.err
}

// maxRest is what may wait before more is written. Connections wait for all of it
// to be gone themselves.
const maxRest = 256 << 10

var errBacklog = errors.New("the peer asks for answers of TLS and does not read them")

// blocked reports whether something waits for drain.
func (s *socket) blocked() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.rest) > 0 && s.err == nil
}

// drain writes what was left over, waiting for the socket as long as it makes
// progress within timeout.
func (s *socket) drain(timeout time.Duration) error {
	const piece = 64 << 10
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.rest) > 0 && s.err == nil {
		rest := s.rest
		s.rest = nil
		s.draining = true
		s.mu.Unlock()
		var err error
		for len(rest) > 0 && err == nil {
			if timeout > 0 {
				s.Conn.SetWriteDeadline(time.Now().Add(timeout))
			}
			var n int
			n, err = s.Conn.Write(rest[:min(len(rest), piece)])
			rest = rest[n:]
			if n > 0 && errors.Is(err, os.ErrDeadlineExceeded) {
				err = nil // slow, but it goes on
			}
		}
		if timeout > 0 {
			s.Conn.SetWriteDeadline(time.Time{}) // a stale one would fail the next try
		}
		s.mu.Lock()
		s.draining = false
		s.err = err
	}
	return s.err
}
