package curlew

import (
	"context"
	"iter"
)

// The functions below tie a method's typed function to the untyped stream of a
// call. Generated code uses them.

// HandleUnary serves a unary method with f. The message that f returns is read until it
// has been sent; nobody may change it any more.
func HandleUnary[Req, Res any](m *MethodOf[Req, Res], f func(context.Context, Req) (Res, error)) MethodHandler {
	return MethodHandler{&m.Method, func(ctx context.Context, call *Call) error {
		req := m.NewRequest()
		if err := call.Stream.Recv(req); err != nil {
			return err
		}
		res, err := f(ctx, req)
		if err != nil {
			return err
		}
		return sendResult(call.Stream, res)
	}}
}

// sendResult sends what a handler has returned, and nobody changes any more. Where an
// interceptor has put its own stream in between, that may send others.
func sendResult(s Stream, res any) error {
	if c, ok := s.(*serverCall); ok {
		return c.send(res, true)
	}
	return s.Send(res)
}

// HandleServerStream serves a server-streaming method with f.
func HandleServerStream[Req, Res any](m *MethodOf[Req, Res], f func(context.Context, Req, Sender[Res]) error) MethodHandler {
	return MethodHandler{&m.Method, func(ctx context.Context, call *Call) error {
		req := m.NewRequest()
		if err := call.Stream.Recv(req); err != nil {
			return err
		}
		return f(ctx, req, &Duplex[Req, Res]{call.Stream, m.NewRequest})
	}}
}

// HandleClientStream serves a client-streaming method with f, whose message is read as
// that of [HandleUnary] is.
func HandleClientStream[Req, Res any](m *MethodOf[Req, Res], f func(context.Context, iter.Seq2[Req, error]) (Res, error)) MethodHandler {
	return MethodHandler{&m.Method, func(ctx context.Context, call *Call) error {
		d := Duplex[Req, Res]{call.Stream, m.NewRequest}
		res, err := f(ctx, d.All())
		if err != nil {
			return err
		}
		return sendResult(call.Stream, res)
	}}
}

// HandleBidi serves a bidirectional method with f.
func HandleBidi[Req, Res any](m *MethodOf[Req, Res], f func(context.Context, *Duplex[Req, Res]) error) MethodHandler {
	return MethodHandler{&m.Method, func(ctx context.Context, call *Call) error {
		return f(ctx, &Duplex[Req, Res]{call.Stream, m.NewRequest})
	}}
}
