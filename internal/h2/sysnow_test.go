//go:build unix

package h2

import (
	"bytes"
	"errors"
	"syscall"
	"testing"
)

// A descriptor is closed once: its number may be another's afterwards.
type descriptor struct {
	fd     int
	closed bool
}

func (d *descriptor) close() {
	if !d.closed {
		d.closed = true
		syscall.Close(d.fd)
	}
}

// pairOf returns two connected descriptors, which are closed when the test ends.
func pairOf(t *testing.T, make func() ([2]int, error)) (a, b *descriptor) {
	t.Helper()
	fds, err := make()
	if err != nil {
		t.Fatal(err)
	}
	a, b = &descriptor{fd: fds[0]}, &descriptor{fd: fds[1]}
	t.Cleanup(a.close)
	t.Cleanup(b.close)
	return a, b
}

func sockets() ([2]int, error) { return syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0) }

func pipe() (fds [2]int, err error) {
	err = syscall.Pipe(fds[:])
	fds[0], fds[1] = fds[1], fds[0]
	return fds, err
}

func TestReadNowAndWriteNow(t *testing.T) {
	for name, make := range map[string]func() ([2]int, error){"sockets": sockets, "pipe": pipe} {
		t.Run(name, func(t *testing.T) {
			a, b := pairOf(t, make)
			want := randomBytes(3000)
			if n, err := writeNow(a.fd, want); n != len(want) || err != nil {
				t.Fatalf("writeNow = %d, %v", n, err)
			}
			got := append([]byte(nil), want...)
			clear(got)
			if n, err := readNow(b.fd, got[:1000]); n != 1000 || err != nil {
				t.Fatalf("readNow = %d, %v", n, err)
			}
			if n, err := readNow(b.fd, got[1000:]); n != 2000 || err != nil {
				t.Fatalf("readNow = %d, %v", n, err)
			}
			if !bytes.Equal(got, want) {
				t.Error("other bytes come out than went in")
			}
			a.close()
			if n, err := readNow(b.fd, got); n != 0 || err != nil {
				t.Errorf("at the end readNow = %d, %v", n, err)
			}
		})
	}
}

// What a full socket does not take is EAGAIN, and so is what an empty one does not
// have. The descriptors are non-blocking, as those of package net are.
func TestNowDoesNotWait(t *testing.T) {
	a, b := pairOf(t, sockets)
	for _, d := range []*descriptor{a, b} {
		if err := syscall.SetNonblock(d.fd, true); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := readNow(b.fd, make([]byte, 10)); n > 0 || err != syscall.EAGAIN {
		t.Fatalf("readNow of nothing = %d, %v", n, err)
	}
	sent := 0
	var err error
	for _, size := range []int{1 << 20, 100 << 10, 1} {
		for n := 0; err == nil; {
			if n, err = writeNow(a.fd, make([]byte, size)); n > 0 {
				sent += n
			}
		}
		if err != syscall.EAGAIN {
			t.Fatal(err)
		}
		err = nil
	}
	for p := make([]byte, 1<<20); ; {
		n, err := readNow(b.fd, p)
		if err == syscall.EAGAIN {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		sent -= n
	}
	if sent != 0 {
		t.Errorf("%d bytes more were sent than came", sent)
	}
}

// A peer that is gone is an error, not a signal that ends the process.
func TestNowToNobody(t *testing.T) {
	a, b := pairOf(t, sockets)
	b.close()
	if _, err := writeNow(a.fd, []byte("x")); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("writeNow to a closed socket: %v", err)
	}
	if _, err := writeNow(-1, []byte("x")); !errors.Is(err, syscall.EBADF) {
		t.Errorf("writeNow to no descriptor: %v", err)
	}
	if _, err := readNow(-1, make([]byte, 1)); !errors.Is(err, syscall.EBADF) {
		t.Errorf("readNow of no descriptor: %v", err)
	}
}
