package curlew

import (
	"context"
	"errors"
	"io"
	"runtime/debug"
	"sync"
	"time"

	"github.com/curlew-rpc/curlew/internal/h2"
	"github.com/curlew-rpc/curlew/internal/transport"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
)

// A serverCall is one call at the server: its context, and what handlers see of it.
// It is never reused, since handlers and goroutines that they start may keep it.
type serverCall struct {
	x        transport.Exchange
	call     Call
	ctx      callContext
	deadline time.Time // zero: none
	srv      *Server
	method   *serverMethod // nil: refused

	// A handler may leave goroutines behind that still use the call; they find
	// it closed instead of a stream that is being cleaned up.
	recvMu, sendMu sync.Mutex
	closed         bool // under both
	received       bool // the only request message, under recvMu
}

func (c *serverCall) init(srv *Server, m *serverMethod, deadline time.Time) {
	c.srv, c.method, c.deadline = srv, m, deadline
	c.ctx.of = c
}

// A grpcCall is a call by gRPC, with its stream in the same allocation.
type grpcCall struct {
	serverCall
	stream transport.ServerStream
}

func newGRPCCall(srv *Server, m *serverMethod, deadline time.Time) *grpcCall {
	c := new(grpcCall)
	c.x = &c.stream
	c.init(srv, m, deadline)
	return c
}

// Base implements [transport.Call].
func (c *grpcCall) Base() *transport.ServerStream { return &c.stream }

// Farewell returns what ends the call when its connection is cut.
func (c *serverCall) Farewell(headed bool, reason string) []transport.Field {
	return c.x.Farewell(headed, reason)
}

// Aborted implements [h2.Owner].
func (c *serverCall) Aborted(error) { c.ctx.cancel(context.Canceled) }

// Serve implements [h2.Owner].
func (c *serverCall) Serve() {
	req := c.x.Head()
	c.call.server = c
	c.call.Stream = c
	c.call.request = Header{req.Header}
	c.finish(c.perform())
}

// perform runs the interceptors and the handler.
func (c *serverCall) perform() (err error) {
	if st := c.x.Head().Refusal; st != nil {
		return errorOf(st)
	}
	if c.ctx.Err() != nil {
		return contextError(&c.ctx)
	}
	c.call.method = c.method.Method
	defer c.recovered(&err)
	if len(c.method.limits) > 0 {
		return c.limited()
	}
	return c.method.handler(&c.ctx, &c.call)
}

// recovered makes a panic of the application's an error. It is deferred.
func (c *serverCall) recovered(err *error) {
	if p := recover(); p != nil {
		c.srv.log.Error("panic in a handler", "method", c.method.Method.Path, "panic", p, "stack", string(debug.Stack()))
		*err = Errorf(Internal, "the handler panicked")
	}
}

// finish sends the call's end and closes it.
func (c *serverCall) finish(err error) {
	st := statusOf(err)
	if CodeOf(err) == Unknown && !errors.As(err, new(*Error)) && !errors.Is(err, Unknown) {
		c.srv.log.Warn("a handler failed with an error that is not sent", "method", c.x.Head().Path, "err", err)
	}
	c.sendMu.Lock()
	if st == nil && c.method != nil && !c.method.Method.Kind.ManyResponses() && !c.x.Held() {
		st = transport.NewStatus(wire.Internal, "the handler returned no message")
	}
	if bad := errors.Join(c.call.response.check(), c.call.trailer.check()); bad != nil {
		st = statusOf(bad)
		c.call.response, c.call.trailer = Header{}, Header{}
	}
	trailer := c.call.trailer.fields
	if st != nil {
		trailer = appendPushback(trailer, err)
	}
	// An error means that the client is gone or has reset the call.
	if err := c.x.Finish(st, c.call.response.fields, trailer, c.ctx.waitDone()); err != nil {
		c.x.Abort()
	}
	c.ctx.cancel(context.Canceled)
	if !c.recvMu.TryLock() { // somebody still receives what may never come
		c.x.StopReceiving()
		c.recvMu.Lock()
	}
	c.closed = true
	c.recvMu.Unlock()
	c.sendMu.Unlock()
}

var errCallOver = Errorf(Canceled, "the call is over: its handler has returned")

// Send implements [Stream].
func (c *serverCall) Send(msg any) error { return c.send(msg, false) }

// send sends a message, which nobody changes before the call's end if it is lasting.
func (c *serverCall) send(msg any, lasting bool) error {
	c.sendMu.Lock()
	defer c.sendMu.Unlock()
	if c.closed {
		return errCallOver
	}
	if !c.method.Method.Kind.ManyResponses() {
		return errorOf(c.x.Hold(msg, c.srv.maxSend, lasting))
	}
	if err := c.call.response.check(); err != nil {
		return err
	}
	return c.explain(c.x.Send(msg, c.srv.maxSend, c.call.response.fields, c.ctx.waitDone()))
}

// Recv implements [Stream].
func (c *serverCall) Recv(msg any) error {
	c.recvMu.Lock()
	defer c.recvMu.Unlock()
	switch {
	case c.closed:
		return errCallOver
	case c.method.Method.Kind.ManyRequests():
		return c.explain(c.x.Receive(msg, c.ctx.waitDone()))
	case c.received:
		return io.EOF
	}
	c.received = true
	return c.explain(c.x.ReceiveOnly(msg, c.ctx.waitDone()))
}

// CloseSend implements [Stream].
func (c *serverCall) CloseSend() error { return nil }

// explain returns the error that a handler sees for one of the stream.
func (c *serverCall) explain(err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	if err == h2.ErrDone || c.ctx.Err() != nil {
		c.ctx.Err()
		return contextError(&c.ctx)
	}
	var (
		st    *transport.Status
		ended *h2.StreamError // the stream has, which says nothing against the message
	)
	if errors.As(err, &st) && !errors.As(err, &ended) {
		c.srv.log.Warn("a call's message cannot be used", "peer", c.x.Peer().Remote, "method", c.x.Head().Path, "err", err)
	}
	return errorOf(err)
}

func (c *serverCall) sendHeader() error {
	c.sendMu.Lock()
	defer c.sendMu.Unlock()
	if c.closed {
		return errCallOver
	}
	if err := c.call.response.check(); err != nil {
		return err
	}
	return c.explain(c.x.SendHeader(c.call.response.fields, c.ctx.waitDone()))
}

func (c *serverCall) setCompression(name string) error {
	c.sendMu.Lock()
	defer c.sendMu.Unlock()
	if c.closed {
		return errCallOver
	}
	if name == wire.Identity {
		c.x.SetCompressor(nil)
		return nil
	}
	comp := c.srv.compressor(name)
	switch {
	case comp == nil:
		return Errorf(Internal, "no compressor %q on this server", name)
	case !wire.Accepts(c.x.Head().Accept, name):
		return Errorf(FailedPrecondition, "the client does not accept messages compressed with %q", name)
	case !c.x.SetCompressor(comp):
		return Errorf(FailedPrecondition, "the response header has been sent and does not announce %q", name)
	}
	return nil
}

func (c *serverCall) peer() Peer {
	p := c.x.Peer()
	return Peer{Addr: p.Remote, LocalAddr: p.Local, TLS: p.TLS, Authority: c.x.Head().Authority}
}
