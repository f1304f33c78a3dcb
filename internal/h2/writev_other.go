//go:build unix && !darwin && !linux && !openbsd

package h2

import "syscall"

func writev(fd int, bufs [][]byte) (n int, err error) {
	for _, b := range bufs {
		m, err := syscall.Write(fd, b)
		n += max(m, 0)
		if n > 0 && err == syscall.EAGAIN {
			return n, nil
		}
		if err != nil || m < len(b) {
			return n, err
		}
	}
	return n, nil
}
