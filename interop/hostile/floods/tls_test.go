package floods

import (
	"crypto/tls"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
	"github.com/curlew-rpc/curlew/interop/hostile/internal/arena"
)

// A mute is a connection of which nothing is read.
type mute struct{ net.Conn }

func (mute) Read([]byte) (int, error) { return 0, io.EOF }

// Handshakes are the dearest thing that a stranger may ask for. Who floods the server
// with them, and goes no further, has it work but not hold anything.
func TestTLSHandshakeFloods(t *testing.T) {
	anyone := &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}}
	hello := func(nc net.Conn) { tls.Client(mute{nc}, anyone).Handshake() } // which fails for lack of an answer
	for _, row := range []struct {
		name   string
		conns  int
		begin  func(nc net.Conn)
		remain bool // the attacker does not hang up
	}{
		{"leave at once", 2000, func(net.Conn) {}, false},
		{"a ClientHello, then leave", 1000, hello, false},
		{"a ClientHello, then silence", 500, hello, true},
		{"a complete handshake, then leave", 500, func(nc net.Conn) { tls.Client(nc, anyone).Handshake() }, false},
		{"a complete handshake, then silence", 300, func(nc net.Conn) { tls.Client(nc, anyone).Handshake() }, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			a := arena.New(t, arena.TLS, "handshake=3s")
			bounds := arena.Bounds{
				Peak: 96 << 20, CPU: time.Duration(row.conns) * 50 * time.Millisecond,
				Cause: "a goroutine and a TLS state for each connection; a handshake takes a millisecond, far more with the race detector",
			}
			a.Endure(bounds, func() func() {
				var wg sync.WaitGroup
				for range 8 {
					wg.Go(func() { handshakes(t, a, row.conns/8, row.begin, row.remain) })
				}
				wg.Wait()
				return func() {}
			})
		})
	}
}

// handshakes begins n connections, and waits for the end of those that remain.
func handshakes(t *testing.T, a *arena.Arena, n int, begin func(net.Conn), remain bool) {
	var held []net.Conn
	for range n {
		nc, err := net.Dial("tcp", a.Addr)
		if err != nil {
			t.Error(err)
			return
		}
		defer nc.Close()
		nc.SetDeadline(time.Now().Add(2 * rawpeer.Patience))
		begin(nc)
		if remain {
			held = append(held, nc)
		} else {
			nc.Close()
		}
	}
	for _, nc := range held {
		if _, err := io.Copy(io.Discard, nc); isTimeout(err) {
			t.Error("the server keeps a connection")
		}
	}
}

func isTimeout(err error) bool {
	ne, ok := err.(net.Error)
	return ok && ne.Timeout()
}
