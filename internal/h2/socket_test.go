package h2

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// randomBytes returns n bytes that tell when they are lost or out of order.
func randomBytes(n int) []byte {
	p := make([]byte, n)
	rand.NewChaCha8([32]byte{}).Read(p)
	return p
}

// What TLS answers by itself, to a peer that does not read, has a bound.
func TestSocketBacklog(t *testing.T) {
	a, _ := newPipe(1000)
	s := newSocket(a)
	for n := 0; n <= maxRest+2000; n += 50 {
		if _, err := s.Write(make([]byte, 50)); err != nil {
			if n < maxRest || err != errBacklog {
				t.Errorf("after %d bytes: %v", n, err)
			}
			return
		}
	}
	t.Error("it takes everything")
}

// What the connection does not take at once is written by drain, in order,
// however writes and drains come together.
func TestSocketKeepsTheOrder(t *testing.T) {
	for name, wrap := range map[string]func(net.Conn) net.Conn{
		"tries":     func(nc net.Conn) net.Conn { return nc },
		"can block": func(nc net.Conn) net.Conn { return wayOnly{nc} },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, b := newPipe(1000)
				s := newSocket(wrap(a))
				want := randomBytes(maxRest)
				var wg sync.WaitGroup
				var got []byte
				wg.Go(func() { got, _ = io.ReadAll(b) })
				rng := rand.New(rand.NewPCG(3, 4))
				wake := make(chan struct{}, 1)
				wg.Go(func() {
					for range wake {
						if err := s.drain(time.Minute); err != nil {
							t.Error(err)
						}
					}
				})
				for p := want; len(p) > 0; {
					n := min(len(p), rng.IntN(5000)+1)
					write := s.Write
					if rng.IntN(2) == 0 {
						write = inPieces(s)
					}
					if m, err := write(p[:n]); m != n || err != nil {
						t.Fatal(m, err)
					}
					p = p[n:]
					select {
					case wake <- struct{}{}:
					default:
					}
				}
				close(wake)
				for s.blocked() {
					time.Sleep(time.Second)
					s.drain(time.Minute)
				}
				a.CloseWrite()
				wg.Wait()
				if !bytes.Equal(got, want) {
					t.Errorf("%d bytes arrived, or other ones, of %d", len(got), len(want))
				}
			})
		})
	}
}

func TestSocketTriesWhileThereIsRoom(t *testing.T) {
	a, b := newPipe(10)
	s := newSocket(a)
	write := func(p string, blocked bool) {
		t.Helper()
		if n, err := s.Write([]byte(p)); n != len(p) || err != nil {
			t.Fatal(n, err)
		}
		if s.blocked() != blocked {
			t.Fatalf("blocked: %v after %q", !blocked, p)
		}
	}
	write("01234", false)
	write("56789abc", true)
	write("def", true) // must not overtake
	got := make([]byte, 16)
	if n, _ := b.Read(got); string(got[:n]) != "0123456789" {
		t.Fatalf("got %q", got[:n])
	}
	write("", true)
	if err := s.drain(0); err != nil || s.blocked() {
		t.Fatal(err)
	}
	if n, _ := b.Read(got); string(got[:n]) != "abcdef" {
		t.Fatalf("got %q", got[:n])
	}
	write("end", false)
}

// A peer that takes something now and then is not timed out.
func TestDrainWaitsWhileThereIsProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := newPipe(100)
		s := newSocket(a)
		s.Write(make([]byte, 1000))
		drained := make(chan error, 1)
		go func() { drained <- s.drain(10 * time.Second) }()
		for range 9 {
			time.Sleep(9 * time.Second)
			if n, err := b.Read(make([]byte, 100)); n != 100 || err != nil {
				t.Fatal(n, err)
			}
		}
		if err := <-drained; err != nil {
			t.Fatal("a slow reader was given up:", err)
		}

		s.Write(make([]byte, 1000))
		go func() { drained <- s.drain(10 * time.Second) }()
		time.Sleep(9 * time.Second)
		b.Read(make([]byte, 1))
		before := time.Now()
		if err := <-drained; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal(err)
		}
		if waited := time.Since(before); waited < 9*time.Second || waited > 11*time.Second {
			t.Errorf("given up %v after the last progress", waited)
		}
		if _, err := s.Write([]byte("x")); err == nil {
			t.Error("a broken socket takes more")
		}
	})
}

// A drain leaves no deadline behind, by which later tries would fail.
func TestDrainLeavesNoDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := newPipe(4)
		s := newSocket(a)
		s.Write([]byte("12345"))
		go b.Read(make([]byte, 4))
		if err := s.drain(time.Second); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if _, err := s.Write([]byte("6")); err != nil || s.blocked() {
			t.Fatal("after a minute:", err, s.blocked())
		}
	})
}

func TestSocketFailsWithTheConnection(t *testing.T) {
	a, b := newPipe(4)
	s := newSocket(a)
	b.Close()
	n, err := s.Write([]byte("12345"))
	if n != 0 || err == nil {
		t.Fatal(n, err)
	}
	if _, again := s.Write([]byte("12345")); again != err {
		t.Errorf("first %v, then %v", err, again)
	}
	if s.blocked() || s.drain(0) != err {
		t.Error("a broken socket waits")
	}

	a, b = newPipe(4)
	s = newSocket(a)
	s.Write([]byte("12345"))
	go b.Close()
	if err := s.drain(0); err == nil {
		t.Error("drained into nothing")
	}
}

// inPieces writes by WriteBuffers what it is given.
func inPieces(s *socket) func(p []byte) (int, error) {
	return func(p []byte) (int, error) {
		third := len(p) / 3
		return s.WriteBuffers([][]byte{p[:third], {}, p[third : 2*third], p[2*third:]})
	}
}

// The ways of real sockets: partial writes, nothing at all, and errors.
func TestSocketOfTheSystem(t *testing.T) {
	for name, way := range map[string]func(*socket) func([]byte) (int, error){
		"Write":        func(s *socket) func([]byte) (int, error) { return s.Write },
		"WriteBuffers": inPieces,
	} {
		t.Run(name, func(t *testing.T) {
			noLeaks(t)
			a, b := socketPair(t, "unix")
			s := newSocket(a)
			if s.try == nil {
				t.Skip("sockets block here")
			}
			write := way(s)
			want := randomBytes(4 << 20)
			if n, err := write(want); n != len(want) || err != nil {
				t.Fatal(n, err)
			}
			if !s.blocked() {
				t.Fatal("a socket took 4 MiB that nobody reads")
			}
			if n, err := write([]byte("more")); n != 0 || err != errBacklog {
				t.Errorf("behind 4 MiB: %d, %v", n, err)
			}
			s.err = nil
			done := make(chan []byte)
			go func() {
				got, _ := io.ReadAll(b)
				done <- got
			}()
			if err := s.drain(patience); err != nil {
				t.Fatal(err)
			}
			if n, err := write([]byte("more")); n != 4 || err != nil {
				t.Fatal(n, err)
			}
			a.Close()
			if got := <-done; !bytes.Equal(got, append(want, "more"...)) {
				t.Errorf("%d bytes arrived, or other ones", len(got))
			}
			if _, err := write([]byte("abc")); !errors.Is(err, net.ErrClosed) {
				t.Error("writing to a closed socket:", err)
			}
		})
	}
}

// socketPair returns the two ends of a connection of the system's.
func socketPair(t testing.TB, network string) (net.Conn, net.Conn) {
	t.Helper()
	address := "127.0.0.1:0"
	if network == "unix" {
		address = t.TempDir() + "/s"
	}
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	accepted := make(chan net.Conn, 1)
	go func() {
		nc, err := l.Accept()
		if err != nil {
			t.Error(err)
		}
		accepted <- nc
	}()
	a, err := net.Dial(network, l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	b := <-accepted
	t.Cleanup(func() {
		a.Close()
		b.Close()
	})
	return a, b
}
