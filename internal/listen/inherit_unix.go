//go:build unix

package listen

import (
	"fmt"
	"net"
	"os"
	"syscall"
)

// inherit returns a listener for a copy of the descriptor fd.
func inherit(fd int) (net.Listener, error) {
	syscall.ForkLock.RLock()
	copied, err := syscall.Dup(fd)
	if err == nil {
		syscall.CloseOnExec(fd)
		syscall.CloseOnExec(copied)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, os.NewSyscallError("dup", err)
	}
	f := os.NewFile(uintptr(copied), "socket from systemd")
	defer f.Close()
	listening, err := syscall.GetsockoptInt(copied, syscall.SOL_SOCKET, syscall.SO_ACCEPTCONN)
	if err != nil || listening == 0 {
		return nil, fmt.Errorf("descriptor %d from systemd is no socket that listens: is it of a unit with Accept=yes?", fd)
	}
	l, err := net.FileListener(f)
	if err != nil {
		return nil, err
	}
	if u, ok := l.(*net.UnixListener); ok {
		u.SetUnlinkOnClose(false) // the file is systemd's
	}
	return l, nil
}
