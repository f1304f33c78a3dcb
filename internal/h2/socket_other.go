//go:build !unix

package h2

import (
	"errors"
	"syscall"
)

// Elsewhere sockets are not non-blocking file descriptors: writes are left to
// the writing goroutine, and reads hold their buffer.

func rawTry(syscall.RawConn) (func([]byte) (int, error), func([][]byte) (int, error)) {
	return nil, nil
}

type rawReader struct{}

func newRawReader(syscall.RawConn, func() []byte, func()) *rawReader { return nil }

func (*rawReader) read() (int, error) { return 0, errors.ErrUnsupported }
