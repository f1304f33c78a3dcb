package site

import (
	"bytes"
	"io"
	"strconv"

	"google.golang.org/protobuf/proto"

	"github.com/curlew-rpc/curlew/compress"
	"github.com/curlew-rpc/curlew/internal/bufpool"
	"github.com/curlew-rpc/curlew/internal/jsonpb"
	"github.com/curlew-rpc/curlew/internal/transport"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
	"github.com/curlew-rpc/curlew/internal/wire/rest"
	"github.com/curlew-rpc/curlew/web/internal/transcode"
)

// A restRoute is the route of requests by one of google.api.http's rules.
type restRoute struct {
	callRoute
	binding     *transcode.Binding
	vars        []string
	query       string
	contentType string
	more        []transport.Field
	prefer      compress.Compressor
	get         bool // nothing is changed: GET and HEAD
	head        bool // only the header is asked for
	events      bool // a stream is to be one of server-sent events
}

func (r *restRoute) begin() (transport.Owner, *base) {
	x := &restCall{r: r}
	if r.method.Kind.ManyResponses() {
		s := &restStream{restCall: x}
		return r.attach(s), &x.base
	}
	return r.attach(x), &x.base
}

// header returns the beginning of a response header.
func (r *restRoute) header(status, contentType string) []transport.Field {
	fields := make([]transport.Field, 0, 8)
	fields = append(fields, transport.Field{Name: ":status", Value: status}, transport.Field{Name: "content-type", Value: contentType})
	return append(fields, r.more...)
}

// restCall is one call by REST, with one response.
type restCall struct {
	base
	r      *restRoute
	values values // of a request that is a stream

	out         *bufpool.Buf // the body of the response; nil: none yet
	contentType string
	by          compress.Compressor // what out is compressed with
	body        body                // how it is to be
}

var _ transport.Exchange = (*restCall)(nil)

// Head implements [transport.Exchange].
func (x *restCall) Head() *transport.Request { return &x.r.req }

// ReceiveOnly implements [transport.Exchange].
func (x *restCall) ReceiveOnly(msg any, done <-chan struct{}) error {
	b, err := readWhole(x.carrier, x.r.recv.Max, done)
	if err != nil {
		return err
	}
	defer x.carrier.Discard(len(b))
	if comp := x.r.recv.Comp; comp != nil && len(b) > 0 {
		z := bufpool.Get(min(4*len(b), x.r.recv.Max))
		defer z.Free()
		if z.B, err = comp.Decompress(z.B, b, x.r.recv.Max); err != nil {
			return decompressError(err)
		}
		b = z.B
	}
	return x.fill(msg, b)
}

func (x *restCall) fill(msg any, body []byte) error {
	m, ok := msg.(proto.Message)
	if !ok {
		return transport.NewStatus(wire.Internal, "REST is for protobuf messages")
	}
	if x.r.binding.RawRequest() {
		body = bytes.Clone(body) // which the message keeps
	}
	return transport.StatusOf(x.r.binding.Fill(m, transcode.Request{
		Vars: x.r.vars, Query: x.r.query, Body: body, ContentType: x.r.contentType,
	}))
}

// Receive implements [transport.Exchange].
func (x *restCall) Receive(msg any, done <-chan struct{}) error {
	if x.r.recv.Comp != nil {
		return transport.NewStatus(wire.Unimplemented, "a stream in JSON cannot be compressed")
	}
	if x.r.binding.RawRequest() {
		return x.receiveBytes(msg, done)
	}
	b, err := x.values.next(x.carrier, x.r.recv.Max, done)
	if err != nil {
		return err
	}
	err = x.fill(msg, b)
	x.values.discard(x.carrier)
	return err
}

// receiveBytes receives what has come of a content that may be anything.
func (x *restCall) receiveBytes(msg any, done <-chan struct{}) error {
	b, err := x.carrier.Peek(1, done)
	if len(b) == 0 {
		return transport.StatusOf(err)
	}
	b = b[:min(len(b), x.r.recv.Max)]
	err = x.fill(msg, b)
	x.carrier.Discard(len(b))
	return err
}

// SetCompressor implements [transport.Exchange].
func (x *restCall) SetCompressor(c compress.Compressor) bool { return x.body.setCompressor(c) }

// SendHeader implements [transport.Exchange]: the header follows from the end.
func (x *restCall) SendHeader([]transport.Field, <-chan struct{}) error { return nil }

// Send implements [transport.Exchange].
func (x *restCall) Send(msg any, max int, _ []transport.Field, _ <-chan struct{}) error {
	return x.Hold(msg, max, false)
}

// Hold implements [transport.Exchange].
func (x *restCall) Hold(msg any, max int, _ bool) error {
	if x.Held() {
		return transport.NewStatus(wire.Internal, "a second response message in a call that has one")
	}
	b := bufpool.Get(512)
	ct, err := x.encode(b, msg, max)
	if err != nil {
		b.Free()
		return err
	}
	x.out, x.contentType = b, ct
	if c := x.body.compressor(&x.r.callRoute, x.r.prefer, len(b.B)); c != nil {
		err := x.body.zip(c, b.B)
		if err != nil {
			return err
		}
		b.Free()
		x.out, x.by = x.body.zipped, c
		x.body.zipped = nil
	}
	return nil
}

func (x *restCall) encode(b *bufpool.Buf, msg any, max int) (contentType string, err error) {
	m, ok := msg.(proto.Message)
	if !ok {
		return "", transport.NewStatus(wire.Internal, "REST is for protobuf messages")
	}
	before := len(b.B)
	if b.B, contentType, err = x.r.binding.Append(b.B, m); err != nil {
		return "", transport.StatusOf(err)
	}
	if n := len(b.B) - before; n > max {
		return "", transport.NewStatus(wire.ResourceExhausted, "message of "+strconv.Itoa(n)+" bytes to send, the limit is "+strconv.Itoa(max))
	}
	return contentType, nil
}

// Held implements [transport.Exchange].
func (x *restCall) Held() bool { return x.out != nil }

// Finish implements [transport.Exchange].
func (x *restCall) Finish(st *transport.Status, header, trailer []transport.Field, done <-chan struct{}) error {
	defer func() { x.out.Free(); x.out = nil }()
	out := transport.Outgoing{End: true}
	var fields []transport.Field
	if st != nil {
		fields = x.r.header(strconv.Itoa(rest.HTTPStatus(uint32(st.Code))), "application/json")
		out.Data = transcode.AppendStatus(nil, st.Code, st.Message, st.Details, jsonpb.Options{})
	} else {
		fields = x.r.header("200", x.contentType)
		if x.by != nil {
			fields = append(fields, transport.Field{Name: "content-encoding", Value: x.by.Name()})
		}
		out.Data = x.out.B
	}
	if len(x.r.site.host.Compressors) > 0 {
		fields = append(fields, transport.Field{Name: "vary", Value: "accept-encoding"})
	}
	if x.r.get {
		fields = append(fields, x.r.site.clock.date())
	}
	if x.r.head {
		fields = append(fields, transport.Field{Name: "content-length", Value: strconv.Itoa(len(out.Data))})
		out.Data = nil
	}
	out.Header = appendTrailers(transport.AppendFields(fields, header), trailer)
	return transport.StatusOf(x.carrier.Send(out, done))
}

// Farewell implements [transport.Exchange].
func (x *restCall) Farewell(headed bool, _ string) []transport.Field {
	if headed {
		return nil
	}
	return notServing
}

// values reads a content that is JSON values one after another, or each on a line.
type values struct {
	scan scanner
	skip int // bytes of the last value, and before it
}

// next returns the next value; io.EOF after the last.
func (v *values) next(c transport.Content, max int, done <-chan struct{}) ([]byte, error) {
	v.scan = scanner{}
	for want := 1; ; {
		b, err := c.Peek(want, done)
		if err != nil && err != io.EOF {
			return nil, transport.StatusOf(err)
		}
		from, to, whole := v.scan.feed(b, err == io.EOF)
		switch {
		case err == nil && from == len(b): // nothing but blanks, of which there may be more than can be kept
			c.Discard(len(b))
			v.scan, want = scanner{}, 1
			continue
		case to-from > max, len(b)-from > max && !whole:
			return nil, transport.NewStatus(wire.ResourceExhausted, "a JSON value larger than the limit of "+strconv.Itoa(max)+" bytes")
		case whole:
			v.skip = to
			return b[from:to], nil
		case err == io.EOF && from == len(b):
			return nil, io.EOF
		case err == io.EOF:
			return nil, transport.NewStatus(wire.InvalidArgument, "the request ends inside a JSON value")
		}
		want = len(b) + 1
	}
}

func (v *values) discard(c transport.Content) {
	c.Discard(v.skip)
	v.skip = 0
}
