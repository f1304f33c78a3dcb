package curlew_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
)

// A tally is a server that keeps the requests that reach it, whole ones, and
// answers each by the next of its steps, the last one for all further.
type tally struct {
	mu       sync.Mutex
	requests []*rawpeer.Stream
	conns    []int // which connection each came over
	opened   int
	steps    []step
}

func (y *tally) serve(t testing.TB, settings ...frame.Setting) string {
	return scripted(t, func(nc net.Conn) {
		y.mu.Lock()
		conn := y.opened
		y.opened++
		y.mu.Unlock()
		p := rawpeer.Server(t, nc, settings...)
		requests(p, func(id uint32) {
			y.mu.Lock()
			n := len(y.requests)
			y.requests = append(y.requests, p.Stream(id))
			y.conns = append(y.conns, conn)
			y.mu.Unlock()
			y.steps[min(n, len(y.steps)-1)](p, id)
		})
	})
}

// seen returns the requests so far, and which connections they came over.
func (y *tally) seen() ([]*rawpeer.Stream, []int) {
	y.mu.Lock()
	defer y.mu.Unlock()
	return slices.Clone(y.requests), slices.Clone(y.conns)
}

// bodies returns the contents of the requests so far.
func (y *tally) bodies() (bodies []string) {
	y.mu.Lock()
	defer y.mu.Unlock()
	for _, r := range y.requests {
		bodies = append(bodies, string(r.Data))
	}
	return bodies
}

// gone says GOAWAY below the stream, and leaves.
func gone(p *rawpeer.Peer, id uint32) {
	p.SayGoAway(id-1, frame.CodeNo, "")
	p.Drain()
}

var refused = reset(frame.CodeRefusedStream)

// What a server has certainly not seen is sent again, once: whole and in order. It
// is not called a retry.
func TestTransparentRetry(t *testing.T) {
	curlewtest.NoLeaks(t)
	processed := func(p *rawpeer.Peer, id uint32) { p.SayGoAway(id, frame.CodeNo, ""); good(p, id); p.Drain() }
	for _, row := range []struct {
		name     string
		steps    []step
		code     curlew.Code
		attempts int
		conns    []int
	}{
		{"refused", steps(refused, good), 0, 2, []int{0, 0}},
		{"refused twice", steps(refused), curlew.Unavailable, 2, []int{0, 0}},
		{"gone", steps(gone, good), 0, 2, []int{0, 1}},
		{"gone twice", steps(gone), curlew.Unavailable, 2, []int{0, 1}},
		{"gone, then refused", steps(gone, refused), curlew.Unavailable, 2, []int{0, 1}},
		{"refused, then failed", steps(refused, only("grpc-status", "9")), curlew.FailedPrecondition, 2, []int{0, 0}},
		{"gone after this one", steps(processed), 0, 1, []int{0}},

		{"refused after the header", steps(func(p *rawpeer.Peer, id uint32) { header()(p, id); refused(p, id) }), curlew.Unavailable, 1, []int{0}},
		{"gone after the header", steps(func(p *rawpeer.Peer, id uint32) { header()(p, id); gone(p, id) }), curlew.Unavailable, 1, []int{0}},
		{"cancelled", steps(reset(frame.CodeCancel)), curlew.Canceled, 1, []int{0}},
		{"calmed", steps(reset(frame.CodeEnhanceYourCalm)), curlew.ResourceExhausted, 1, []int{0}},
		{"unavailable", steps(only("grpc-status", "14")), curlew.Unavailable, 1, []int{0}},
		{"cut off", steps(hangUp), curlew.Unavailable, 1, []int{0}},
		{"cut off after GOAWAY for others", steps(func(p *rawpeer.Peer, id uint32) { p.SayGoAway(id, frame.CodeNo, ""); p.Close() }), curlew.Unavailable, 1, []int{0}},
	} {
		for _, m := range kinds {
			t.Run(strings.ReplaceAll(fmt.Sprint(row.name, " ", m.Kind), " ", "_"), func(t *testing.T) {
				y := tally{steps: row.steps}
				ctx, cancel := context.WithTimeout(t.Context(), rawpeer.Patience)
				defer cancel()
				o := perform(ctx, dialTest(t, y.serve(t)), m, curlew.SetHeader("x", "y"))
				if curlew.CodeOf(o.err) != row.code || row.code == 0 && !slices.Equal(o.messages, one) {
					t.Errorf("%v, %q", o.err, o.messages)
				}
				seen, conns := y.seen()
				if len(seen) != row.attempts || !slices.Equal(conns, row.conns) {
					t.Errorf("%d attempts, over the connections %v", len(seen), conns)
				}
				for _, r := range seen {
					if string(r.Data) != string(framed("hello")) || !slices.Equal(names(r.First()), names(seen[0].First())) || rawpeer.Value(r.First(), "x") != "y" {
						t.Errorf("request %v with %q", r.First(), r.Data)
					}
					if got := rawpeer.Values(r.First(), "grpc-previous-rpc-attempts"); got != nil {
						t.Errorf("previous attempts %q", got)
					}
				}
			})
		}
	}
}

// All messages of a stream are sent again in their order, wherever it was when the
// server refused it, and the rest follows.
func TestReplay(t *testing.T) {
	curlewtest.NoLeaks(t)
	const n = 5
	for _, m := range []*curlew.MethodOf[*str, *str]{gather, chat} {
		for at := range n + 1 { // messages that the first server has seen
			seen, body := make(chan struct{}), make(chan string, 1)
			addr := scripted(t, func(nc net.Conn) {
				defer close(body)
				p := rawpeer.Server(t, nc)
				id := nextHeader(p)
				p.Until(id, func(s *rawpeer.Stream) bool { return len(s.Data) == at*len(framed("m0")) })
				p.Reset(id, frame.CodeRefusedStream)
				p.Sync() // the second attempt may begin meanwhile
				close(seen)
				id += 2
				body <- string(p.Stream(id).Data)
				good(p, id)
				p.Drain()
			})
			var want string
			err := dialTest(t, addr).Caller().Stream(t.Context(), &m.Method, func(_ context.Context, s curlew.Stream) error {
				for i := range n {
					if i == at && at > 0 {
						<-seen
					}
					want += string(framed(fmt.Sprint("m", i)))
					if err := s.Send(wrapperspb.String(fmt.Sprint("m", i))); err != nil {
						return fmt.Errorf("message %d: %w", i, err)
					}
				}
				if at == n {
					<-seen
				}
				if err := s.CloseSend(); err != nil {
					return err
				}
				if err := s.Recv(newStr()); err != nil {
					return err
				}
				return s.Recv(newStr())
			})
			if err != nil {
				t.Errorf("%v, refused after %d messages: %v", m.Kind, at, err)
			}
			if got := <-body; got != want {
				t.Errorf("%v, refused after %d messages: replayed %q", m.Kind, at, got)
			}
		}
	}
}

// What is sent again has to be kept, and of a stream not more than 256 KiB is. The
// one message of a call that has one is kept whatever its size.
func TestReplayLimit(t *testing.T) {
	curlewtest.NoLeaks(t)
	window := frame.Setting{ID: frame.SettingInitialWindowSize, Value: 1 << 24}
	wide := func(p *rawpeer.Peer, _ uint32) { p.Write(frame.AppendWindowUpdate(nil, 0, 1<<24)) }
	for _, row := range []struct {
		m     *curlew.MethodOf[*str, *str]
		n     int // messages of 50 KB
		size  int
		again bool
	}{
		{gather, 5, 50_000, true}, {chat, 5, 50_000, true}, {gather, 6, 50_000, false}, {chat, 6, 50_000, false},
		{unary, 1, 50_000, true}, {unary, 1, 1_000_000, true}, {list, 1, 1_000_000, true}, {gather, 1, 300_000, false},
	} {
		y := tally{steps: steps(refused, good)}
		addr := scripted(t, func(nc net.Conn) {
			p := rawpeer.Server(t, nc, window)
			wide(p, 0)
			requests(p, func(id uint32) {
				y.mu.Lock()
				y.requests = append(y.requests, p.Stream(id))
				n := len(y.requests)
				y.mu.Unlock()
				y.steps[min(n, 2)-1](p, id)
			})
		})
		err := dialTest(t, addr).Caller().Stream(t.Context(), &row.m.Method, func(_ context.Context, s curlew.Stream) error {
			for range row.n {
				if err := s.Send(wrapperspb.String(strings.Repeat("x", row.size))); err != nil {
					return err
				}
			}
			if err := s.CloseSend(); err != nil {
				return err
			}
			if err := s.Recv(newStr()); err != nil {
				return err
			}
			return s.Recv(newStr())
		})
		bodies := y.bodies()
		switch {
		case row.again && (err != nil || len(bodies) != 2 || bodies[0] != bodies[1] || len(bodies[0]) < row.n*row.size):
			t.Errorf("%v, %d messages of %d: %v after %d attempts", row.m.Kind, row.n, row.size, err, len(bodies))
		case !row.again && (curlew.CodeOf(err) != curlew.Unavailable || len(bodies) != 1):
			t.Errorf("%v, %d messages of %d: %v after %d attempts", row.m.Kind, row.n, row.size, err, len(bodies))
		}
	}
}

// A server that refuses requests while they are still being sent is not asked
// without end.
func TestRefusedWhileSending(t *testing.T) {
	curlewtest.NoLeaks(t)
	for _, m := range kinds {
		var attempts atomic.Int32
		addr := scripted(t, func(nc net.Conn) {
			p := rawpeer.Server(t, nc, frame.Setting{ID: frame.SettingInitialWindowSize, Value: 100})
			for id := nextHeader(p); id != 0; id = nextHeader(p) {
				n := attempts.Add(1)
				p.Until(id, func(s *rawpeer.Stream) bool { return len(s.Data) == 100 })
				if n > 20 {
					return
				}
				refused(p, id)
			}
		})
		c := dialTest(t, addr)
		err := c.Caller().Stream(t.Context(), &m.Method, func(_ context.Context, s curlew.Stream) error {
			if err := s.Send(wrapperspb.String(strings.Repeat("x", 1000))); err != nil && err != io.EOF {
				return err
			}
			if err := s.CloseSend(); err != nil {
				return err
			}
			return s.Recv(newStr())
		})
		if curlew.CodeOf(err) != curlew.Unavailable || attempts.Load() != 2 {
			t.Errorf("%v: %v after %d attempts", m.Kind, err, attempts.Load())
		}
	}
}

// A connection may say goodbye before any call has been opened on it.
func TestGoAwayBeforeTheCall(t *testing.T) {
	curlewtest.NoLeaks(t)
	ready := make(chan struct{})
	said := make(chan struct{})
	addr := scripted(t,
		func(nc net.Conn) {
			p := rawpeer.Server(t, nc)
			<-ready
			p.SayGoAway(0, frame.CodeNo, "leaving")
			p.Drain()
			close(said)
		},
		answers(t, good))
	c := dialTest(t, addr)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := c.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	close(ready)
	<-said
	for _, m := range kinds {
		if o := perform(ctx, c, m); o.err != nil {
			t.Errorf("%v: %v", m.Kind, o.err)
		}
	}
}

// A stream that was refused is no longer one of those that the server allows.
func TestRefusedStreamsAreNotCounted(t *testing.T) {
	curlewtest.NoLeaks(t)
	n := 0
	addr := scripted(t, func(nc net.Conn) {
		p := rawpeer.Server(t, nc, frame.Setting{ID: frame.SettingMaxConcurrentStreams, Value: 1})
		requests(p, func(id uint32) {
			if n++; n%2 == 1 {
				refused(p, id)
			} else {
				good(p, id)
			}
		})
	})
	c := dialTest(t, addr)
	for range 5 {
		for _, m := range kinds {
			if o := perform(t.Context(), c, m, curlew.Timeout(rawpeer.Patience)); o.err != nil {
				t.Fatalf("%v: %v", m.Kind, o.err)
			}
		}
	}
}

// The one message of a call that has one leaves with the end of the request, and once,
// although an attempt has failed between.
func TestRetryBeforeTheMessageLeaves(t *testing.T) {
	curlewtest.NoLeaks(t)
	for _, m := range []*curlew.MethodOf[*str, *str]{unary, list} {
		again, body := make(chan struct{}), make(chan string, 1)
		addr := scripted(t, func(nc net.Conn) {
			p := rawpeer.Server(t, nc)
			refused(p, nextHeader(p))
			nextHeader(p)
			close(again)
			if id := nextRequest(p); id != 0 {
				body <- string(p.Stream(id).Data)
				good(p, id)
			}
			p.Drain()
		})
		c := dialTest(t, addr)
		err := c.Caller().Stream(t.Context(), &m.Method, func(_ context.Context, s curlew.Stream) error {
			if err := s.Send(wrapperspb.String("hello")); err != nil {
				return err
			}
			received := make(chan error, 1)
			go func() { received <- s.Recv(newStr()) }()
			<-again
			if err := s.CloseSend(); err != nil {
				return err
			}
			return <-received
		})
		if got := <-body; err != nil || got != string(framed("hello")) {
			t.Errorf("%v: %v; the server has %q", m.Kind, err, got)
		}
	}
}
