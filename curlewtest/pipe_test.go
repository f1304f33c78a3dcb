package curlewtest_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-rpc/curlew/curlewtest"
)

var _ net.Conn = (*curlewtest.Conn)(nil)

func mustRead(t *testing.T, c net.Conn, want string) {
	t.Helper()
	b := make([]byte, len(want))
	if _, err := io.ReadFull(c, b); err != nil || string(b) != want {
		t.Fatalf("read %q, %v, want %q", b, err, want)
	}
}

func TestPipeCarriesBothWays(t *testing.T) {
	a, b := curlewtest.Pipe(0)
	defer a.Close()
	defer b.Close()
	for range 3 {
		a.Write([]byte("to b"))
		b.Write([]byte("to"))
		b.Write([]byte(" a"))
		mustRead(t, a, "to a")
		mustRead(t, b, "to b")
	}
	if n, err := a.Read(nil); n != 0 || err != nil {
		t.Errorf("Read of nothing = %d, %v", n, err)
	}
	if a.LocalAddr().String() != b.RemoteAddr().String() || a.LocalAddr().String() == a.RemoteAddr().String() || a.LocalAddr().Network() != "pipe" {
		t.Errorf("addresses %v to %v and %v to %v", a.LocalAddr(), a.RemoteAddr(), b.LocalAddr(), b.RemoteAddr())
	}
}

// Random sizes through a small buffer come out as they went in.
func TestPipeKeepsOrder(t *testing.T) {
	a, b := curlewtest.Pipe(100)
	in := make([]byte, 100_000)
	for i := range in {
		in[i] = byte(rand.Uint32())
	}
	var writer sync.WaitGroup
	writer.Go(func() {
		for rest := in; len(rest) > 0; {
			piece := rest[:min(1+rand.IntN(300), len(rest))]
			var n int
			var err error
			if rand.IntN(2) == 0 {
				n, err = a.Write(piece)
			} else {
				n, err = a.TryWrite(piece)
			}
			if err != nil || n > len(piece) {
				t.Errorf("wrote %d of %d, %v", n, len(piece), err)
				break
			}
			rest = rest[n:]
		}
		a.CloseWrite()
	})
	var out bytes.Buffer
	p := make([]byte, 300)
	for {
		n, err := b.Read(p[:1+rand.IntN(len(p))])
		out.Write(p[:n])
		if err == io.EOF {
			break
		}
		if err != nil || n == 0 || n > 100 {
			t.Fatalf("read %d, %v", n, err)
		}
	}
	writer.Wait()
	if !bytes.Equal(out.Bytes(), in) {
		t.Errorf("%d bytes became %d others", len(in), out.Len())
	}
}

func TestPipeBackpressure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := curlewtest.Pipe(4)
		if n, err := a.TryWrite([]byte("abcdef")); n != 4 || err != nil {
			t.Errorf("TryWrite = %d, %v", n, err)
		}
		if n, err := a.TryWrite([]byte("ef")); n != 0 || err != nil {
			t.Errorf("TryWrite of a full pipe = %d, %v", n, err)
		}
		written := false
		go func() {
			if n, err := a.Write([]byte("efghijkl")); n != 8 || err != nil {
				t.Errorf("Write = %d, %v", n, err)
			}
			written = true
		}()
		synctest.Wait()
		mustRead(t, b, "abcd")
		if synctest.Wait(); written {
			t.Error("Write has not waited")
		}
		mustRead(t, b, "ef")
		mustRead(t, b, "ghij")
		if synctest.Wait(); !written {
			t.Error("Write waits on")
		}
		mustRead(t, b, "kl")
		// The other direction has its own buffer.
		if n, err := b.TryWrite([]byte("abcdef")); n != 4 || err != nil {
			t.Errorf("TryWrite = %d, %v", n, err)
		}
	})
}

func TestPipeCloseWrite(t *testing.T) {
	a, b := curlewtest.Pipe(0)
	a.Write([]byte("last"))
	a.CloseWrite()
	if _, err := a.Write([]byte("x")); err != io.ErrClosedPipe {
		t.Errorf("Write after CloseWrite: %v", err)
	}
	mustRead(t, b, "last")
	for range 2 {
		if n, err := b.Read(make([]byte, 1)); n != 0 || err != io.EOF {
			t.Errorf("Read at the end = %d, %v", n, err)
		}
	}
	b.Write([]byte("answer"))
	mustRead(t, a, "answer")
}

func TestPipeClose(t *testing.T) {
	a, b := curlewtest.Pipe(0)
	a.Write([]byte("last"))
	b.Write([]byte("unread"))
	for range 2 {
		if err := a.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	p := make([]byte, 10)
	for name, f := range map[string]func() (int, error){
		"Read":     func() (int, error) { return a.Read(p) },
		"Write":    func() (int, error) { return a.Write(p) },
		"TryWrite": func() (int, error) { return a.TryWrite(p) },
	} {
		if n, err := f(); n != 0 || err != net.ErrClosed {
			t.Errorf("%s after Close = %d, %v", name, n, err)
		}
	}
	// The peer gets what was written, and can write no more.
	if _, err := b.Write(p); err != syscall.EPIPE {
		t.Errorf("the peer's Write: %v", err)
	}
	mustRead(t, b, "last")
	if _, err := b.Read(p); err != io.EOF {
		t.Errorf("the peer's Read: %v", err)
	}
	b.Close()
	if _, err := b.Write(p); err != net.ErrClosed {
		t.Errorf("Write after Close: %v", err)
	}
}

// Whoever waits is woken by a Close of either end.
func TestPipeCloseWakes(t *testing.T) {
	for _, test := range []struct {
		name  string
		wait  func(c net.Conn) error
		close func(own, peer *curlewtest.Conn)
		want  error
	}{
		{"Read, own end", read, func(own, _ *curlewtest.Conn) { own.Close() }, net.ErrClosed},
		{"Read, other end", read, func(_, peer *curlewtest.Conn) { peer.Close() }, io.EOF},
		{"Read, half close", read, func(_, peer *curlewtest.Conn) { peer.CloseWrite() }, io.EOF},
		{"Write, own end", write, func(own, _ *curlewtest.Conn) { own.Close() }, net.ErrClosed},
		{"Write, other end", write, func(_, peer *curlewtest.Conn) { peer.Close() }, syscall.EPIPE},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, b := curlewtest.Pipe(1)
				done := make(chan error, 1)
				go func() { done <- test.wait(a) }()
				synctest.Wait()
				test.close(a, b)
				if err := <-done; err != test.want {
					t.Errorf("%v, want %v", err, test.want)
				}
			})
		})
	}
}

func read(c net.Conn) error {
	_, err := c.Read(make([]byte, 10))
	return err
}

func write(c net.Conn) error {
	_, err := c.Write([]byte("more than one"))
	return err
}

func TestPipeDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := curlewtest.Pipe(4)
		begin := time.Now()
		expired := func(what string, err error, after time.Duration) {
			t.Helper()
			var ne net.Error
			if !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &ne) || !ne.Timeout() || time.Since(begin) != after {
				t.Errorf("%s fails with %v after %v", what, err, time.Since(begin))
			}
		}
		a.SetDeadline(begin.Add(time.Second))
		expired("Read", read(a), time.Second)
		expired("Read", read(a), time.Second)
		n, err := a.Write([]byte("abcdef"))
		expired("Write", err, time.Second)
		if n != 0 {
			t.Errorf("wrote %d after the deadline", n)
		}
		_, err = a.TryWrite([]byte("abc"))
		expired("TryWrite", err, time.Second)

		a.SetWriteDeadline(begin.Add(2 * time.Second))
		n, err = a.Write([]byte("abcdef"))
		expired("Write", err, 2*time.Second)
		if n != 4 {
			t.Errorf("wrote %d until the deadline", n)
		}
		mustRead(t, b, "abcd")

		// One that is moved, or taken back, does not pass.
		a.SetReadDeadline(begin.Add(3 * time.Second))
		time.AfterFunc(500*time.Millisecond, func() { a.SetReadDeadline(begin.Add(4 * time.Second)) })
		expired("Read", read(a), 4*time.Second)
		a.SetDeadline(begin.Add(5 * time.Second))
		time.AfterFunc(500*time.Millisecond, func() { a.SetDeadline(time.Time{}) })
		time.AfterFunc(time.Hour, func() { b.Write([]byte("late")) })
		mustRead(t, a, "late")
		if n, err := a.Write([]byte("abc")); n != 3 || err != nil {
			t.Errorf("Write = %d, %v", n, err)
		}
		// One in the past passes at once, for those who wait too.
		time.AfterFunc(time.Minute, func() { a.SetReadDeadline(time.Unix(1, 0)) })
		expired("Read", read(a), 4*time.Second+time.Hour+time.Minute)
	})
}

func TestPipesRaces(t *testing.T) {
	for range 50 {
		a, b := curlewtest.Pipe(64)
		var all sync.WaitGroup
		payload := []byte(strings.Repeat("x", 1000))
		for _, c := range []*curlewtest.Conn{a, b} {
			all.Go(func() {
				for {
					if _, err := c.Write(payload); err != nil {
						return
					}
				}
			})
			all.Go(func() { io.Copy(io.Discard, c) })
			all.Go(func() {
				for range 20 {
					c.SetDeadline(time.Now().Add(time.Hour))
				}
			})
		}
		all.Go(func() { a.Close() })
		all.Go(func() { b.Close() })
		all.Wait()
	}
}
