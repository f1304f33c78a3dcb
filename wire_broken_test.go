package curlew_test

import (
	"context"
	"errors"
	"io"
	"iter"
	"testing"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
)

// A stream that breaks off is not taken for one that is complete: not by a handler...
func TestRequestsBreakOff(t *testing.T) {
	begun, ends := make(chan struct{}, 1), make(chan error, 1)
	read := func(in iter.Seq2[*str, error]) error {
		for _, err := range in {
			if err != nil {
				ends <- err
				return err
			}
			begun <- struct{}{}
		}
		ends <- nil
		return nil
	}
	addr := serveMethods(t, nil,
		curlew.HandleClientStream(gather, func(_ context.Context, in iter.Seq2[*str, error]) (*str, error) { return newStr(), read(in) }),
		curlew.HandleBidi(chat, func(_ context.Context, d *curlew.Duplex[*str, *str]) error { return read(d.All()) }))
	half := framed("two")[:6]
	for _, row := range []struct {
		name     string
		end      step
		complete bool
	}{
		{"the connection ends", hangUp, false},
		{"the connection ends inside a message", func(p *rawpeer.Peer, id uint32) { p.Data(id, false, half); p.Close() }, false},
		{"the stream ends inside a message", lastData(half), false},
		{"the connection ends with GOAWAY", func(p *rawpeer.Peer, _ uint32) { p.SayGoAway(0, frame.CodeNo, ""); p.Close() }, false},
		{"the stream is reset", reset(frame.CodeCancel), false},
		{"the stream is reset without an error", reset(frame.CodeNo), false},
		{"the stream ends", lastData(nil), true},
	} {
		for _, m := range []*curlew.MethodOf[*str, *str]{gather, chat} {
			t.Run(row.name+", "+m.Path, func(t *testing.T) {
				p := rawpeer.Dial(t, addr)
				section(false, ":method", "POST", ":scheme", "http", ":path", m.Path, ":authority", "x", "content-type", "application/grpc")(p, 1)
				data(framed("one"))(p, 1)
				<-begun
				row.end(p, 1)
				if err := <-ends; (err == nil) != row.complete || errors.Is(err, io.EOF) {
					t.Errorf("the handler's messages end with %v", err)
				}
			})
		}
	}
}

// ... nor by a client.
func TestResponsesBreakOff(t *testing.T) {
	for _, row := range []struct {
		name string
		end  []step
		code curlew.Code
	}{
		{"the connection ends", []step{hangUp}, curlew.Unavailable},
		{"the connection ends inside a message", []step{data(framed("two")[:6]), hangUp}, curlew.Unavailable},
		{"the stream is reset", []step{reset(frame.CodeCancel)}, curlew.Canceled},
		{"the stream ends without trailers", []step{lastData(nil)}, curlew.Internal},
	} {
		for _, m := range []*curlew.MethodOf[*str, *str]{list, chat} {
			t.Run(row.name+", "+m.Path, func(t *testing.T) {
				c := dialTest(t, scripted(t, answers(t, append([]step{header(), data(framed("one"))}, row.end...)...)))
				ctx, cancel := context.WithTimeout(t.Context(), rawpeer.Patience)
				defer cancel()
				o := perform(ctx, c, m)
				if len(o.messages) != 1 || !errors.Is(o.err, row.code) || errors.Is(o.err, io.EOF) {
					t.Errorf("after %d messages: %v", len(o.messages), o.err)
				}
			})
		}
	}
}
