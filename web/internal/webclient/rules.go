package webclient

import (
	"strings"

	"github.com/curlew-rpc/curlew/internal/transport"
	"github.com/curlew-rpc/curlew/internal/wire/connect"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
	"github.com/curlew-rpc/curlew/internal/wire/grpcweb"
)

// wholeEncoding refuses a response whose content is compressed as a whole, which nobody
// has asked for.
func wholeEncoding(h *transport.Message) error {
	if e := transport.FieldValue(h.Fields, "content-encoding"); e != "" && e != wire.Identity {
		return transport.NewStatus(wire.Internal, "unexpected content-encoding "+wire.Quote(e))
	}
	return nil
}

// connectRules are those of Connect's streams.
type connectRules struct{}

func (connectRules) judge(a *stream, h *transport.Message, _ bool) (encoding string, ended bool, err error) {
	if a.header, err = transport.VisibleFields(h.Fields, connect.Visible); err != nil {
		return "", false, err
	}
	if err = connect.CheckStream(h.Status, transport.FieldValue(h.Fields, "content-type"), a.m.Codec.Name()); err == nil {
		err = wholeEncoding(h)
	}
	return transport.FieldValue(h.Fields, "connect-content-encoding"), false, err
}

func (connectRules) prefix(b []byte) (wire.Prefix, bool, error) {
	p, err := connect.ParsePrefix(b)
	return wire.Prefix{Compressed: p.Compressed, Length: p.Length}, p.End, err
}

func (connectRules) status(b []byte) (*transport.Status, []transport.Field, error) {
	var fields []transport.Field
	code, message, details, err := connect.ParseEndStream(b, func(name, value string) {
		fields = append(fields, transport.Field{Name: name, Value: value})
	})
	if err != nil || code == wire.OK {
		return nil, fields, transport.StatusOf(err)
	}
	return &transport.Status{Code: code, Message: message, Details: details, Remote: true}, fields, nil
}

func (connectRules) rest(*stream) error { return errNoEnd }

var errNoEnd = transport.NewStatus(wire.Internal, "the response ended without a status")

// grpcWebRules are those of gRPC-Web.
type grpcWebRules struct{}

func (grpcWebRules) judge(a *stream, h *transport.Message, empty bool) (encoding string, ended bool, err error) {
	fields, err := transport.VisibleFields(h.Fields, grpcweb.Visible)
	if err != nil {
		return "", false, err
	}
	a.header = fields
	if empty {
		// Then the status may be in the header, and which fields were meant for trailers
		// is not told: they are both.
		if st, ok := transport.ReadStatus(h.Fields); ok {
			a.end(st, fields)
			return "", true, nil
		}
	}
	text, err := grpcweb.CheckResponse(h.Status, transport.FieldValue(h.Fields, "content-type"), a.m.Codec.Name())
	switch {
	case err == nil && text:
		err = transport.NewStatus(wire.Unknown, "the response is in base64, which was not asked for")
	case err == nil:
		err = wholeEncoding(h)
	}
	return transport.FieldValue(h.Fields, "grpc-encoding"), false, err
}

func (grpcWebRules) prefix(b []byte) (wire.Prefix, bool, error) {
	p, err := grpcweb.ParsePrefix(b)
	return wire.Prefix{Compressed: p.Compressed, Length: p.Length}, p.Trailer, err
}

func (grpcWebRules) status(b []byte) (*transport.Status, []transport.Field, error) {
	var all []transport.Field
	err := grpcweb.ParseTrailer(b, func(name, value string) {
		all = append(all, transport.Field{Name: strings.ToLower(name), Value: value})
	})
	if err != nil {
		return nil, nil, transport.StatusOf(err)
	}
	return readTrailer(all)
}

// readTrailer reads gRPC's trailers.
func readTrailer(all []transport.Field) (*transport.Status, []transport.Field, error) {
	fields, err := transport.VisibleFields(all, wire.Visible)
	if err != nil {
		return nil, nil, err
	}
	st, ok := transport.ReadStatus(all)
	if !ok {
		st = transport.NewStatus(wire.Unknown, "the response ended without a grpc-status")
	}
	return st, fields, nil
}

func (grpcWebRules) rest(*stream) error { return errNoEnd }

// grpcRules are those of gRPC itself.
type grpcRules struct{}

func (grpcRules) judge(a *stream, h *transport.Message, empty bool) (encoding string, ended bool, err error) {
	if v := a.c.Version(); v < 2 {
		return "", false, transport.NewStatus(wire.Unimplemented, "gRPC needs HTTP/2, and the response has come by HTTP/1: use Connect or gRPC-Web")
	}
	fields, err := transport.VisibleFields(h.Fields, wire.Visible)
	if err != nil {
		return "", false, err
	}
	// Of what a RoundTripper returns it cannot be told whether the header section was
	// the end: without content and trailers it has been.
	_, trailer := a.c.Received()
	if empty && (trailer == nil || trailer == h) {
		if st, ok := transport.ReadStatus(h.Fields); ok {
			a.end(st, fields)
			return "", true, nil
		}
	}
	a.header = fields
	status := h.Status
	if empty && trailer != nil && transport.FieldValue(trailer.Fields, "grpc-status") != "" {
		status = 200 // a grpc-status wins over that of HTTP
	}
	err = wire.CheckResponse(status, transport.FieldValue(h.Fields, "content-type"), a.m.Codec.Name())
	return transport.FieldValue(h.Fields, "grpc-encoding"), false, err
}

func (grpcRules) prefix(b []byte) (wire.Prefix, bool, error) {
	p, err := wire.ParsePrefix(b)
	return p, false, err
}

func (grpcRules) status([]byte) (*transport.Status, []transport.Field, error) {
	return nil, nil, errNoEnd // no frame is one
}

func (grpcRules) rest(a *stream) error {
	header, trailer := a.c.Received()
	switch {
	case trailer == nil || trailer == header:
		a.end(errNoEnd, nil)
		return errNoEnd
	case trailer.TooLarge:
		return transport.NewStatus(wire.ResourceExhausted, "response trailers larger than the limit")
	}
	st, fields, err := readTrailer(trailer.Fields)
	if err != nil {
		return err
	}
	a.end(st, fields)
	return nil
}
