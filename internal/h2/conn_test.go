package h2

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-rpc/curlew/internal/h2/frame"
)

func TestGreetedWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nc, peer := newPipe(1000)
		cfg := Defaults()
		c := NewClient(nc, &cfg, Observer{})
		c.Start()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := c.Greeted(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Error("without a greeting:", err)
		}
		if c.Err() != nil {
			t.Error("already over:", c.Err())
		}
		peer.Close()
		if err := c.Greeted(t.Context()); err == nil || err != c.Err() {
			t.Error("after the end:", err)
		}
	})
}

func TestAddresses(t *testing.T) {
	a, b := socketPair(t, "tcp")
	dc := newDuoConfig(echo)
	dc.pair = func() (net.Conn, net.Conn) { return a, b }
	d := dc.tie(t)
	if d.client.LocalAddr() != a.LocalAddr() || d.client.RemoteAddr() != a.RemoteAddr() || d.server.RemoteAddr().String() != a.LocalAddr().String() {
		t.Error("the addresses are not those of the socket")
	}
	if d.client.TLS() != nil {
		t.Error("there is no TLS")
	}
}

// Content can be looked at and taken in any portions.
func TestPeekAndDiscard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDuoConfig(echo).tie(t)
		c, err := d.open("/", []byte("0123456789"), false)
		if err != nil {
			t.Fatal(err)
		}
		peek := func(n int, want string) {
			t.Helper()
			if p, err := c.Peek(n, nil); string(p) != want || (err != nil && err != io.EOF) {
				t.Fatalf("%q, not %q, %v", p, want, err)
			}
		}
		synctest.Wait()
		peek(0, "0123456789")
		peek(10, "0123456789")
		c.Discard(0)
		c.Discard(3)
		peek(7, "3456789")
		peek(1, "3456789") // what was taken is still there
		if err := c.Send(Outgoing{Data: []byte("abc"), End: true}, nil); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		peek(7, "3456789")
		peek(8, "3456789abc") // and is joined with what came since
		c.Discard(10)
		peek(1, "")
		c.Free()
	})
}

// A broken connection is noticed that says nothing at all.
func TestReadersThatGetNothing(t *testing.T) {
	noLeaks(t)
	nc, _ := newPipe(1000)
	cfg := Defaults()
	c := NewClient(emptyReads{nc}, &cfg, Observer{})
	c.Start()
	<-c.Done()
	if !errors.Is(c.Err(), io.ErrNoProgress) {
		t.Error(c.Err())
	}
}

type emptyReads struct{ net.Conn }

func (emptyReads) Read([]byte) (int, error) { return 0, nil }

// What cannot be closed by halves is closed as a whole, when all has been said.
func TestHangingUpWithoutHalves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dc := newDuoConfig(echo)
		dc.pair = func() (net.Conn, net.Conn) {
			a, b := newPipe(1000)
			return wayOnly{a}, wayOnly{b}
		}
		d := dc.tie(t)
		d.exchanges(3, randomBytes(10_000))
		d.server.Drain()
		<-d.client.Done()
		<-d.server.Done()
		if err := d.server.Err(); !errors.Is(err, net.ErrClosed) {
			t.Error("no good end:", err)
		}
	})
}

// The last words of TLS wait, like any, for a peer that reads slowly.
func TestHangingUpOverFullTLS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := newPipe(2000)
		answer := randomBytes(20_000)
		peer, server, workers := shieldedServer(t, slowReads{a}, b, func(h *handler) {
			h.Send(Outgoing{Header: okHeader, Data: answer, End: true}, nil)
		})
		p := []byte(frame.Preface)
		p = frame.AppendSettingsAck(frame.AppendSettings(p))
		p = frame.AppendHeaders(p, 1, true, frame.DefaultMaxSize, []byte{0x82, 0x86, 0x84, 0x41, 1, 'h'})
		p = frame.AppendGoAway(p, 0, frame.CodeNo, "")
		if _, err := peer.Write(p); err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(peer)
		if err != nil { // TLS must have said so
			t.Fatal("after", len(got), "bytes:", err)
		}
		data := 0
		for len(got) > 0 {
			h := frame.ParseHeader(got)
			if h.Type == frame.TypeData {
				data += int(h.Length)
			}
			got = got[frame.HeaderLen+h.Length:]
		}
		if data != len(answer) {
			t.Errorf("%d bytes arrived of %d", data, len(answer))
		}
		peer.Close()
		<-server.Done()
		workers.Close(true)
	})
}

// slowReads reads a few bytes now and then.
type slowReads struct{ net.Conn }

func (s slowReads) Read(p []byte) (int, error) {
	time.Sleep(time.Microsecond)
	return s.Conn.Read(p[:min(len(p), 16)])
}

// shieldedServer starts a server over TLS for a client that speaks for itself.
func shieldedServer(t *testing.T, a, b net.Conn, serve func(*handler)) (net.Conn, *Conn, *Workers) {
	t.Helper()
	na, nb := shieldPair(t, a, b, tls.VersionTLS13)
	peer, err := Unshield(na)
	if err != nil {
		t.Fatal(err)
	}
	cfg, workers := Defaults(), new(Workers)
	cfg.Workers = workers
	server := NewServer(nb, &cfg, acceptorFunc(func(m *Message) (*Stream, Start) {
		h := &handler{request: m, serve: serve, aborted: make(chan struct{})}
		h.Init(h)
		return &h.Stream, Start{}
	}), Observer{})
	server.Start()
	return peer, server, workers
}

// Owners of streams that came too late hear so, once, and do not serve.
func TestStreamsThatAreAcceptedTooLate(t *testing.T) {
	for name, end := range map[string]func(*Conn){
		"closed": (*Conn).Close,
		"going away": func(c *Conn) {
			c.mu.Lock()
			c.finalGoAwayLocked()
			c.mu.Unlock()
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newScriptRun(t)
				h := &handler{aborted: make(chan struct{}), serve: func(*handler) { t.Error("served") }}
				h.Init(h)
				r.connectTo(acceptorFunc(func(*Message) (*Stream, Start) {
					end(r.conn)
					return &h.Stream, Start{}
				}))
				defer r.end()
				r.step([]string{"> HEADERS 1 es GET"})
				<-h.aborted
				if r.conn.Active() != 0 {
					t.Error("it is kept")
				}
			})
		})
	}
}
