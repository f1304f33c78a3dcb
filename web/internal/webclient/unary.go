package webclient

import (
	"io"
	"time"

	"github.com/curlew-rpc/curlew/compress"
	"github.com/curlew-rpc/curlew/internal/transport"
	"github.com/curlew-rpc/curlew/internal/wire/connect"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
)

// A unary is an attempt at a unary call of Connect, whose message is the content, and
// whose status is that of HTTP.
type unary struct {
	core
	announced bool // the request's header says that the message is compressed

	// The receiver's own.
	status   int
	failing  bool // the content is an error
	comp     compress.Compressor
	trailer  []transport.Field
	received bool
}

// maxURL is how long the path and query of a request by GET may be. Servers and caches
// take 8 KiB at the least (RFC 9110 §4.1 recommends 8000 octets).
const maxURL = 8000

// maxError is how long the content of a response may be that is an error.
const maxError = 1 << 20

// Start implements transport.Attempt.
func (a *unary) Start(conn transport.Conn, _ *transport.Head, timeout time.Duration, app []transport.Field, before int, msg transport.Encoded, end bool, done <-chan struct{}) error {
	r := a.m.request(timeout, app, before, end)
	if msg.Len() > 0 {
		var out transport.Outgoing
		msg.Put(&out)
		compressed := out.Data[0] != 0
		msg.PutBare(&out)
		r.Data, r.More = out.Data, out.More
		if a.m.Get && end && a.get(r, compressed) {
			return a.start(conn, r, done)
		}
		a.announced = compressed
	}
	if len(r.Data) == 0 { // it is yet to come, or empty, which nobody decompresses
		a.announced = a.m.Compressor != nil
	}
	r.Fields = append(r.Fields, a.m.post...)
	if a.announced {
		r.Fields = append(r.Fields, transport.Field{Name: "content-encoding", Value: a.m.Compressor.Name()})
	}
	return a.start(conn, r, done)
}

// get makes r a request by GET, unless the URL would be too long.
func (a *unary) get(r *transport.ClientRequest, compressed bool) bool {
	message := r.Data
	for _, p := range r.More {
		message = append(message[:len(message):len(message)], p...)
	}
	if len(message) > maxURL {
		return false
	}
	compression := ""
	if compressed {
		compression = a.m.Compressor.Name()
	}
	codec := a.m.Codec.Name()
	path := append([]byte(r.Path), '?')
	path = connect.AppendGet(path, codec, compression, message, codec != "json")
	if len(path) > maxURL {
		return false
	}
	r.Method, r.Path, r.Data, r.More = "GET", string(path), nil, nil
	return true
}

// Push implements transport.Attempt.
func (a *unary) Push(msg transport.Encoded, end bool, done <-chan struct{}) error {
	out := transport.Outgoing{End: end}
	if msg.Len() > 0 {
		msg.Put(&out)
		if out.Data[0] != 0 != a.announced && len(out.Data) > wire.PrefixLen {
			return transport.NewStatus(wire.Internal, "the request's header has been sent and says otherwise whether the message is compressed")
		}
		msg.PutBare(&out)
	}
	return a.push(out, done)
}

// begin waits for the header and judges it. The error is ErrDone, or for good.
func (a *unary) begin(done <-chan struct{}) error {
	if a.begun {
		return a.failed
	}
	h, err := a.await(done)
	if err != nil {
		return err
	}
	a.status = h.Status
	if a.header, a.trailer, err = splitFields(h.Fields); err != nil {
		return a.fail(err, nil)
	}
	a.answered.Store(h.Status == 200)
	if a.failing, err = connect.CheckUnary(h.Status, transport.FieldValue(h.Fields, "content-type"), a.m.Codec.Name()); err != nil {
		return a.fail(err, a.trailer)
	}
	if a.comp, err = a.m.compressor(transport.FieldValue(h.Fields, "content-encoding")); err != nil {
		return a.fail(err, a.trailer)
	}
	return nil
}

// splitFields returns the application's fields of a response's header, and what it has
// of trailers.
func splitFields(all []transport.Field) (header, trailer []transport.Field, err error) {
	for _, f := range all {
		name, isTrailer := connect.TrailerName(f.Name)
		switch {
		case isTrailer && name != "":
			f.Name = name
			trailer = append(trailer, f)
		case !isTrailer && connect.Visible(f.Name):
			header = append(header, f)
		}
	}
	if header, err = transport.VisibleFields(header, connect.Visible); err != nil {
		return nil, nil, err
	}
	trailer, err = transport.VisibleFields(trailer, connect.Visible)
	return header, trailer, err
}

// Complete implements transport.Attempt.
func (a *unary) Complete(done <-chan struct{}) error {
	if err := a.begin(done); err != nil {
		if err == transport.ErrDone {
			return err
		}
		return nil // Header and Receive tell
	}
	if a.failing {
		return a.readError(done)
	}
	return transport.StatusOf(a.c.Await(a.m.MaxReceive, done))
}

// Header implements transport.Attempt.
func (a *unary) Header(done <-chan struct{}) ([]transport.Field, error) {
	if err := a.begin(done); err != nil && a.status == 0 {
		return nil, err
	}
	return a.header, nil
}

// content waits for the whole content, which is to be discarded. tooLong says that it is
// longer than max.
func (a *unary) content(max int, done <-chan struct{}) (b []byte, tooLong bool, err error) {
	b, err = a.c.Peek(max+1, done)
	switch err {
	case nil:
		return nil, true, nil
	case io.EOF:
		return b, false, nil
	}
	return nil, false, err
}

// readError reads the error that the content is.
func (a *unary) readError(done <-chan struct{}) error {
	if a.outcome.Load() != nil {
		return nil
	}
	b, tooLong, err := a.content(maxError, done)
	if err == transport.ErrDone {
		return err
	}
	st := &transport.Status{Code: wire.CodeFromHTTP(a.status)}
	if text, ok := a.plain(b); ok && err == nil && !tooLong {
		if code, message, details, ok := connect.ParseError(text); ok {
			if code != wire.OK {
				st.Code = code
			}
			st.Message, st.Details = message, details
			st.Remote = code != wire.OK || message != ""
		}
	}
	if !st.Remote {
		if _, err := connect.CheckUnary(a.status, "", ""); err != nil {
			st.Message = err.(*wire.Error).Message
		}
	}
	if err == nil && !tooLong {
		a.c.Discard(len(b))
	}
	a.end(st, a.trailer)
	return nil
}

// plain returns the content decompressed.
func (a *unary) plain(b []byte) ([]byte, bool) {
	if a.comp == nil || len(b) == 0 {
		return b, true
	}
	out, err := a.comp.Decompress(nil, b, maxError)
	return out, err == nil
}

// Receive implements transport.Attempt.
func (a *unary) Receive(msg any, done <-chan struct{}) error {
	if err := a.begin(done); err != nil {
		return err
	}
	if a.received {
		return io.EOF
	}
	if a.failing {
		if err := a.readError(done); err != nil {
			return err
		}
		return io.EOF
	}
	max := a.m.MaxReceive
	b, tooLong, err := a.content(max, done)
	switch {
	case err != nil:
		return transport.StatusOf(err)
	case tooLong:
		return a.fail(transport.TooLarge(max+1, max), a.trailer)
	}
	in := transport.Receiver{Codec: a.m.Codec, Comp: a.comp, Max: max}
	err = in.Decode(b, a.comp != nil, msg)
	a.c.Discard(len(b))
	if err != nil {
		return a.fail(err, a.trailer)
	}
	a.received = true
	a.end(nil, a.trailer)
	return nil
}

// NoMore implements transport.Attempt.
func (a *unary) NoMore(<-chan struct{}) error { return nil }
