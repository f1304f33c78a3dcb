//go:build linux && (amd64 || arm64) && !race

package h2

import (
	"syscall"
	"unsafe"
)

// The functions below make system calls that do not tell the scheduler. Before
// an ordinary one, syscall.Read or syscall.Write, the runtime wakes its monitoring
// thread where the process has been idle, which takes the processor away from a call
// that is not back within 20 µs: two switches between threads for each read and each
// write of a connection that has one call at a time. What is lost is that another
// goroutine cannot have the processor meanwhile, so the calls must be short: they do
// not wait (MSG_DONTWAIT, whatever the mode of the descriptor is), and they copy
// maxNow bytes at most.
//
// The use of unsafe is that of pattern 4 in the documentation of unsafe.Pointer: a
// pointer becomes a uintptr in the argument list of a function of package syscall,
// which keeps what it points to alive and in its place until the call returns. The
// kernel is told the length of that same slice. The race detector does not see such
// calls, so under it the ordinary ones are made.

// maxNow is how much is read or written at most by a call that does not tell.
const maxNow = 128 << 10

func readNow(fd int, p []byte) (int, error) {
	n, errno := transferNow(syscall.SYS_RECVFROM, fd, p[:min(len(p), maxNow)], 0)
	switch errno {
	case 0:
		return n, nil
	case syscall.ENOTSOCK:
		return syscall.Read(fd, p)
	}
	return -1, errno
}

func writeNow(fd int, p []byte) (int, error) {
	if len(p) > maxNow {
		return syscall.Write(fd, p)
	}
	n, errno := transferNow(syscall.SYS_SENDTO, fd, p, syscall.MSG_NOSIGNAL)
	switch errno {
	case 0:
		return n, nil
	case syscall.ENOTSOCK:
		return syscall.Write(fd, p)
	}
	return -1, errno
}

// transferNow is recvfrom or sendto, which have the same arguments.
func transferNow(call uintptr, fd int, p []byte, flags uintptr) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall6(call, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), syscall.MSG_DONTWAIT|flags, 0, 0)
	return int(n), errno
}
