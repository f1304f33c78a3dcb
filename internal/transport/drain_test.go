package transport_test

import (
	"net"
	"sync"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew/internal/h2"
	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/internal/transport"
	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
)

// A lateListener accepts nothing before the server drains.
type lateListener struct {
	*net.TCPListener
	drains chan struct{}
	once   sync.Once
}

func (l *lateListener) Accept() (net.Conn, error) {
	<-l.drains
	return l.TCPListener.Accept()
}

func (l *lateListener) SetDeadline(at time.Time) error {
	l.once.Do(func() { close(l.drains) })
	return l.TCPListener.SetDeadline(at.Add(500 * time.Millisecond))
}

// Connections that the kernel has taken and the server has not are served, not reset.
func TestDrainAcceptsWhatWaits(t *testing.T) {
	noLeaks(t)
	h := newHouse()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h.addr = l.Addr().String()
	late := &lateListener{TCPListener: l.(*net.TCPListener), drains: make(chan struct{})}
	h.openOn(t, late)
	var waiting []net.Conn
	for range 5 {
		nc, err := net.Dial("tcp", h.addr)
		if err != nil {
			t.Fatal(err)
		}
		waiting = append(waiting, nc)
	}
	drained := make(chan error, 1)
	go func() { drained <- h.server.Drain(t.Context()) }()
	for _, nc := range waiting {
		p := rawpeer.Client(t, nc)
		p.Headers(1, false, request("/t.S/Echo")...)
		p.Data(1, true, rawpeer.Message(0, "x"))
		fine.check(t, "a call on a connection that waited", p.Stream(1))
		p.Drain()
		if p.GoAway == nil || p.GoAway.Code != frame.CodeNo {
			t.Errorf("it ended with %+v", p.GoAway)
		}
		p.Close()
	}
	if err := <-drained; err != nil {
		t.Error(err)
	}
	if tally := h.server.Tally(); tally != (h2.Tally{Finished: 5}) {
		t.Errorf("%+v", tally)
	}
}

// Clients of calls that are cut hear it as an ordinary status, wherever the call is.
func TestCutTellsWhy(t *testing.T) {
	noLeaks(t)
	h := newHouse()
	silent := hold(h, "/t.S/Silent", false)
	headed := make(chan *call)
	h.methods["/t.S/Headed"] = &target{serve: func(c *call) *transport.Status {
		if err := c.SendHeader(nil, nil); err != nil {
			return asStatus(err)
		}
		headed <- c
		<-c.aborted
		return asStatus(c.Send([]byte("late"), 10, nil, nil))
	}}
	h.open(t)
	p := rawpeer.Dial(t, h.addr)
	p.Headers(1, true, request("/t.S/Silent")...)
	p.Headers(3, false, request("/t.S/Headed")...)
	p.Headers(5, false, request("/t.S/Echo")...) // and its message does not come
	c := <-silent.calls
	<-headed
	p.Sync()
	h.server.Cut("it is over", 0)
	<-c.aborted
	silent.free <- nil
	verdict{"200", "14", "it is over", "H$"}.check(t, "a call that had nothing", p.Stream(1))
	verdict{"200", "14", "it is over", "HH$"}.check(t, "a call with a header", p.Stream(3))
	if s := p.Stream(5); s.Order != "R" || s.Code != frame.CodeRefusedStream {
		t.Errorf("a call that has not begun: %s %v", s.Order, s.Code)
	}
	p.Drain()
	p.Close()
	if tally := h.server.Tally(); tally != (h2.Tally{Refused: 1, Cut: 2}) {
		t.Errorf("%+v", tally)
	}
}

// A method can limit how long its calls take, whatever the client says.
func TestTargetLimitsTimeout(t *testing.T) {
	noLeaks(t)
	h := newHouse()
	left := make(chan time.Duration, 1)
	serve := func(c *call) *transport.Status {
		left <- time.Until(c.Deadline)
		return transport.NewStatus(wire.Aborted, "")
	}
	h.methods["/t.S/It"] = &target{serve: serve, most: time.Hour}
	h.open(t)
	p := rawpeer.Dial(t, h.addr)
	for i, timeout := range []string{"", "2H", "1M"} {
		id := uint32(2*i + 1)
		pairs := []string{"grpc-timeout", timeout}
		if timeout == "" {
			pairs = nil
		}
		p.Headers(id, true, request("/t.S/It", pairs...)...)
		p.Stream(id)
		most, least := time.Hour, 50*time.Minute
		if timeout == "1M" {
			most, least = time.Minute, time.Second
		}
		if d := <-left; d > most || d < least {
			t.Errorf("with timeout %q %v are left", timeout, d)
		}
	}
}
