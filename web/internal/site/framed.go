package site

import (
	"iter"
	"slices"

	"github.com/curlew-rpc/curlew/compress"
	"github.com/curlew-rpc/curlew/internal/transport"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
	"github.com/curlew-rpc/curlew/internal/wire/grpcweb"
)

// A dialect is how a protocol of length-prefixed messages ends a response.
type dialect interface {
	// end returns what follows the last message: frames in the body, and trailers.
	// trailer are the application's fields as they are.
	end(r *framedRoute, st *transport.Status, trailer []transport.Field) (body []byte, fields []transport.Field)
	// immediate returns the fields of a header that is all of a response with an error,
	// nil if the dialect has no such thing.
	immediate(st *transport.Status) []transport.Field
	// encodingField is the name of the field that announces a compressor.
	encodingField() string
}

// A framedRoute is the route of calls by a protocol of length-prefixed messages.
type framedRoute struct {
	callRoute
	dialect dialect
	text    bool // bodies are in base64
}

func (r *framedRoute) begin() (transport.Owner, *base) {
	x := &framed{r: r}
	if r.text {
		x.text = new(textContent)
	}
	return r.attach(x), &x.base
}

// start takes into account that base64 is longer.
func (r *framedRoute) start() transport.Start {
	st := r.callRoute.start()
	if r.text {
		st.Limit = grpcweb.TextLen(st.Limit)
		return st
	}
	st.Length = wire.MessageLength
	return st
}

// framed is one call by a protocol of length-prefixed messages.
type framed struct {
	base
	r    *framedRoute
	text *textContent // nil: the body is as it is
	transport.Progress
	pending transport.Encoded
}

var _ transport.Exchange = (*framed)(nil)

// Head implements [transport.Exchange].
func (x *framed) Head() *transport.Request { return &x.r.req }

func (x *framed) content() transport.Content {
	if x.text == nil {
		return x.carrier
	}
	x.text.from = x.carrier
	return x.text
}

// Receive implements [transport.Exchange].
func (x *framed) Receive(msg any, done <-chan struct{}) error {
	return x.r.recv.Next(x.content(), done, msg)
}

// ReceiveOnly implements [transport.Exchange].
func (x *framed) ReceiveOnly(msg any, done <-chan struct{}) error {
	return x.r.recv.Only(x.content(), done, msg)
}

// SetCompressor implements [transport.Exchange].
func (x *framed) SetCompressor(c compress.Compressor) bool {
	return x.Choose(c, x.r.out)
}

// header returns the response header with the application's fields.
func (x *framed) header(app []transport.Field) []transport.Field {
	x.Headed = true
	fields := x.r.fields[:len(x.r.fields):len(x.r.fields)]
	if c := x.Announced(x.r.out); c != nil {
		fields = append(fields, transport.Field{Name: x.r.dialect.encodingField(), Value: c.Name()})
	}
	return transport.AppendFields(fields, app)
}

// SendHeader implements [transport.Exchange].
func (x *framed) SendHeader(app []transport.Field, done <-chan struct{}) error {
	if x.Headed {
		return nil
	}
	return transport.StatusOf(x.carrier.Send(transport.Outgoing{Header: x.header(app)}, done))
}

// Send implements [transport.Exchange].
func (x *framed) Send(msg any, max int, app []transport.Field, done <-chan struct{}) error {
	if x.Cut {
		return transport.ErrDone
	}
	e, err := transport.Encode(x.r.req.Codec, x.Compressor(x.r.out), msg, max, true)
	if err != nil {
		return err
	}
	defer e.Free()
	var out transport.Outgoing
	e.Put(&out)
	if !x.Headed {
		out.Header = x.header(app)
	}
	return x.send(out, done)
}

func (x *framed) send(out transport.Outgoing, done <-chan struct{}) error {
	if x.text != nil {
		out = asText(out)
	}
	err := x.carrier.Send(out, done)
	x.Cut = err == transport.ErrDone
	return transport.StatusOf(err)
}

// Hold implements [transport.Exchange].
func (x *framed) Hold(msg any, max int, share bool) (err error) {
	if x.Held() {
		return transport.NewStatus(wire.Internal, "a second response message in a call that has one")
	}
	x.pending, err = transport.Encode(x.r.req.Codec, x.Compressor(x.r.out), msg, max, share)
	return err
}

// Held implements [transport.Exchange].
func (x *framed) Held() bool { return x.pending != transport.Encoded{} }

// Finish implements [transport.Exchange].
func (x *framed) Finish(st *transport.Status, header, trailer []transport.Field, done <-chan struct{}) error {
	if x.Cut {
		return transport.ErrDone
	}
	defer x.release()
	var out transport.Outgoing
	if st == nil {
		x.pending.Put(&out)
	}
	if !x.Headed {
		out.Header = x.header(header)
		if st != nil {
			if fields := x.r.dialect.immediate(st); fields != nil {
				out.Header = transport.AppendFields(append(out.Header, fields...), trailer)
				out.End = true
				return x.send(out, done)
			}
		}
	}
	body, fields := x.r.dialect.end(x.r, st, trailer)
	switch {
	case len(body) == 0:
	case len(out.More) > 0:
		out.More = append(slices.Clip(out.More), body)
	default:
		// The held message has room behind it often enough.
		out.Data = append(out.Data, body...)
	}
	out.Trailer = fields
	out.End = fields == nil
	return x.send(out, done)
}

func (x *framed) release() {
	x.pending.Free()
	x.pending = transport.Encoded{}
}

// Farewell implements [transport.Exchange].
func (x *framed) Farewell(headed bool, reason string) []transport.Field {
	st := transport.NewStatus(wire.Unavailable, reason)
	if !headed {
		immediate := x.r.dialect.immediate(st)
		if immediate == nil {
			return notServing
		}
		fields := x.r.fields[:len(x.r.fields):len(x.r.fields)]
		return append(fields, immediate...)
	}
	_, fields := x.r.dialect.end(x.r, st, nil)
	return fields
}

// asText turns the body of what is sent into base64.
func asText(out transport.Outgoing) transport.Outgoing {
	n := len(out.Data)
	for _, p := range out.More {
		n += len(p)
	}
	if n == 0 {
		return out
	}
	body := out.Data
	if len(out.More) > 0 {
		body = append(make([]byte, 0, n), body...)
		for _, p := range out.More {
			body = append(body, p...)
		}
		out.More = nil
	}
	out.Data = grpcweb.AppendText(make([]byte, 0, grpcweb.TextLen(n)), body)
	return out
}

// pairs yields fields as names and values.
func pairs(all ...[]transport.Field) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, fields := range all {
			for _, f := range fields {
				if !yield(f.Name, f.Value) {
					return
				}
			}
		}
	}
}
