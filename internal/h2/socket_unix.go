//go:build unix

package h2

import (
	"io"
	"syscall"
)

// A rawWriter writes once to a non-blocking file descriptor. Its owner, a socket,
// makes one call at a time.
type rawWriter struct {
	raw  syscall.RawConn
	one  []byte
	all  [][]byte // not nil: instead of one
	n    int
	err  error
	once func(fd uintptr) bool
}

// rawTry returns functions that offer the kernel a buffer, or several at once.
func rawTry(raw syscall.RawConn) (try func([]byte) (int, error), tryAll func([][]byte) (int, error)) {
	w := &rawWriter{raw: raw}
	w.once = w.write
	return w.try, w.tryAll
}

func (w *rawWriter) write(fd uintptr) bool {
	for {
		if w.all != nil {
			w.n, w.err = writev(int(fd), w.all)
		} else {
			w.n, w.err = writeNow(int(fd), w.one)
		}
		if w.err != syscall.EINTR {
			return true
		}
	}
}

func (w *rawWriter) try(p []byte) (int, error) {
	w.one = p
	return w.result(w.raw.Write(w.once))
}

func (w *rawWriter) tryAll(bufs [][]byte) (int, error) {
	w.all = bufs
	return w.result(w.raw.Write(w.once))
}

func (w *rawWriter) result(err error) (int, error) {
	w.one, w.all = nil, nil
	switch {
	case err != nil:
		return 0, err
	case w.err == syscall.EAGAIN:
		return 0, nil
	}
	return max(w.n, 0), w.err
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
			r.n, r.err = readNow(int(fd), p)
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
