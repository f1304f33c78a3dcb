package curlew

import (
	"context"
	"errors"
	"io"
	"iter"
)

// A Caller is a client with settings for its calls. Generated clients are made
// of one. It is small and may be copied.
type Caller struct {
	client   *Client
	settings *callSettings
}

// With returns a Caller whose calls have opts on top of those of c.
func (c Caller) With(opts ...CallOption) Caller {
	s, err := c.settings.with(opts)
	if err != nil {
		s = &callSettings{common: c.settings.common, err: Errorf(Internal, "%v", err)}
	}
	return Caller{c.client, s}
}

// Invoke performs a unary call of any method, generated or not: res is
// overwritten.
func (c Caller) Invoke(ctx context.Context, m *Method, req, res any) error {
	cc := &clientCall{req: req, res: res}
	return cc.run(ctx, c, m)
}

// Stream performs a call of any kind: body sends and receives through the stream
// it is given, and the call ends when body returns. Its error, io.EOF aside, is
// the call's. The header of a bidirectional call leaves before body runs, that of
// others with their first message.
func (c Caller) Stream(ctx context.Context, m *Method, body func(context.Context, Stream) error) error {
	cc := &clientCall{foreign: true, body: func(cc *clientCall) error {
		if err := body(cc.ctx, cc.call.Stream); err != io.EOF {
			return err
		}
		return nil
	}}
	return cc.run(ctx, c, m)
}

// The functions below perform calls with typed messages. Generated code uses them.

// CallUnary performs a unary call.
func CallUnary[Req, Res any](ctx context.Context, c Caller, m *MethodOf[Req, Res], req Req) (Res, error) {
	res := m.NewResponse()
	if err := c.Invoke(ctx, &m.Method, req, res); err != nil {
		var none Res
		return none, err
	}
	return res, nil
}

// CallServerStream performs a server-streaming call. The call begins with the
// loop over what is returned and ends with it. An error is yielded last; a loop
// that ends without one has received the status OK.
func CallServerStream[Req, Res any](ctx context.Context, c Caller, m *MethodOf[Req, Res], req Req) iter.Seq2[Res, error] {
	return func(yield func(Res, error) bool) {
		stopped := false
		cc := &clientCall{body: func(cc *clientCall) error {
			s := cc.call.Stream
			if err := s.Send(req); err != nil {
				return err
			}
			if err := s.CloseSend(); err != nil {
				return err
			}
			for {
				res := m.NewResponse()
				if err := s.Recv(res); err == io.EOF {
					return nil
				} else if err != nil {
					return err
				}
				if !yield(res, nil) {
					stopped = true
					return errStopped
				}
			}
		}}
		if err := cc.run(ctx, c, &m.Method); err != nil && !stopped {
			var none Res
			yield(none, err)
		}
	}
}

// errStopped is what interceptors see of a call whose caller left the loop.
var errStopped = Errorf(Canceled, "the caller needs no more messages")

// CallClientStream performs a client-streaming call. An error that in yields
// cancels the call and is returned. The rest of in is not asked for when the
// server answers early.
func CallClientStream[Req, Res any](ctx context.Context, c Caller, m *MethodOf[Req, Res], in iter.Seq2[Req, error]) (Res, error) {
	res := m.NewResponse()
	cc := &clientCall{body: func(cc *clientCall) error {
		s := cc.call.Stream
		for req, err := range in {
			if err != nil {
				return err
			}
			if err := s.Send(req); err == io.EOF {
				break
			} else if err != nil {
				return err
			}
		}
		if err := s.CloseSend(); err != nil {
			return err
		}
		return s.Recv(res)
	}}
	if err := cc.run(ctx, c, &m.Method); err != nil {
		var none Res
		return none, err
	}
	return res, nil
}

// A Future is a call that runs on its own.
type Future[Res any] struct {
	done chan struct{}
	res  Res
	err  error
}

// Go starts a call and returns at once; call is a method of a generated client:
//
//	user := curlew.Go(ctx, users.GetUser, req)
func Go[Req, Res any](ctx context.Context, call func(context.Context, Req) (Res, error), req Req) *Future[Res] {
	f := &Future[Res]{done: make(chan struct{})}
	go func() {
		defer close(f.done)
		f.res, f.err = call(ctx, req)
	}()
	return f
}

// Done is closed when the call has ended.
func (f *Future[Res]) Done() <-chan struct{} { return f.done }

// Wait returns the call's result when it has ended, or an error when ctx ends
// first; the call goes on then.
func (f *Future[Res]) Wait(ctx context.Context) (Res, error) {
	select {
	case <-f.done:
		return f.res, f.err
	case <-ctx.Done():
		var none Res
		return none, contextError(ctx)
	}
}

// A BidiCall is the client's side of a bidirectional call: it sends Req and
// receives Res, in any order; one goroutine may send while another receives.
// Close it, cancel its context, or receive until the end.
type BidiCall[Req, Res any] struct {
	Duplex[Res, Req]
	call *clientCall
	stop chan struct{} // closed by Close
	done chan struct{} // closed when the call has ended
	err  error
}

// CallBidi begins a bidirectional call and returns when its header is on its way.
func CallBidi[Req, Res any](ctx context.Context, c Caller, m *MethodOf[Req, Res]) (*BidiCall[Req, Res], error) {
	b := &BidiCall[Req, Res]{stop: make(chan struct{}), done: make(chan struct{})}
	ready := make(chan struct{})
	// The interceptors surround the whole call, so they have a goroutine to stand on.
	b.call = &clientCall{watched: true, body: func(cc *clientCall) error {
		watched := &watchedStream{Stream: cc.call.Stream, ended: make(chan struct{})}
		b.Duplex = Duplex[Res, Req]{watched, m.NewResponse}
		close(ready)
		return watched.wait(cc.ctx, b.stop)
	}}
	go func() {
		defer close(b.done)
		b.err = b.call.run(ctx, c, &m.Method)
	}()
	select {
	case <-ready:
		return b, nil
	case <-b.done:
		return nil, b.err
	}
}

var errClosed = Errorf(Canceled, "the caller closed the call")

// CloseSend says that no more requests will be sent; responses can still be received.
func (b *BidiCall[Req, Res]) CloseSend() error { return b.stream.CloseSend() }

// Close ends the call, whatever has been sent and received of it, and returns
// its error: nil if all responses had been received and the status was OK, or
// if the caller was the one to end it. It may be called more than once, and
// from any goroutine.
func (b *BidiCall[Req, Res]) Close() error {
	b.call.closeOnce.Do(func() { close(b.stop) })
	<-b.done
	if errors.Is(b.err, error(errClosed)) {
		return nil
	}
	return b.err
}

// A watchedStream tells when its receiver has seen the end.
type watchedStream struct {
	Stream
	ended chan struct{}
	err   error
	over  bool // the receiver's own
}

// wait returns how the call ended: as the receiver saw it if it has, even where
// the call was closed or its context done before anybody looked.
func (w *watchedStream) wait(ctx context.Context, stop <-chan struct{}) error {
	var err error
	select {
	case <-w.ended:
	case <-stop:
		err = errClosed
	case <-ctx.Done():
		err = contextError(ctx)
	}
	select {
	case <-w.ended:
		return w.err
	default:
		return err
	}
}

func (w *watchedStream) Recv(msg any) error {
	err := w.Stream.Recv(msg)
	if err != nil && !w.over {
		w.over = true
		if err != io.EOF {
			w.err = err
		}
		close(w.ended)
	}
	return err
}
