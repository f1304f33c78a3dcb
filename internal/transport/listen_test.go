package transport_test

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/internal/transport"
	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
)

// dial opens a socket that is closed when the test ends, with a deadline for all
// that it does.
func dial(t testing.TB, addr string) net.Conn {
	t.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	nc.SetDeadline(time.Now().Add(rawpeer.Patience))
	t.Cleanup(func() { nc.Close() })
	return nc
}

const http1 = "GET / HTTP/1.1\r\nhost: test\r\n\r\n"

// What opens with something else than HTTP/2 is told so in HTTP/2 and let go.
func TestOtherProtocolIsRefused(t *testing.T) {
	noLeaks(t)
	var l log
	h := newHouse()
	h.config.Logger = l.logger()
	h.open(t)
	for _, first := range []string{http1, "\x16\x03\x01\x02\x00\x01\x00", "PRI * HTTP/1.1\r\n\r\n", "\n"} {
		nc := dial(t, h.addr)
		nc.Write([]byte(first))
		said, err := io.ReadAll(nc)
		nc.Close()
		if err != nil {
			t.Errorf("%q: %v", first, err)
		}
		var types []frame.Type
		for len(said) > frame.HeaderLen {
			f := frame.ParseHeader(said)
			types = append(types, f.Type)
			payload := said[frame.HeaderLen:][:f.Length]
			said = said[frame.HeaderLen+int(f.Length):]
			if f.Type == frame.TypeGoAway {
				if last, code, _ := frame.ParseGoAway(payload); last != 0 || code != frame.CodeProtocol {
					t.Errorf("%q: GOAWAY %d %v", first, last, code)
				}
			}
		}
		if want := []frame.Type{frame.TypeSettings, frame.TypeWindowUpdate, frame.TypeGoAway}; !slices.Equal(types, want) {
			t.Errorf("%q: frames %v, want %v", first, types, want)
		}
	}
	l.await(t, "does not open with the HTTP/2 preface")
	rawpeer.Dial(t, h.addr).Sync()
}

// Where somebody speaks the other protocol, he is given the connection and what it
// has sent, and nothing has been said.
func TestOtherProtocolIsHandedOver(t *testing.T) {
	noLeaks(t)
	h := newHouse()
	var pieces atomic.Int32
	h.config.HTTP1 = otherProtocol(func(nc net.Conn) {
		go func() {
			defer nc.Close()
			var read []byte
			for len(read) < len(http1) {
				more := make([]byte, 100)
				n, err := nc.Read(more)
				if err != nil {
					t.Error(err)
					return
				}
				pieces.Add(1)
				read = append(read, more[:n]...)
			}
			nc.Write(append([]byte("you said: "), read...))
		}()
	})
	h.open(t)
	for _, cut := range []int{len(http1), 1, 3, len(http1) - 1} {
		nc := dial(t, h.addr)
		nc.Write([]byte(http1[:cut]))
		if cut < len(http1) {
			nc.Write([]byte(http1[cut:]))
		}
		if said, err := io.ReadAll(nc); string(said) != "you said: "+http1 {
			t.Errorf("%q, %v", said, err)
		}
	}
	nc := dial(t, h.addr)
	nc.Write([]byte("PRI * HTTP/1.1 xxxxxxxxxxxxxxxxxxxxx")[:len(http1)]) // as HTTP/2 begins, for a while
	if said, err := io.ReadAll(nc); len(said) != len("you said: ")+len(http1) {
		t.Errorf("%q, %v", said, err)
	}
	p := rawpeer.Dial(t, h.addr)
	p.Headers(1, false, request("/t.S/Echo")...)
	p.Data(1, true, rawpeer.Message(0, "x"))
	fine.check(t, "HTTP/2 beside it", p.Stream(1))
}

// A watched listener shows when Accept is called, and may fail.
type watched struct {
	net.Listener
	before func() error
}

func (w *watched) Accept() (net.Conn, error) {
	if err := w.before(); err != nil {
		return nil, err
	}
	return w.Listener.Accept()
}

func listen(t testing.TB) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func TestMaxConns(t *testing.T) {
	noLeaks(t)
	h := newHouse()
	h.config.MaxConns = 2
	l := listen(t)
	var accepts, left atomic.Int32
	h.openOn(t, &watched{l, func() error {
		if accepts.Add(1)-left.Load() > 2 {
			t.Error("a connection is accepted although two are open")
		}
		return nil
	}})
	var peers []*rawpeer.Peer
	for range 2 {
		peers = append(peers, rawpeer.Dial(t, l.Addr().String()))
	}
	for range 20 {
		waiting := dial(t, l.Addr().String())
		peers[0].Sync()
		if n := h.server.Conns(); n != 2 {
			t.Errorf("%d connections", n)
		}
		left.Add(1)
		peers[0].Close()
		peers = append(peers[1:], rawpeer.Client(t, waiting))
	}
	left.Add(2) // those that the test's end closes
}

func TestAcceptErrors(t *testing.T) {
	noLeaks(t)
	var lg log
	h := newHouse()
	h.config.Logger = lg.logger()
	l := listen(t)
	errs := []error{syscall.EMFILE, syscall.ECONNABORTED, nil}
	h.openOn(t, &watched{l, func() error {
		err := errs[0]
		if len(errs) > 1 {
			errs = errs[1:]
		}
		if err != nil {
			return &net.OpError{Op: "accept", Err: err}
		}
		return nil
	}})
	rawpeer.Dial(t, l.Addr().String()).Sync()
	lg.await(t, "pause=5ms")
	lg.await(t, "pause=10ms")

	fatal := errors.New("the socket has burnt down")
	srv := transport.NewServer(&newHouse().config)
	if err := srv.Serve(&watched{listen(t), func() error { return fatal }}); err != fatal {
		t.Errorf("Serve: %v", err)
	}
	srv.Close()
}

// Close ends the pause after a failed Accept too.
func TestCloseWithinAcceptPause(t *testing.T) {
	noLeaks(t)
	h := newHouse()
	failed := make(chan struct{}, 100)
	h.openOn(t, &watched{listen(t), func() error {
		failed <- struct{}{}
		return &net.OpError{Op: "accept", Err: syscall.EMFILE}
	}})
	<-failed
	<-failed
	h.server.Close()
}

func TestServeAfterClose(t *testing.T) {
	noLeaks(t)
	srv := transport.NewServer(&newHouse().config)
	srv.Close()
	l := listen(t)
	if err := srv.Serve(l); err != transport.ErrServerClosed {
		t.Errorf("Serve: %v", err)
	}
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the listener is not closed: %v", err)
	}
}

// Close waits for nobody but ends all, the one that waits for a slot included.
func TestCloseAtTheLimit(t *testing.T) {
	noLeaks(t)
	h := newHouse()
	h.config.MaxConns = 1
	m := hold(h, "/t.S/It", false)
	h.open(t)
	p := rawpeer.Dial(t, h.addr)
	p.Headers(1, false, request("/t.S/It")...)
	c := <-m.calls
	h.server.Close()
	<-c.aborted
	p.Drain()
	m.free <- nil
	if n := h.server.Conns(); n != 0 {
		t.Errorf("%d connections", n)
	}
}

// A draining server says goodbye twice, so that what is under way meanwhile is
// still served, and closes when the last call has ended.
func TestDrain(t *testing.T) {
	noLeaks(t)
	h := newHouse()
	m := hold(h, "/t.S/It", false)
	h.open(t)
	idle, busy := rawpeer.Dial(t, h.addr), rawpeer.Dial(t, h.addr)
	busy.Headers(1, true, request("/t.S/It")...)
	<-m.calls
	drained := make(chan error, 1)
	go func() { drained <- h.server.Drain(t.Context()) }()

	idle.Drain()
	if g := idle.GoAway; g == nil || g.LastID != 0 || g.Code != frame.CodeNo {
		t.Errorf("the idle connection heard %+v", g)
	}
	for busy.GoAway == nil {
		busy.Next()
	}
	if g := busy.GoAway; g.LastID != frame.MaxStreamID || g.Code != frame.CodeNo {
		t.Errorf("the first GOAWAY: %+v", g)
	}
	busy.Headers(3, false, request("/t.S/Echo")...)
	busy.Data(3, true, rawpeer.Message(0, "x"))
	fine.check(t, "a request between the two", busy.Stream(3))
	for busy.GoAway.LastID == frame.MaxStreamID {
		busy.Next()
	}
	if g := busy.GoAway; g.LastID != 3 || g.Code != frame.CodeNo {
		t.Errorf("the second GOAWAY: %+v", g)
	}
	busy.Headers(5, true, request("/t.S/Echo")...) // nobody will look at it
	if !busy.Sync() {
		t.Error("the connection ended before its call")
	}
	await(t, func() bool { // soon: what had come before is accepted yet
		nc, err := net.Dial("tcp", h.addr)
		if err == nil {
			nc.Close()
		}
		return err != nil
	}, func() string { return "connections to be refused" })
	select {
	case err := <-drained:
		t.Errorf("Drain did not wait: %v", err)
	default:
	}
	m.free <- nil
	verdict{"200", "0", "", "HH$"}.check(t, "the call", busy.Stream(1))
	busy.Drain()
	if err := <-drained; err != nil {
		t.Error(err)
	}
	if s := busy.Stream(5); s.Order != "" {
		t.Errorf("the late request was answered by %s", s.Order)
	}
}

func TestDrainGivesUp(t *testing.T) {
	noLeaks(t)
	h := newHouse()
	m := hold(h, "/t.S/It", false)
	h.open(t)
	p := rawpeer.Dial(t, h.addr)
	p.Headers(1, true, request("/t.S/It")...)
	c := <-m.calls
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := h.server.Drain(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	h.server.Close()
	<-c.aborted
	m.free <- nil
}
