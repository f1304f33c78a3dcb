package relay

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew/curlewtest"
)

const patience = 30 * time.Second

// connect returns both ends of a connection through a relay, and its link.
func connect(t *testing.T, up, down Conditions) (client, server *net.TCPConn, link *Link) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	r, err := New(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	r.Set(up, down)
	links := make(chan *Link, 1)
	r.Each(func(l *Link) { links <- l })
	nc, err := net.Dial("tcp", r.Addr())
	if err != nil {
		t.Fatal(err)
	}
	client = nc.(*net.TCPConn)
	if nc, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	server = nc.(*net.TCPConn)
	for _, c := range []*net.TCPConn{client, server} {
		c.SetDeadline(time.Now().Add(patience))
		t.Cleanup(func() { c.Close() })
	}
	return client, server, <-links
}

func message(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i * 7 % 253)
	}
	return b
}

// Whatever the conditions, what arrives is what was sent, and so does the end.
func TestForward(t *testing.T) {
	for _, test := range []struct {
		name  string
		c     Conditions
		size  int
		least time.Duration // that it takes
	}{
		{"good network", Conditions{}, 1 << 20, 0},
		{"nothing", Conditions{}, 0, 0},
		{"delay", Conditions{Delay: 50 * time.Millisecond}, 100 << 10, 50 * time.Millisecond},
		{"rate", Conditions{Rate: 1 << 20, Segment: 8 << 10}, 128 << 10, 100 * time.Millisecond},
		{"segments", Conditions{Segment: 1}, 4 << 10, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			curlewtest.NoLeaks(t)
			client, server, link := connect(t, test.c, test.c)
			for _, way := range []struct {
				from, to *net.TCPConn
				lane     *Lane
			}{{client, server, link.Up}, {server, client, link.Down}} {
				want := message(test.size)
				begun := time.Now()
				go func() {
					way.from.Write(want)
					way.from.CloseWrite()
				}()
				got, err := io.ReadAll(way.to)
				if err != nil || !bytes.Equal(got, want) {
					t.Fatalf("%d bytes arrive of %d, %v", len(got), len(want), err)
				}
				if took := time.Since(begun); took < test.least {
					t.Errorf("it takes %v, want %v at least", took, test.least)
				}
				if n := way.lane.Passed(); n != int64(test.size) {
					t.Errorf("%d bytes have passed, want %d", n, test.size)
				}
				if n := test.c.Segment; n > 0 && way.lane.writes < test.size/n {
					t.Errorf("%d writes for %d bytes in segments of %d", way.lane.writes, test.size, n)
				}
			}
		})
	}
}

// nothing fails unless the connection stays silent for a moment.
func nothing(t *testing.T, c *net.TCPConn) {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if n, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%d bytes arrive, %v", n, err)
	}
	c.SetReadDeadline(time.Now().Add(patience))
}

func expect(t *testing.T, c *net.TCPConn, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if n, err := io.ReadFull(c, got); err != nil || string(got) != want {
		t.Fatalf("%q arrives, %v, want %q", got[:n], err, want)
	}
}

func TestStall(t *testing.T) {
	curlewtest.NoLeaks(t)
	client, server, link := connect(t, Conditions{Stall: true}, Conditions{})
	client.Write([]byte("up"))
	server.Write([]byte("down"))
	expect(t, client, "down")
	nothing(t, server)
	link.Up.Set(Conditions{})
	expect(t, server, "up")
}

// A stalled lane holds little: the sender finds its socket full.
func TestStallIsBackPressure(t *testing.T) {
	curlewtest.NoLeaks(t)
	client, _, _ := connect(t, Conditions{Stall: true}, Conditions{})
	client.SetWriteDeadline(time.Now().Add(time.Second))
	if n, err := client.Write(make([]byte, 256<<20)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%d bytes were taken, %v", n, err)
	}
}

func TestDrop(t *testing.T) {
	curlewtest.NoLeaks(t)
	client, server, link := connect(t, Conditions{}, Conditions{})
	client.Write([]byte("before"))
	expect(t, server, "before")
	link.Up.Set(Conditions{Drop: true})
	client.Write([]byte("lost"))
	client.CloseWrite()
	nothing(t, server)
	server.Write([]byte("down"))
	expect(t, client, "down")
}

func TestLimit(t *testing.T) {
	curlewtest.NoLeaks(t)
	client, server, link := connect(t, Conditions{}, Conditions{})
	link.Up.Limit(3)
	if !link.Up.Limited() || link.Down.Limited() {
		t.Errorf("limited: up %t, down %t", link.Up.Limited(), link.Down.Limited())
	}
	client.Write([]byte("abcdef"))
	client.CloseWrite()
	expect(t, server, "abc")
	link.Up.Reached(3)
	nothing(t, server)
	if n := link.Up.Passed(); n != 3 {
		t.Errorf("%d bytes have passed", n)
	}
	link.Up.Limit(6)
	expect(t, server, "def")
	nothing(t, server) // the end is held back too
	link.Up.Limit(-1)
	if _, err := server.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("after the last byte: %v", err)
	}
}

func TestFinish(t *testing.T) {
	curlewtest.NoLeaks(t)
	client, server, link := connect(t, Conditions{}, Conditions{})
	link.Up.Finish()
	if _, err := server.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the server reads %v", err)
	}
	server.Write([]byte("down"))
	expect(t, client, "down")
	client.Write([]byte("forgotten"))
	nothing(t, client) // in particular no reset
}

func TestReset(t *testing.T) {
	for _, test := range []struct {
		name string
		cut  func(client, server *net.TCPConn, link *Link)
	}{
		{"by the relay", func(_, _ *net.TCPConn, l *Link) { l.Reset() }},
		{"by the client", func(c, _ *net.TCPConn, _ *Link) { abort(c) }},
		{"by the server", func(_, s *net.TCPConn, _ *Link) { abort(s) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			curlewtest.NoLeaks(t)
			client, server, link := connect(t, Conditions{}, Conditions{})
			test.cut(client, server, link)
			<-link.cut
			link.Up.Reached(1)
			for _, c := range []*net.TCPConn{client, server} {
				if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, net.ErrClosed) {
					t.Errorf("an end reads %v", err)
				}
			}
		})
	}
}

func TestRedirect(t *testing.T) {
	curlewtest.NoLeaks(t)
	var listeners [2]net.Listener
	for i := range listeners {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		listeners[i] = l
	}
	r, err := New(listeners[0].Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for i, l := range listeners {
		r.Redirect(l.Addr().String())
		c, err := net.Dial("tcp", r.Addr())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		s, err := l.Accept()
		if err != nil {
			t.Fatalf("target %d: %v", i, err)
		}
		s.Close()
	}
	listeners[0].Close()
	r.Redirect(listeners[0].Addr().String())
	c, err := net.Dial("tcp", r.Addr())
	if err == nil {
		defer c.Close()
		c.SetDeadline(time.Now().Add(patience))
		_, err = c.Read(make([]byte, 1))
	}
	if !errors.Is(err, syscall.ECONNRESET) { // Dial can see it already
		t.Errorf("without a target: %v", err)
	}
}
