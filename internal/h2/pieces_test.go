package h2

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"

	"github.com/curlew-rpc/curlew/internal/h2/frame"
)

// pieces cuts data where its first, second and fourth fifth end.
func pieces(data []byte) Outgoing {
	n := len(data) / 5
	return Outgoing{Data: data[:n], More: [][]byte{data[n : 2*n], data[2*n : 4*n], data[4*n:]}}
}

// Content in pieces arrives as in one, whatever way it takes.
func TestPieces(t *testing.T) {
	for name, pair := range map[string]func() (net.Conn, net.Conn){
		"tcp":    func() (net.Conn, net.Conn) { return socketPair(t, "tcp") },
		"memory": func() (net.Conn, net.Conn) { a, b := newPipe(4096); return a, b },
		"TLS": func() (net.Conn, net.Conn) {
			a, b := socketPair(t, "tcp")
			return shieldPair(t, a, b, tls.VersionTLS13)
		},
	} {
		for _, window := range []int32{1000, 128 << 10} {
			t.Run(fmt.Sprintf("%s, windows of %d", name, window), func(t *testing.T) {
				data := randomBytes(1 << 20)
				dc := newDuoConfig(func(h *handler) {
					got, err := readAll(&h.Stream)
					if err != nil || !bytes.Equal(got, data) {
						t.Errorf("a request of %d bytes: %v", len(got), err)
					}
					out := pieces(got)
					out.Header, out.Trailer = okHeader, okTrailer
					if err := h.Send(out, nil); err != nil {
						t.Error(err)
					}
				})
				dc.pair = pair
				for _, cfg := range []*Config{&dc.client, &dc.server} {
					cfg.StreamWindow, cfg.MaxWindow = window, window
				}
				d := dc.tie(t)
				for _, end := range []bool{true, false} {
					c, err := d.open("/", nil, false)
					if err != nil {
						t.Fatal(err)
					}
					out := pieces(data)
					out.End = end
					if err := c.Send(out, nil); err != nil {
						t.Fatal(err)
					}
					if !end {
						if err := c.Send(Outgoing{End: true}, nil); err != nil {
							t.Fatal(err)
						}
					}
					got, err := readAll(&c.Stream)
					if err != nil || !bytes.Equal(got, data) {
						t.Errorf("a response of %d bytes: %v", len(got), err)
					}
					if _, trailer := c.Received(); trailer == nil {
						t.Error("the response ended without trailers")
					}
					c.Free()
				}
			})
		}
	}
}

// Who gives up between pieces has sent no end, and nothing is held for him.
func TestPiecesGivenUp(t *testing.T) {
	done := make(chan struct{})
	held := make(chan int64, 1)
	dc := newDuoConfig(func(h *handler) {
		out := pieces(make([]byte, 1<<20))
		out.Header, out.Trailer = okHeader, okTrailer
		if err := h.Send(out, done); err != ErrDone {
			t.Errorf("Send: %v", err)
		}
		h.conn.mu.Lock()
		held <- h.conn.held
		h.conn.mu.Unlock()
	})
	dc.client.StreamWindow, dc.client.MaxWindow = 300<<10, 300<<10 // the second piece and a half
	d := dc.tie(t)
	c, err := d.open("/", nil, true)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Header(nil); err != nil {
		t.Fatal(err)
	}
	// What windows have let out is gone, and all the rest counts.
	for held := int64(0); held != 1<<20-300<<10; runtime.Gosched() {
		d.server.mu.Lock()
		held = d.server.held
		d.server.mu.Unlock()
	}
	close(done)
	if n := <-held; n != 0 {
		t.Errorf("%d bytes are held after the call was given up", n)
	}
	if _, err := readAll(&c.Stream); err == nil || err == io.EOF {
		t.Error("half a response looks complete")
	}
	c.Free()
}

// Long data completes the frame of what came before it on the same stream.
func TestDirectCompletesFrames(t *testing.T) {
	for _, row := range []struct {
		name   string
		before func(c *Conn)
		n      int
		end    bool
		want   string
	}{
		{"alone", func(*Conn) {}, 40000, true, "1:16384 1:16384 1:7232es"},
		{"after its stream's", func(c *Conn) { c.appendDataLocked(1, make([]byte, 10), false) }, 40000, true, "1:16384 1:16384 1:7242es"},
		{"fitting in", func(c *Conn) { c.appendDataLocked(1, make([]byte, 10), false) }, 16374, true, "1:16384es"},
		{"with more to come", func(c *Conn) { c.appendDataLocked(1, make([]byte, 10), false) }, 16374, false, "1:16384"},
		{"after a full one", func(c *Conn) { c.appendDataLocked(1, make([]byte, 16384), false) }, 10, true, "1:16384 1:10es"},
		{"after another's", func(c *Conn) { c.appendDataLocked(3, make([]byte, 10), false) }, 16384, true, "3:10 1:16384es"},
		{"after another frame", func(c *Conn) {
			c.appendDataLocked(1, make([]byte, 10), false)
			c.appendWindowUpdateLocked(1, 1)
		}, 10, true, "1:10 WINDOW_UPDATE 1:10es"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := decodingConn()
			c.peerMaxFrame = frame.DefaultMaxSize
			row.before(c)
			out, bufs := c.directLocked(1, bytes.Repeat([]byte("x"), row.n), row.end)
			defer out.Free()
			if got := strings.Join(dataFrames(bytes.Join(bufs, nil)), " "); got != row.want {
				t.Errorf("%s, want %s", got, row.want)
			}
		})
	}
}

// A hookConn keeps what is written, and calls a function at the first write.
type hookConn struct {
	net.Conn
	hook    func()
	written []byte
}

func (h *hookConn) TryWrite(p []byte) (int, error) {
	h.written = append(h.written, p...)
	if hook := h.hook; hook != nil {
		h.hook = nil
		hook()
	}
	return len(p), nil
}

// Nothing is sent on a stream that ended while a piece was being written.
func TestNothingAfterReset(t *testing.T) {
	long := make([]byte, directSize)
	for name, out := range map[string]Outgoing{
		"pieces":          {Data: long, More: [][]byte{long, long}},
		"with an end":     {Data: long, More: [][]byte{long, long}, End: true},
		"with trailers":   {Data: long, More: [][]byte{long, long}, Trailer: okTrailer},
		"before trailers": {Data: long, Trailer: okTrailer},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := Defaults()
			conn := new(hookConn)
			c := newConn(conn, &cfg)
			c.send.Init(1 << 20)
			s := new(Stream)
			s.conn, s.id, s.headed = c, 1, true
			s.send.Init(1 << 20)
			c.streams[1] = s
			conn.hook = func() { s.Reset(frame.CodeCancel) }
			if err := s.Send(out, nil); err == nil {
				t.Error("Send has no error")
			}
			c.flushLeft()
			frames := dataFrames(conn.written)
			if want := "1:16384 1:16384 RST_STREAM"; strings.Join(frames, " ") != want {
				t.Errorf("%v is written, want %s", frames, want)
			}
			if c.held != 0 {
				t.Errorf("%d bytes are held", c.held)
			}
		})
	}
}

// flushLeft writes what waits, as the next sender would.
func (c *Conn) flushLeft() {
	c.mu.Lock()
	c.flushUnlock()
}
