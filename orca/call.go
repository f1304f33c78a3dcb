package orca

import (
	"context"
	"math"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/orca/internal/orcapb"
)

// A Call has what a handler says of the load in its own call's response. It goes over
// what the Reporter says, metric by metric. Its methods may be called concurrently;
// what is set when the handler has returned is not sent any more.
type Call struct{ Metrics }

// SetCost sets what the call has cost, of something that the application and its
// clients know.
func (c *Call) SetCost(name string, cost float64) {
	c.setNamed(&c.cost, name, cost, -math.MaxFloat64, math.MaxFloat64)
}

// CallFrom returns the Call that a handler's context belongs to. Where no Reporter's
// Interceptor surrounds the call, what it is told goes nowhere.
func CallFrom(ctx context.Context) *Call {
	if c, ok := ctx.Value(callKey{}).(*Call); ok {
		return c
	}
	return new(Call)
}

type callKey struct{}

// A callContext is the context of a handler, in one allocation with its Call.
type callContext struct {
	context.Context
	call Call
}

// Value implements context.Context.
func (c *callContext) Value(key any) any {
	if _, ok := key.(callKey); ok {
		return &c.call
	}
	return c.Context.Value(key)
}

// AfterFunc ties contexts that are derived from this one to the one below, for which
// package context would otherwise start a goroutine each.
func (c *callContext) AfterFunc(f func()) (stop func() bool) {
	return context.AfterFunc(c.Context, f)
}

const (
	trailer = "endpoint-load-metrics-bin"
	stream  = "/" + orcapb.OpenRcaServiceName + "/StreamCoreMetrics"
)

// Interceptor returns an interceptor for servers that sends the load with the response
// of every call, failed ones too, if the server or the call has said anything of it. It
// also counts calls and errors. Errors are those that tell of the server, not of the
// request: UNKNOWN, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, INTERNAL, UNAVAILABLE and
// DATA_LOSS.
func (r *Reporter) Interceptor() curlew.Interceptor {
	r.counting.Store(!r.uncount)
	return func(ctx context.Context, call *curlew.Call, next curlew.Handler) error {
		if !call.IsServer() || call.Method().Path == stream {
			return next(ctx, call)
		}
		in := &callContext{Context: ctx}
		code := curlew.Internal // of a handler that panics
		defer func() {
			if !r.uncount {
				r.rates.count(r.second(), isFailure(code))
			}
			if wire := r.report().with(&in.call.Metrics); wire != "" {
				call.Trailer().Set(trailer, wire)
			}
		}()
		err := next(in, call)
		code = curlew.CodeOf(err)
		return err
	}
}

// isFailure reports whether a code says that the server did not do what it should.
func isFailure(code curlew.Code) bool {
	switch code {
	case curlew.Unknown, curlew.DeadlineExceeded, curlew.ResourceExhausted, curlew.Internal, curlew.Unavailable, curlew.DataLoss:
		return true
	}
	return false
}
