package http3_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/http3"
	"github.com/curlew-rpc/curlew/web"
)

// A gate is a handler that waits until it is let go or its call has ended.
type gate struct {
	begun chan struct{}
	open  chan struct{}
	ended chan error
}

func newGate() *gate {
	return &gate{begun: make(chan struct{}, 100), open: make(chan struct{}), ended: make(chan error, 100)}
}

func (g *gate) handle(ctx context.Context, in *str) (*str, error) {
	g.begun <- struct{}{}
	select {
	case <-g.open:
		return in, nil
	case <-ctx.Done():
		g.ended <- ctx.Err()
		return nil, ctx.Err()
	}
}

// wasBegun reports whether a call has begun that has not been asked for.
func (g *gate) wasBegun() bool {
	select {
	case <-g.begun:
		return true
	default:
		return false
	}
}

// kinds call h once each.
var kinds = map[string]func(ctx context.Context, c *curlew.Client) error{
	"unary": func(ctx context.Context, c *curlew.Client) error {
		_, err := call(ctx, c, "in")
		return err
	},
	"server stream": func(ctx context.Context, c *curlew.Client) (err error) {
		for _, err = range curlew.CallServerStream(ctx, c.Caller(), list, wrapperspb.String("a")) {
		}
		return err
	},
	"bidi": func(ctx context.Context, c *curlew.Client) error {
		_, err := converse(ctx, c, "a")
		return err
	},
}

func TestDeadline(t *testing.T) {
	for name, do := range kinds {
		g := newGate()
		eachProtocol(t, g.handle, func(t *testing.T, c *curlew.Client) {
			// On a machine that is busy a call may not get as far as its handler in time.
			for d := 100 * time.Millisecond; ; d *= 2 {
				ctx, cancel := context.WithTimeout(t.Context(), d)
				err := do(ctx, c)
				cancel()
				if curlew.CodeOf(err) != curlew.DeadlineExceeded {
					t.Errorf("%s: %v", name, err)
				}
				if g.wasBegun() {
					break
				}
			}
			<-g.ended
		})
	}
}

// A deadline that only the server knows ends the call as well.
func TestServersDeadline(t *testing.T) {
	g := newGate()
	eachProtocol(t, g.handle, func(t *testing.T, c *curlew.Client) {
		if _, err := call(t.Context(), c, "in"); curlew.CodeOf(err) != curlew.DeadlineExceeded {
			t.Errorf("%v", err)
		}
		if g.wasBegun() {
			<-g.ended
		}
	}, curlew.WithDefaultTimeout(100*time.Millisecond))
}

func TestCancelledByClient(t *testing.T) {
	for name, do := range kinds {
		g := newGate()
		eachProtocol(t, g.handle, func(t *testing.T, c *curlew.Client) {
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				<-g.begun
				cancel()
			}()
			if err := do(ctx, c); curlew.CodeOf(err) != curlew.Canceled {
				t.Errorf("%s: %v", name, err)
			}
			if err := <-g.ended; !errors.Is(err, context.Canceled) {
				t.Errorf("%s: the handler's context ended with %v", name, err)
			}
		})
	}
}

// A handler that returns while the client still sends ends the call.
func TestEndedByServer(t *testing.T) {
	h := func(context.Context, *str) (*str, error) {
		return nil, curlew.Errorf(curlew.FailedPrecondition, "no more")
	}
	eachProtocol(t, h, func(t *testing.T, c *curlew.Client) {
		b, err := curlew.CallBidi(t.Context(), c.Caller(), chat)
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		for err == nil {
			err = b.Send(wrapperspb.String(strings.Repeat("x", 10_000)))
		}
		if _, err := b.Recv(); curlew.CodeOf(err) != curlew.FailedPrecondition {
			t.Errorf("%v", err)
		}
	})
}

func TestClientCloses(t *testing.T) {
	for name, do := range kinds {
		g := newGate()
		eachProtocol(t, g.handle, func(t *testing.T, c *curlew.Client) {
			go func() {
				<-g.begun
				c.Close()
			}()
			if err := do(t.Context(), c); curlew.CodeOf(err) != curlew.Unavailable {
				t.Errorf("%s: %v", name, err)
			}
			<-g.ended
			if _, err := call(t.Context(), c, "in"); curlew.CodeOf(err) != curlew.Canceled {
				t.Errorf("%s: after Close: %v", name, err)
			}
		})
	}
}

// Drain lets open calls finish, and has further ones go elsewhere.
func TestDrain(t *testing.T) {
	for _, p := range protocols {
		t.Run(p.String(), func(t *testing.T) {
			curlewtest.NoLeaks(t)
			g := newGate()
			s := serve(t, g.handle)
			c := s.client(t, p)
			// By gRPC, whose trailers leave when the server has counted the call off. What ends
			// in the content can be whole at the client before, and would be counted too.
			idle := s.client(t, web.GRPC)
			go func() { <-g.begun; g.open <- struct{}{} }()
			if _, err := call(t.Context(), idle, "in"); err != nil {
				t.Fatal(err)
			}
			result := make(chan error, 1)
			go func() { result <- kinds["bidi"](t.Context(), c) }()
			<-g.begun
			report := make(chan curlew.DrainReport, 1)
			left := make(chan struct{})
			s.srv.OnShutdown(func() { close(left) })
			go func() {
				r, err := s.srv.Drain(t.Context())
				if err != nil {
					t.Errorf("Drain: %v", err)
				}
				report <- r
			}()
			<-left
			// The port is closed as soon as everybody has been told, that of TCP a little later.
			for {
				nc, err := net.Dial("tcp", s.addr)
				if err != nil {
					break
				}
				nc.Close()
				time.Sleep(time.Millisecond)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			if _, err := call(ctx, s.client(t, p), "in"); err == nil {
				t.Error("a new call has been served")
			}
			select {
			case r := <-report:
				t.Errorf("the server did not wait: %+v", r)
			default:
			}
			close(g.open)
			if err := <-result; err != nil {
				t.Errorf("the open call: %v", err)
			}
			if r := <-report; r.Finished != 1 || r.Canceled != 0 || r.Connections < 1 {
				t.Errorf("%+v", r)
			}
		})
	}
}

// What is not done in time is cut off, and clients hear why.
func TestDrainCuts(t *testing.T) {
	for _, p := range protocols {
		t.Run(p.String(), func(t *testing.T) {
			curlewtest.NoLeaks(t)
			g := newGate()
			s := serve(t, g.handle)
			c := s.client(t, p)
			result := make(chan error, 1)
			go func() { result <- kinds["bidi"](t.Context(), c) }()
			<-g.begun
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			r, err := s.srv.Drain(ctx)
			if !errors.Is(err, context.DeadlineExceeded) || r.Canceled != 1 || r.Finished != 0 {
				t.Errorf("%+v, %v", r, err)
			}
			if err := <-result; curlew.CodeOf(err) != curlew.Unavailable || !strings.Contains(err.Error(), "the server is shutting down") {
				t.Errorf("%v", err)
			}
			<-g.ended
		})
	}
}

// No call is lost when one server after the other has the port.
func TestRestarts(t *testing.T) {
	curlewtest.NoLeaks(t)
	first := serve(t, echo)
	for _, p := range protocols {
		c := first.client(t, p)
		stop := make(chan struct{})
		var wg sync.WaitGroup
		var calls atomic.Int64
		for i := range 4 {
			wg.Go(func() {
				for n := 0; ; n++ {
					select {
					case <-stop:
						return
					default:
					}
					in := fmt.Sprint(i, n)
					if res, err := call(t.Context(), c, in); err != nil || res != in {
						t.Errorf("%v: %q, %v", p, res, err)
						return
					}
					calls.Add(1)
				}
			})
		}
		settle := func() {
			for before := calls.Load(); calls.Load() < before+20 && !t.Failed(); {
				time.Sleep(time.Millisecond)
			}
		}
		settle()
		if r, err := first.srv.Drain(t.Context()); err != nil || r.Canceled != 0 {
			t.Errorf("%+v, %v", r, err)
		}
		first = first.again(t, echo)
		settle()
		close(stop)
		wg.Wait()
	}
}

// A connection that is too old is left for another one, without a call being lost.
func TestMaxConnectionAge(t *testing.T) {
	curlewtest.NoLeaks(t)
	s := serve(t, func(ctx context.Context, in *str) (*str, error) {
		return wrapperspb.String(curlew.CallFrom(ctx).Peer().Addr.String()), nil
	}, curlew.WithMaxConnectionAge(50*time.Millisecond, time.Minute))
	c := s.client(t, web.GRPC)
	for end := time.Now().Add(300 * time.Millisecond); time.Now().Before(end); {
		if _, err := call(t.Context(), c, "in"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestServerCloses(t *testing.T) {
	g := newGate()
	for _, p := range protocols {
		curlewtest.NoLeaks(t)
		s := serve(t, g.handle)
		c := s.client(t, p)
		go func() {
			<-g.begun
			s.srv.Close()
		}()
		if _, err := call(t.Context(), c, "in"); curlew.CodeOf(err) != curlew.Unavailable {
			t.Errorf("%v", err)
		}
		<-g.ended
	}
}

// Where nobody answers by UDP, that is said when the time for a handshake is over.
func TestNobodyThere(t *testing.T) {
	curlewtest.NoLeaks(t)
	udp, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	s := &site{ca: newAuthority(t), addr: udp.LocalAddr().String()}
	c := s.client(t, web.Connect, curlew.WithHandshakeTimeout(200*time.Millisecond))
	if _, err := call(t.Context(), c, "in"); curlew.CodeOf(err) != curlew.Unavailable || !strings.Contains(err.Error(), "cannot connect by HTTP/3") {
		t.Errorf("%v", err)
	}
}

// The URL of the target may not be one that HTTP/3 is not for.
func TestTargets(t *testing.T) {
	for _, target := range []string{"http://127.0.0.1:1", "127.0.0.1:1"} {
		c, err := curlew.NewClient(target, http3.WithHTTP3())
		if err == nil {
			c.Close()
			t.Errorf("%s is a target", target)
		}
	}
}
