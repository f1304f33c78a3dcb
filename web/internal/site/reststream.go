package site

import (
	"github.com/curlew-rpc/curlew/compress"
	"github.com/curlew-rpc/curlew/internal/bufpool"
	"github.com/curlew-rpc/curlew/internal/jsonpb"
	"github.com/curlew-rpc/curlew/internal/transport"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
	"github.com/curlew-rpc/curlew/web/internal/transcode"
)

// restStream is one call by REST whose response is a stream. It is JSON values on lines
// of their own, the last of which may be {"error":{...}}; or server-sent events, each a
// message, followed by an event "end" or "error"
// (https://html.spec.whatwg.org/multipage/server-sent-events.html); or, for messages that
// are google.api.HttpBody, their bytes. An error before the first message is a response
// of its own.
type restStream struct {
	*restCall
	headed, cut bool
	raw         bool
	over        bool // only the header was asked for, and has been sent
}

// errHeaderOnly has a handler end that has more to send.
var errHeaderOnly = transport.NewStatus(wire.Canceled, "the client asked for no more than the response header")

// The content types of streams.
const (
	linesType  = "application/x-ndjson"
	eventsType = "text/event-stream"
)

// SetCompressor implements [transport.Exchange]: streams are not compressed, so that
// nothing of a message waits for the next.
func (x *restStream) SetCompressor(c compress.Compressor) bool { return c == nil }

// header returns the response header of messages of a content type.
func (x *restStream) header(contentType string, app []transport.Field) []transport.Field {
	x.headed = true
	x.raw = contentType != "application/json"
	switch {
	case x.raw:
	case x.r.events:
		contentType = eventsType
	default:
		contentType = linesType
	}
	fields := append(x.r.header("200", contentType),
		transport.Field{Name: "cache-control", Value: "no-cache"},
		transport.Field{Name: "x-accel-buffering", Value: "no"}) // proxies are to pass on what comes
	return transport.AppendFields(fields, app)
}

// SendHeader implements [transport.Exchange].
func (x *restStream) SendHeader(app []transport.Field, done <-chan struct{}) error {
	if x.headed || x.r.binding.RawResponse() {
		return nil
	}
	out := transport.Outgoing{Header: x.header("application/json", app)}
	if x.r.head {
		x.over = true
		return x.sendEnd(out, done)
	}
	return transport.StatusOf(x.carrier.Send(out, done))
}

// Send implements [transport.Exchange].
func (x *restStream) Send(msg any, max int, app []transport.Field, done <-chan struct{}) error {
	switch {
	case x.cut:
		return transport.ErrDone
	case x.over:
		return errHeaderOnly
	}
	b := bufpool.Get(512)
	defer b.Free()
	if x.r.events && !x.r.binding.RawResponse() {
		b.B = append(b.B, "data: "...)
	}
	ct, err := x.encode(b, msg, max)
	if err != nil {
		return err
	}
	var out transport.Outgoing
	if !x.headed {
		out.Header = x.header(ct, app)
	}
	switch {
	case x.raw:
	case x.r.events:
		b.B = append(b.B, "\n\n"...)
	default:
		b.B = append(b.B, '\n')
	}
	if x.r.head {
		x.over = true
		return x.sendEnd(out, done)
	}
	out.Data = b.B
	err = x.carrier.Send(out, done)
	x.cut = err == transport.ErrDone
	return transport.StatusOf(err)
}

func (x *restStream) sendEnd(out transport.Outgoing, done <-chan struct{}) error {
	out.End = true
	err := x.carrier.Send(out, done)
	x.cut = err != nil
	return transport.StatusOf(err)
}

// Finish implements [transport.Exchange].
func (x *restStream) Finish(st *transport.Status, header, trailer []transport.Field, done <-chan struct{}) error {
	switch {
	case x.cut:
		return transport.ErrDone
	case x.over:
		return nil
	case !x.headed && st != nil:
		return x.restCall.Finish(st, header, trailer, done)
	}
	out := transport.Outgoing{End: true}
	if !x.headed {
		ct := "application/json"
		if x.r.binding.RawResponse() {
			ct = "application/octet-stream"
		}
		out.Header = x.header(ct, header)
	}
	switch {
	case x.raw && st != nil:
		return transport.ErrDone // nothing but a reset tells it from a whole one
	case x.raw, x.r.head:
	case st == nil && x.r.events:
		// Browsers would connect again, were they not told.
		out.Data = []byte("event: end\ndata: {}\n\n")
	case st == nil:
	case x.r.events:
		out.Data = append(appendStatus([]byte("event: error\ndata: "), st), "\n\n"...)
	default:
		out.Data = append(appendStatus([]byte(`{"error":`), st), "}\n"...)
	}
	return transport.StatusOf(x.carrier.Send(out, done))
}

func appendStatus(dst []byte, st *transport.Status) []byte {
	return transcode.AppendStatus(dst, st.Code, st.Message, st.Details, jsonpb.Options{})
}
