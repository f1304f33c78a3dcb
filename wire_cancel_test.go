package curlew_test

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
)

// Calls that are given up all at once leave their connection to the others, though
// what the server had sent for each is still on its way.
func TestCancelManyCalls(t *testing.T) {
	curlewtest.NoLeaks(t)
	const calls = 3000
	first := make(chan struct{})
	addr := scripted(t, func(nc net.Conn) {
		p := rawpeer.Server(t, nc, maxStreams(calls+1))
		quiet := nextRequest(p)
		header()(p, quiet)
		close(first)
		var ids []uint32
		for range calls {
			ids = append(ids, nextRequest(p))
		}
		for _, id := range ids { // a message each, so that the calls are under way
			header()(p, id)
			data(framed("x"))(p, id)
		}
		for _, id := range ids {
			p.Until(id, func(s *rawpeer.Stream) bool { return s.Reset })
		}
		for _, id := range ids { // this had left before the reset came
			for range 3 {
				data(framed("x"))(p, id)
			}
			trailers("grpc-status", "0")(p, id)
			reset(frame.CodeCancel)(p, id)
		}
		data(framed("fine"))(p, quiet)
		trailers("grpc-status", "0")(p, quiet)
		p.Drain()
	})
	c := dialTest(t, addr)
	quiet := make(chan outcome, 1)
	go func() { quiet <- perform(t.Context(), c, list) }()
	<-first
	ctx, cancel := context.WithCancel(t.Context())
	var begun, ended sync.WaitGroup
	begun.Add(calls)
	for range calls {
		ended.Go(func() {
			started := sync.OnceFunc(begun.Done)
			for range curlew.CallServerStream(ctx, c.Caller(), list, wrapperspb.String("x")) {
				started()
			}
		})
	}
	begun.Wait()
	cancel()
	ended.Wait()
	if o := <-quiet; len(o.messages) != 1 || o.messages[0] != "fine" {
		t.Errorf("a call that nobody gave up: %q, %v", o.messages, o.err)
	}
}

// Close ends a call that is being sent to another server, which takes its time: to
// greet, or to answer.
func TestCloseDuringRetry(t *testing.T) {
	for name, greets := range map[string]bool{"before the connection": false, "before the answer": true} {
		t.Run(name, func(t *testing.T) {
			curlewtest.NoLeaks(t)
			again := make(chan struct{})
			addr := scripted(t, func(nc net.Conn) {
				p := rawpeer.Server(t, nc)
				p.SayGoAway(nextHeader(p)-1, frame.CodeNo, "") // not processed
				p.Drain()
			}, func(nc net.Conn) {
				if !greets {
					close(again)
					nc.SetReadDeadline(time.Now().Add(rawpeer.Patience))
					io.Copy(io.Discard, nc)
					return
				}
				p := rawpeer.Server(t, nc)
				nextHeader(p)
				close(again)
				p.Drain()
			})
			c := dialTest(t, addr)
			b, err := curlew.CallBidi(t.Context(), c.Caller(), chat)
			if err != nil {
				t.Fatal(err)
			}
			received := make(chan error, 1)
			go func() {
				_, err := b.Recv()
				received <- err
			}()
			<-again
			closed := make(chan error, 1)
			go func() { closed <- b.Close() }()
			for what, ch := range map[string]chan error{"Close": closed, "Recv": received} {
				select {
				case <-ch:
				case <-time.After(rawpeer.Patience):
					t.Fatal(what, "waits for the server")
				}
			}
		})
	}
}

// A call ends with its function, although another goroutine still waits for a
// connection to send over.
func TestReturnWhileConnecting(t *testing.T) {
	curlewtest.NoLeaks(t)
	dialed := make(chan struct{})
	once := sync.OnceFunc(func() { close(dialed) })
	c := dialTest(t, "192.0.2.1:1", curlew.WithDialer(func(ctx context.Context, _, _ string) (net.Conn, error) {
		once()
		<-ctx.Done()
		return nil, ctx.Err()
	}))
	enough := errors.New("enough")
	for _, m := range []*curlew.MethodOf[*str, *str]{gather, list} {
		ended, sent := make(chan error, 1), make(chan error, 1)
		go func() {
			ended <- c.Caller().Stream(t.Context(), &m.Method, func(_ context.Context, s curlew.Stream) error {
				begun := make(chan struct{})
				go func() {
					close(begun)
					if err := s.Send(wrapperspb.String("hello")); err != nil {
						sent <- err
						return
					}
					sent <- s.CloseSend()
				}()
				<-begun
				<-dialed
				return enough
			})
		}()
		for what, ch := range map[string]chan error{"the call": ended, "its sender": sent} {
			select {
			case err := <-ch:
				if what == "the call" && !errors.Is(err, enough) {
					t.Errorf("%v: %v", m.Kind, err)
				}
			case <-time.After(rawpeer.Patience):
				t.Fatalf("%v: %s waits for a connection", m.Kind, what)
			}
		}
	}
}
