package transport_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew/internal/h2"
	"github.com/curlew-rpc/curlew/internal/transport"
)

// fakeHTTP3 has a connection for each time that come is sent to.
type fakeHTTP3 struct {
	err  error
	come chan struct{}

	mu       sync.Mutex
	enter    func() (func(), bool)
	leaves   []func()
	refused  int
	drained  int
	reasons  []string
	stopping sync.Once
}

func (f *fakeHTTP3) Listen(net.Listener) (func(enter func() (func(), bool)), error) {
	if f.err != nil {
		return nil, f.err
	}
	return func(enter func() (func(), bool)) {
		f.mu.Lock()
		f.enter = enter
		f.mu.Unlock()
		for range f.come {
			leave, ok := enter()
			f.mu.Lock()
			if ok {
				f.leaves = append(f.leaves, leave)
			} else {
				f.refused++
			}
			f.mu.Unlock()
		}
	}, nil
}

func (f *fakeHTTP3) Drain() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.drained++
	f.stopping.Do(func() { close(f.come) })
}

func (f *fakeHTTP3) Close(reason string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reasons = append(f.reasons, reason)
	f.stopping.Do(func() { close(f.come) })
	for _, leave := range f.leaves {
		leave()
	}
	f.leaves = nil
}

func (f *fakeHTTP3) Tally() transport.Tally { return transport.Tally{Finished: 1, Refused: 2, Cut: 3} }

func (f *fakeHTTP3) counts() (open, refused int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.leaves), f.refused
}

func serveBeside(t *testing.T, f *fakeHTTP3, maxConns int) (s *transport.Server, served chan error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s = transport.NewServer(&transport.ServerConfig{H2: h2.Defaults(), Logger: slog.New(slog.DiscardHandler), MaxConns: maxConns, HTTP3: f})
	served = make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	t.Cleanup(s.Close)
	return s, served
}

// Connections of HTTP/3 count, and a server that drains waits for them.
func TestHTTP3Drains(t *testing.T) {
	noLeaks(t)
	f := &fakeHTTP3{come: make(chan struct{})}
	s, served := serveBeside(t, f, 3)
	for range 5 { // one place is the listener's, of which it may be about to let go
		f.come <- struct{}{}
	}
	for open, refused := f.counts(); open+refused < 5; open, refused = f.counts() {
		time.Sleep(time.Millisecond)
	}
	drained := make(chan error, 1)
	go func() { drained <- s.Drain(context.Background()) }()
	if err := <-served; err != transport.ErrServerClosed {
		t.Error(err)
	}
	for range f.come { // it is closed by Drain
	}
	open, refused := f.counts()
	if open+refused != 5 || open < 2 || open > 3 || s.Conns() != open {
		t.Errorf("%d open, %d refused, %d counted", open, refused, s.Conns())
	}
	select {
	case err := <-drained:
		t.Errorf("it does not wait: %v", err)
	default:
	}
	f.mu.Lock()
	for _, leave := range f.leaves {
		leave()
	}
	f.leaves = nil
	f.mu.Unlock()
	if err := <-drained; err != nil || s.Conns() != 0 {
		t.Errorf("%v, %d connections", err, s.Conns())
	}
	if got := s.Tally(); got != (transport.Tally{Finished: 1, Refused: 2, Cut: 3}) {
		t.Errorf("%+v", got)
	}
}

// What is cut hears why, and who comes after Close is refused.
func TestHTTP3Cut(t *testing.T) {
	noLeaks(t)
	f := &fakeHTTP3{come: make(chan struct{})}
	s, served := serveBeside(t, f, 0)
	f.come <- struct{}{}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.Drain(ctx); err != context.Canceled {
		t.Error(err)
	}
	<-served
	s.Cut("for a reason", 0)
	s.Close()
	if f.drained != 1 || len(f.reasons) != 2 || f.reasons[0] != "for a reason" || f.reasons[1] != "" {
		t.Errorf("drained %d times, closed for %q", f.drained, f.reasons)
	}
	if _, ok := f.enter(); ok {
		t.Error("a connection has been counted after Close")
	}
}

// Where HTTP/3 cannot listen, the server does not serve.
func TestHTTP3Fails(t *testing.T) {
	noLeaks(t)
	f := &fakeHTTP3{err: errors.New("no port"), come: make(chan struct{})}
	_, served := serveBeside(t, f, 0)
	if err := <-served; err != f.err {
		t.Error(err)
	}
}
