package h2

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-rpc/curlew/internal/h2/frame"
)

// A fuse cuts a connection after so many bytes in either direction.
type fuse struct {
	net.Conn
	left *atomic.Int64
	cut  func()
}

func (f fuse) Read(p []byte) (int, error) {
	n, err := f.Conn.Read(p)
	if f.left.Add(-int64(n)) < 0 {
		f.cut()
	}
	return n, err
}

func (f fuse) TryWrite(p []byte) (int, error) {
	n, err := f.Conn.(tryWriter).TryWrite(p)
	if f.left.Add(-int64(n)) < 0 {
		f.cut()
	}
	return n, err
}

// Wherever a connection breaks, every call ends, with all that it was to bring
// or with an error that says why, and nothing is left.
func TestConnectionsBreakAnywhere(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	data := randomBytes(20_000)
	for range 100 {
		var left atomic.Int64
		left.Store(rng.Int64N(500_000) + 200)
		dc := newDuoConfig(echo)
		dc.pair = func() (net.Conn, net.Conn) {
			a, b := newPipe(5000)
			cut := func() {
				a.Close()
				b.Close()
			}
			return fuse{a, &left, cut}, b
		}
		t.Run("", func(t *testing.T) {
			d := dc.tie(t)
			var wg sync.WaitGroup
			for range 8 {
				wg.Go(func() {
					for {
						back, err := d.exchange("/", data)
						if err == nil && bytes.Equal(back, data) {
							continue
						}
						var ce *ConnError
						if !errors.As(err, &ce) && !errors.Is(err, errNeverSent) {
							t.Errorf("%d bytes came back, %v", len(back), err)
						}
						return
					}
				})
			}
			wg.Wait()
			<-d.client.Done()
			<-d.server.Done()
			if d.client.Err() == nil || d.server.Err() == nil {
				t.Error("the connection was lost for no reason")
			}
		})
	}
}

// Closing either end at any time ends all that goes on there.
func TestCloseDuringEverything(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 9))
	data := randomBytes(50_000)
	for i := range 30 {
		delay := time.Duration(rng.IntN(20)) * time.Millisecond / 4
		t.Run("", func(t *testing.T) {
			dc := newDuoConfig(echo)
			dc.pair = func() (net.Conn, net.Conn) { return socketPair(t, "tcp") }
			d := dc.tie(t)
			var wg sync.WaitGroup
			for range 8 {
				wg.Go(func() {
					for {
						if _, err := d.exchange("/", data); err != nil {
							return
						}
					}
				})
			}
			time.AfterFunc(delay, func() {
				switch i % 4 {
				case 0:
					d.client.Close()
				case 1:
					d.server.Close()
				case 2:
					d.server.Drain()
					d.client.Close()
				case 3:
					d.client.Drain()
					d.server.Close()
				}
			})
			wg.Wait()
			d.client.Close()
			<-d.client.Done()
			<-d.server.Done()
		})
	}
}

// A handler hears that its stream has ended before its time, however that was.
func TestHandlersHearOfTheEnd(t *testing.T) {
	for name, end := range map[string]func(*duo, *call){
		"reset by the client": func(_ *duo, c *call) { c.Reset(frame.CodeCancel) },
		"abandoned":           func(_ *duo, c *call) { c.Abandon(time.Millisecond) },
		"client closed":       func(d *duo, _ *call) { d.client.Close() },
		"server closed":       func(d *duo, _ *call) { d.server.Close() },
		"the client's error":  func(d *duo, _ *call) { d.client.die(connError(frame.CodeInternal, "test")) },
		"the server's error":  func(d *duo, _ *call) { d.server.die(connError(frame.CodeInternal, "test")) },
	} {
		t.Run(name, func(t *testing.T) {
			heard := make(chan struct{})
			d := newDuoConfig(func(h *handler) {
				<-h.aborted
				close(heard)
			}).tie(t)
			c, err := d.open("/", nil, false)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Reset(frame.CodeCancel)
			eventually(t, func() bool { return d.server.Active() > 0 }, func() string { return "the stream" })
			end(d, c)
			select {
			case <-heard:
			case <-time.After(patience):
				t.Fatal("the handler heard nothing")
			}
		})
	}
}

// Every wait ends with the stream, the connection, and the caller's patience.
func TestWaitsEnd(t *testing.T) {
	waits := map[string]func(*call, <-chan struct{}) error{
		"Header": func(c *call, done <-chan struct{}) error { _, err := c.Header(done); return err },
		"Peek":   func(c *call, done <-chan struct{}) error { _, err := c.Peek(1, done); return err },
		"Await":  func(c *call, done <-chan struct{}) error { return c.Await(10, done) },
		"Send":   func(c *call, done <-chan struct{}) error { return c.Send(Outgoing{Data: make([]byte, 1<<20)}, done) },
	}
	ends := map[string]func(d *duo, c *call, done chan struct{}){
		"done":          func(_ *duo, _ *call, done chan struct{}) { close(done) },
		"reset":         func(_ *duo, c *call, _ chan struct{}) { c.Reset(frame.CodeCancel) },
		"client closed": func(d *duo, _ *call, _ chan struct{}) { d.client.Close() },
		"server closed": func(d *duo, _ *call, _ chan struct{}) { d.server.Close() },
		"error":         func(d *duo, _ *call, _ chan struct{}) { d.server.die(connError(frame.CodeInternal, "test")) },
	}
	for what, wait := range waits {
		for how, end := range ends {
			for _, patient := range []bool{true, false} {
				if patient && how == "done" {
					continue
				}
				t.Run(what+", "+how, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { waitEnds(t, wait, end, how, patient) })
				})
			}
		}
	}
}

func waitEnds(t *testing.T, wait func(*call, <-chan struct{}) error, end func(*duo, *call, chan struct{}), how string, patient bool) {
	d := newDuoConfig(func(h *handler) { <-h.aborted }).tie(t)
	c, err := d.open("/", nil, false)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Reset(frame.CodeCancel)
	done := make(chan struct{})
	ended := make(chan error, 1)
	go func() {
		if patient {
			ended <- wait(c, nil)
		} else {
			ended <- wait(c, done)
		}
	}()
	synctest.Wait()
	if len(ended) > 0 {
		t.Fatal("did not wait:", <-ended)
	}
	end(d, c, done)
	err = <-ended
	var se *StreamError
	switch {
	case how == "done" && err != ErrDone:
		t.Errorf("%v instead of ErrDone", err)
	case how == "reset" && err != ErrReset:
		t.Errorf("%v instead of ErrReset", err)
	case how != "done" && !errors.As(err, &se):
		t.Errorf("%v is no StreamError", err)
	}
	// And so does every wait after it.
	if how != "done" {
		if _, err := c.Peek(1, nil); err == nil || err == io.EOF {
			t.Error("afterwards:", err)
		}
	}
}

// A socket that takes nothing any more may still have the answers.
func TestAnswersAreHeardWhenWritingFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nc, peer := newPipe(1 << 20)
		var broken atomic.Bool
		cfg := Defaults()
		draining := false
		c := NewClient(brokenWrites{nc, &broken}, &cfg, Observer{Draining: func() { draining = true }})
		c.Start()
		d := &duo{t: t, client: c}
		k, err := d.open("/", nil, false)
		if err != nil {
			t.Fatal(err)
		}
		other, err := d.open("/", nil, true)
		if err != nil {
			t.Fatal(err)
		}
		peer.Write(frame.AppendSettings(nil))
		synctest.Wait()
		broken.Store(true)
		k.Send(Outgoing{Data: []byte("x")}, nil)
		synctest.Wait()
		if c.Reserve() || !draining {
			t.Error("the connection takes more streams")
		}
		p := frame.AppendHeaders(nil, k.ID(), false, frame.DefaultMaxSize, []byte{0x88})
		p = frame.AppendData(p, k.ID(), true, []byte("answer"))
		peer.Write(p)
		if got, err := readAll(&k.Stream); string(got) != "answer" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
		before := time.Now()
		if _, err := other.Header(nil); !errors.Is(err, io.ErrClosedPipe) {
			t.Error("a stream without its answer:", err)
		}
		if waited := time.Since(before); waited > lingerTime {
			t.Error("it waited for", waited)
		}
		<-c.Done()
	})
}

// brokenWrites fails to write when it is broken.
type brokenWrites struct {
	*pipeEnd
	broken *atomic.Bool
}

func (b brokenWrites) TryWrite(p []byte) (int, error) {
	if b.broken.Load() {
		return 0, io.ErrClosedPipe
	}
	return b.pipeEnd.TryWrite(p)
}

// A brink is a socket that takes a few bytes more and then fails.
type brink struct {
	net.Conn
	takes *atomic.Int64 // negative: all
}

func (b brink) TryWrite(p []byte) (int, error) {
	takes := b.takes.Load()
	if takes < 0 {
		return b.Conn.(tryWriter).TryWrite(p)
	}
	n, err := b.Conn.(tryWriter).TryWrite(p[:min(int(takes), len(p))])
	if err == nil {
		err = syscall.EPIPE
	}
	return n, err
}

// What the socket has taken nothing of may be sent again, and nothing else may.
func TestUnsentIsUnprocessed(t *testing.T) {
	for _, test := range []struct {
		name  string
		takes int64 // of the write that fails
		want  bool
	}{
		{"nothing taken", 0, true},
		{"one byte taken", 1, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			takes := new(atomic.Int64)
			takes.Store(-1)
			dc := newDuoConfig(func(h *handler) { <-h.aborted })
			dc.pair = func() (net.Conn, net.Conn) {
				a, b := newPipe(64 << 10)
				return brink{a, takes}, b
			}
			d := dc.tie(t)
			before, err := d.open("/", nil, true)
			if err != nil {
				t.Fatal(err)
			}
			eventually(t, func() bool { return d.server.Active() > 0 }, func() string { return "the stream" })
			takes.Store(test.takes)
			after, err := d.open("/", nil, true)
			if err != nil {
				t.Fatal(err)
			}
			d.server.Close()
			for _, c := range []struct {
				name string
				*call
				want bool
			}{{"the stream before", before, false}, {"the stream of that write", after, test.want}} {
				if _, err := c.Peek(1, nil); err == nil || c.Unprocessed() != c.want {
					t.Errorf("%s: unprocessed %t, want %t (%v)", c.name, c.Unprocessed(), c.want, err)
				}
				c.Free()
			}
		})
	}
}
