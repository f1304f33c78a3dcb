//go:build unix

package h2

import (
	"io"
	"syscall"
)

// rawTry writes once to a non-blocking file descriptor.
func rawTry(raw syscall.RawConn) func(p []byte) (int, error) {
	var (
		buf []byte
		n   int
		err error
	)
	once := func(fd uintptr) bool {
		for {
			n, err = syscall.Write(int(fd), buf)
			if err != syscall.EINTR {
				return true
			}
		}
	}
	// The caller, a socket, makes one call at a time.
	return func(p []byte) (int, error) {
		buf = p
		cerr := raw.Write(once)
		buf = nil
		if cerr != nil {
			return 0, cerr
		}
		if err == syscall.EAGAIN {
			return 0, nil
		}
		return max(n, 0), err
	}
}

// A rawReader reads from a connection without owning a buffer while it waits.
type rawReader struct {
	raw    syscall.RawConn
	buffer func() []byte // called when there may be something to read
	unused func()        // called when there was not
	n      int
	err    error
	once   func(fd uintptr) bool
}

func newRawReader(raw syscall.RawConn, buffer func() []byte, unused func()) *rawReader {
	r := &rawReader{raw: raw, buffer: buffer, unused: unused}
	r.once = func(fd uintptr) bool {
		p := r.buffer()
		for {
			r.n, r.err = syscall.Read(int(fd), p)
			if r.err != syscall.EINTR {
				break
			}
		}
		if r.err == syscall.EAGAIN {
			r.unused()
			return false
		}
		return true
	}
	return r
}

// read waits until the connection has bytes, then takes what there is into
// what buffer returns.
func (r *rawReader) read() (int, error) {
	if err := r.raw.Read(r.once); err != nil {
		return 0, err
	}
	if r.err != nil {
		return 0, r.err
	}
	if r.n == 0 {
		return 0, io.EOF
	}
	return r.n, nil
}
