//go:build (amd64 || arm64) && !race

package h2

import (
	"syscall"
	"testing"
)

// It does not wait for a descriptor in blocking mode either: nobody else would have
// the processor meanwhile.
func TestNowDoesNotBlock(t *testing.T) {
	a, b := pairOf(t, sockets)
	if _, err := readNow(b.fd, make([]byte, 10)); err != syscall.EAGAIN {
		t.Fatalf("readNow of nothing: %v", err)
	}
	var err error
	for err == nil {
		_, err = writeNow(a.fd, make([]byte, maxNow))
	}
	if err != syscall.EAGAIN {
		t.Errorf("writeNow to a full socket: %v", err)
	}
}
