package site

import (
	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/compress"
	"github.com/curlew-rpc/curlew/internal/transport"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
)

// A method is a method of the server's, as all protocols see it.
type method struct {
	*curlew.Method
	target transport.Target
}

// get reports whether the method may be called by GET.
func (m *method) get() bool {
	return m.Kind == curlew.KindUnary && m.Idempotency == curlew.NoSideEffects
}

// A callRoute is what the calls have in common that have the same header.
type callRoute struct {
	site   *Site
	method *method
	req    transport.Request
	recv   transport.Receiver
	out    compress.Compressor // of responses; nil: they are not compressed
	fields []transport.Field   // of the response, without those of the call
}

func (r *callRoute) refuse(err error) {
	if st, ok := transport.StatusOf(err).(*transport.Status); ok && r.req.Refusal == nil {
		r.req.Refusal = st
	}
}

// limits sets what the target says of calls.
func (r *callRoute) limits() {
	t := r.method.target
	r.req.Timeout, r.req.HasTimeout = t.Timeout(r.req.Timeout, r.req.HasTimeout)
	r.recv.Codec, r.recv.Max = r.req.Codec, t.MaxReceive()
}

// start has the owner run when the request is there, if that is one message.
func (r *callRoute) start() transport.Start {
	if !r.method.target.Whole() {
		return transport.Start{}
	}
	return transport.Start{Whole: true, Limit: wire.PrefixLen + r.method.target.MaxReceive()}
}

// attach makes the call of an exchange.
func (r *callRoute) attach(x transport.Exchange) transport.Owner {
	return r.method.target.Attach(x, r.req.Deadline())
}

// known reports whether the server has a compressor of that name.
func (s *Site) known(name string) bool { return s.host.Compressor(name) != nil }
