package transport_test

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew/internal/h2"
	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/internal/transport"
	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
)

// A log keeps what is logged.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *log) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// await waits until the log says something.
func (l *log) await(t *testing.T, what string) {
	t.Helper()
	await(t, func() bool { return strings.Contains(l.String(), what) }, func() string { return what + " in the log:\n" + l.String() })
}

// A held method's calls show themselves and wait to be let go.
type held struct {
	calls chan *call
	free  chan *transport.Status
}

func hold(h *house, path string, whole bool) *held {
	m := &held{make(chan *call, 10), make(chan *transport.Status, 10)}
	h.methods[path] = &target{whole: whole, serve: func(c *call) *transport.Status {
		m.calls <- c
		return <-m.free
	}}
	return m
}

// Nothing is sent on a stream that the client has reset, whatever its handler does.
func TestSilenceAfterReset(t *testing.T) {
	noLeaks(t)
	h := newHouse()
	sent := make(chan error, 1)
	h.methods["/t.S/It"] = &target{serve: func(c *call) *transport.Status {
		if err := c.Send([]byte("first"), 10, nil, nil); err != nil {
			return asStatus(err)
		}
		<-c.aborted
		sent <- c.Send([]byte("second"), 10, nil, nil)
		return nil
	}}
	h.open(t)
	p := rawpeer.Dial(t, h.addr)
	p.Headers(1, false, request("/t.S/It")...)
	p.Until(1, func(s *rawpeer.Stream) bool { return s.Order == "HD" })
	p.Reset(1, frame.CodeCancel)
	if err := <-sent; asStatus(err) == nil || asStatus(err).Code != wire.Canceled {
		t.Errorf("sending afterwards: %v", err)
	}
	p.Sync()
	p.Sync() // what the handler's end may have queued has been written by now
	if s := p.Until(1, func(*rawpeer.Stream) bool { return true }); s.Order != "HD" {
		t.Errorf("frames %s", s.Order)
	}
}

// A handler hears that its client is gone, however that is.
func TestAborted(t *testing.T) {
	noLeaks(t)
	for name, leave := range map[string]func(*house, *rawpeer.Peer){
		"RST_STREAM":         func(_ *house, p *rawpeer.Peer) { p.Reset(1, frame.CodeCancel) },
		"connection lost":    func(_ *house, p *rawpeer.Peer) { p.Close() },
		"connection error":   func(_ *house, p *rawpeer.Peer) { p.Reset(2, frame.CodeCancel) },
		"the server closes":  func(h *house, _ *rawpeer.Peer) { h.server.Close() },
		"a malformed stream": func(_ *house, p *rawpeer.Peer) { p.Headers(1, false, rawpeer.Fields("x", "y")...) },
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			h := newHouse()
			m := hold(h, "/t.S/It", false)
			h.open(t)
			p := rawpeer.Dial(t, h.addr)
			p.Headers(1, false, request("/t.S/It")...)
			c := <-m.calls
			leave(h, p)
			select {
			case <-c.aborted:
			case <-time.After(rawpeer.Patience):
				t.Error("the handler was not told")
			}
			m.free <- nil
		})
	}
}

// A request for one message that is never completed does not stay for ever. The
// connection does.
func TestReadTimeout(t *testing.T) {
	noLeaks(t)
	h := newHouse()
	h.config.H2.ReadTimeout = 20 * time.Millisecond
	h.open(t)
	p := rawpeer.Dial(t, h.addr)
	p.Headers(1, false, request("/t.S/Chat")...) // may take its time
	p.Headers(3, false, request("/t.S/Echo")...)
	p.Headers(5, false, request("/t.S/Echo")...)
	p.Data(5, false, rawpeer.Message(0, "whole, but not ended"))
	for _, id := range []uint32{3, 5} {
		if s := p.Stream(id); s.Order != "R" || s.Code != frame.CodeCancel {
			t.Errorf("stream %d: %s with %v", id, s.Order, s.Code)
		}
	}
	p.Data(1, true, rawpeer.Message(0, "x"))
	verdict{http: "200", code: "0"}.check(t, "a stream", p.Stream(1))
	p.Headers(7, false, request("/t.S/Echo")...)
	p.Data(7, true, rawpeer.Message(0, "x"))
	fine.check(t, "a complete one", p.Stream(7))
}

// A message that could be sent in part only must not be followed by trailers, as
// if it were whole: the stream is reset.
func TestDeadlineWithinAMessage(t *testing.T) {
	noLeaks(t)
	h := newHouse()
	stop := make(chan struct{})
	for path, send := range map[string]func(*call) *transport.Status{
		"/t.S/Stream": func(c *call) *transport.Status {
			if err := c.Send([]byte("a long message"), 100, nil, stop); err != h2.ErrDone {
				t.Errorf("Send: %v", err)
			}
			return transport.NewStatus(wire.DeadlineExceeded, "")
		},
		"/t.S/Unary": func(c *call) *transport.Status {
			c.done = stop
			return asStatus(c.Hold([]byte("a long message"), 100, false))
		},
	} {
		h.methods[path] = &target{serve: send, whole: true}
	}
	h.open(t)
	p := rawpeer.Dial(t, h.addr, frame.Setting{ID: frame.SettingInitialWindowSize, Value: 10})
	p.Headers(1, true, request("/t.S/Stream")...)
	p.Headers(3, true, request("/t.S/Unary")...)
	for _, id := range []uint32{1, 3} {
		p.Until(id, func(s *rawpeer.Stream) bool { return len(s.Data) == 10 })
	}
	close(stop)
	for _, id := range []uint32{1, 3} {
		if s := p.Stream(id); s.Order != "HDR" || s.Code != frame.CodeCancel {
			t.Errorf("stream %d: %s with %v", id, s.Order, s.Code)
		}
	}
}

func TestMaxStreams(t *testing.T) {
	noLeaks(t)
	h := newHouse()
	h.config.H2.MaxStreams = 2
	m := hold(h, "/t.S/It", false)
	h.open(t)
	p := rawpeer.Dial(t, h.addr)
	if got := p.Settings[0]; got != (frame.Setting{ID: frame.SettingMaxConcurrentStreams, Value: 2}) {
		t.Errorf("announced: %v", got)
	}
	for _, id := range []uint32{1, 3, 5} {
		p.Headers(id, true, request("/t.S/It")...)
	}
	if s := p.Stream(5); s.Order != "R" || s.Code != frame.CodeRefusedStream {
		t.Errorf("one too many: %s with %v", s.Order, s.Code)
	}
	m.free <- nil
	m.free <- nil
	for _, id := range []uint32{1, 3} {
		verdict{"200", "0", "", "HH$"}.check(t, "within the limit", p.Stream(id))
	}
}

// Someone who gives up on an answer that no handler is there for is let go.
func TestRefusalGivenUp(t *testing.T) {
	noLeaks(t)
	h := openHouse(t)
	p := rawpeer.Dial(t, h.addr, frame.Setting{ID: frame.SettingInitialWindowSize, Value: 0})
	p.Headers(1, true, request("/t.S/Echo", "content-type", "-")...)
	p.Until(1, func(s *rawpeer.Stream) bool { return s.Order == "H" })
	p.Reset(1, frame.CodeCancel)
	if !p.Sync() {
		t.Error("the connection did not survive")
	}
}

// A request that is still being sent is refused when it is complete: then nothing
// need be reset. One that does not come to its end is refused all the same.
func TestRefusalWaits(t *testing.T) {
	noLeaks(t)
	p := rawpeer.Dial(t, openHouse(t).addr)
	p.Headers(1, false, request("/t.S/Echo", "content-type", "text/html")...)
	p.Sync()
	p.Data(1, true, []byte("the rest"))
	p.Headers(3, false, request("/t.S/Echo", "content-type", "text/html")...)
	verdict{"415", "", "", "HD$"}.check(t, "complete", p.Stream(1))
	verdict{"415", "", "", "HD$"}.check(t, "not complete", p.Stream(3))
	p.Sync()
	if s := p.Stream(1); s.Order != "HD$" {
		t.Errorf("a request that was complete: %s", s.Order)
	}
	if s := p.Until(3, func(s *rawpeer.Stream) bool { return s.Reset }); s.Code != frame.CodeNo {
		t.Errorf("a request that was not: %s, %v", s.Order, s.Code)
	}
}

// A HEAD request is refused without content, which it cannot have.
func TestHead(t *testing.T) {
	noLeaks(t)
	p := rawpeer.Dial(t, openHouse(t).addr)
	p.Headers(1, true, request("/t.S/Echo", ":method", "HEAD")...)
	verdict{"405", "", "", "H$"}.check(t, "HEAD", p.Stream(1))
	p.Headers(3, true, request("/t.S/Echo", ":method", "HEAD", "content-type", "-")...)
	verdict{"415", "", "", "H$"}.check(t, "HEAD without content-type", p.Stream(3))
}

// Who breaks the protocol is named in the log.
func TestViolationsAreLogged(t *testing.T) {
	noLeaks(t)
	var l log
	h := newHouse()
	h.config.Logger = l.logger()
	h.open(t)
	p := rawpeer.Dial(t, h.addr)
	p.Headers(1, false, append(request("/t.S/Echo"), rawpeer.Fields("Upper", "x")...)...)
	if s := p.Stream(1); s.Order != "R" || s.Code != frame.CodeProtocol {
		t.Errorf("%s with %v", s.Order, s.Code)
	}
	l.await(t, "stream reset: the peer broke the protocol")
	p.Headers(3, true, request("/t.S/Nope")...)
	p.Stream(3)
	l.await(t, "request refused")
	p.Reset(2, frame.CodeCancel)
	p.Drain()
	if p.GoAway == nil || p.GoAway.Code != frame.CodeProtocol || p.GoAway.LastID != 3 {
		t.Errorf("%+v", p.GoAway)
	}
	l.await(t, "connection ended: the peer broke the protocol")
}
