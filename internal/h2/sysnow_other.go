//go:build unix && (!linux || !(amd64 || arm64) || race)

package h2

import "syscall"

func readNow(fd int, p []byte) (int, error) { return syscall.Read(fd, p) }

func writeNow(fd int, p []byte) (int, error) { return syscall.Write(fd, p) }
