package site

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strconv"
	"strings"

	"github.com/curlew-rpc/curlew/compress"
	"github.com/curlew-rpc/curlew/internal/transport"
	"github.com/curlew-rpc/curlew/internal/wire/connect"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
)

// A unaryRoute is the route of unary calls by Connect: the content of request and
// response is the message itself.
type unaryRoute struct {
	callRoute
	cors    []transport.Field
	ok      []transport.Field // the response header, up to its encoding
	prefer  compress.Compressor
	get     bool
	head    bool   // only the header is asked for
	message []byte // of a request by GET
	match   string // if-none-match
}

// read reads what POST and GET have both.
func (r *unaryRoute) read(m *transport.Message) {
	s := r.site
	r.refuse(s.readConnect(&r.callRoute, m))
	r.req.Accept = list(m, "accept-encoding")
	r.limits()
	r.ok = append([]transport.Field{
		{Name: ":status", Value: "200"}, {Name: "content-type", Value: connect.ContentType(r.req.Codec.Name(), false)},
	}, r.cors...)
	r.prefer = s.host.Compressor(connect.ChooseEncoding(r.req.Accept, s.known))
	if len(s.host.Compressors) > 0 && r.get {
		r.ok = append(r.ok, transport.Field{Name: "vary", Value: "accept-encoding"})
	}
}

// readEncoding reads how the request's message is compressed.
func (r *unaryRoute) readEncoding(encoding string) error {
	if encoding == "" || encoding == wire.Identity {
		return nil
	}
	if r.recv.Comp = r.site.host.Compressor(encoding); r.recv.Comp == nil {
		r.cors = append(r.cors, transport.Field{Name: "accept-encoding", Value: r.site.accept})
		return r.site.noCompressor(encoding)
	}
	// Who compresses requests is answered so, whatever the size.
	if r.req.Accept == "" || wire.Accepts(r.req.Accept, encoding) {
		r.out, r.prefer = r.recv.Comp, r.recv.Comp
	}
	return nil
}

func (r *unaryRoute) begin() (transport.Owner, *base) {
	x := &unary{r: r}
	return r.attach(x), &x.base
}

// unary is one unary call by Connect.
type unary struct {
	base
	r       *unaryRoute
	content body
}

var _ transport.Exchange = (*unary)(nil)

// Head implements [transport.Exchange].
func (x *unary) Head() *transport.Request { return &x.r.req }

// Receive implements [transport.Exchange].
func (x *unary) Receive(msg any, done <-chan struct{}) error { return x.ReceiveOnly(msg, done) }

// ReceiveOnly implements [transport.Exchange].
func (x *unary) ReceiveOnly(msg any, done <-chan struct{}) error {
	if x.r.get {
		return asArgument(x.r.recv.Decode(x.r.message, x.r.recv.Comp != nil, msg))
	}
	b, err := readWhole(x.carrier, x.r.recv.Max, done)
	if err != nil {
		return err
	}
	err = x.r.recv.Decode(b, x.r.recv.Comp != nil, msg)
	x.carrier.Discard(len(b))
	return asArgument(err)
}

// readWhole returns a content of at most max bytes, which are to be discarded.
func readWhole(c transport.Content, max int, done <-chan struct{}) ([]byte, error) {
	b, err := c.Peek(max+1, done)
	switch {
	case err == nil:
		return nil, transport.NewStatus(wire.ResourceExhausted, "request content larger than the limit of "+strconv.Itoa(max)+" bytes")
	case err == io.EOF:
		return b, nil
	}
	return nil, transport.StatusOf(err)
}

// asArgument turns the error of a message that cannot be decoded into one of the client's.
func asArgument(err error) error {
	err = transport.StatusOf(err)
	if st, ok := err.(*transport.Status); ok && st.Code == wire.Internal {
		bad := *st
		bad.Code = wire.InvalidArgument
		return &bad
	}
	return err
}

// SetCompressor implements [transport.Exchange].
func (x *unary) SetCompressor(c compress.Compressor) bool { return x.content.setCompressor(c) }

// SendHeader implements [transport.Exchange]: the header follows from the end.
func (x *unary) SendHeader([]transport.Field, <-chan struct{}) error { return nil }

// Send implements [transport.Exchange].
func (x *unary) Send(msg any, max int, _ []transport.Field, _ <-chan struct{}) error {
	return x.Hold(msg, max, false)
}

// Hold implements [transport.Exchange].
func (x *unary) Hold(msg any, max int, share bool) error {
	return x.content.hold(&x.r.callRoute, x.r.prefer, msg, max, share)
}

// Held implements [transport.Exchange].
func (x *unary) Held() bool { return x.content.held() }

// Finish implements [transport.Exchange].
func (x *unary) Finish(st *transport.Status, header, trailer []transport.Field, done <-chan struct{}) error {
	defer x.content.free()
	out := transport.Outgoing{End: true}
	fields := x.r.ok[:len(x.r.ok):len(x.r.ok)]
	if st != nil {
		fields = append([]transport.Field{
			{Name: ":status", Value: strconv.Itoa(connect.HTTPStatus(st.Code))}, {Name: "content-type", Value: "application/json"},
		}, x.r.cors...)
		out.Data = connect.AppendError(nil, st.Code, st.Message, st.Details, x.r.site.debug)
	} else {
		x.content.put(&out, &fields)
		if x.r.get {
			tag := etag(out)
			fields = append(fields, transport.Field{Name: "etag", Value: tag})
			if matches(x.r.match, tag) {
				out.Data, out.More = nil, nil
				fields[0].Value = "304"
			}
		}
	}
	if x.r.get {
		fields = append(fields, x.r.site.clock.date())
	}
	fields = transport.AppendFields(fields, header)
	if x.r.head { // RFC 9110 §9.3.2
		out.Data, out.More = nil, nil
	}
	out.Header = appendTrailers(fields, trailer)
	return transport.StatusOf(x.carrier.Send(out, done))
}

// appendTrailers appends trailers in the form of header fields.
func appendTrailers(fields, trailer []transport.Field) []transport.Field {
	n := len(fields)
	fields = transport.AppendFields(fields, trailer)
	for i := range fields[n:] {
		fields[n+i].Name = connect.TrailerField(fields[n+i].Name)
	}
	return fields
}

// Farewell implements [transport.Exchange]: clients take the status for Unavailable.
func (x *unary) Farewell(headed bool, _ string) []transport.Field {
	if headed {
		return nil
	}
	return notServing
}

// notServing is the response to a call that is cut, where a status of HTTP can say so.
var notServing = []transport.Field{{Name: ":status", Value: "503"}, {Name: "content-length", Value: "0"}}

// etag returns a tag for what is sent: responses by GET are the same as long as their
// content is.
func etag(out transport.Outgoing) string {
	var sum [sha256.Size]byte
	if len(out.More) == 0 {
		sum = sha256.Sum256(out.Data)
	} else {
		h := sha256.New()
		h.Write(out.Data)
		for _, p := range out.More {
			h.Write(p)
		}
		h.Sum(sum[:0])
	}
	var tag [2 + 2*16]byte
	tag[0], tag[len(tag)-1] = '"', '"'
	hex.Encode(tag[1:], sum[:16])
	return string(tag[:])
}

// matches reports whether a tag is among those of an if-none-match (RFC 9110 §13.1.2).
func matches(list, tag string) bool {
	for list != "" {
		var one string
		one, list, _ = strings.Cut(list, ",")
		one = strings.TrimPrefix(wire.TrimValue(one), "W/")
		if one == tag || one == "*" {
			return true
		}
	}
	return false
}

// findGet returns the route of a GET by Connect.
func (s *Site) findGet(m *transport.Message, method *method, query string, more []transport.Field) route {
	g, err := connect.ParseGet(query)
	c := s.host.Codec(g.Encoding)
	if err == nil && c == nil {
		return refusal(m, 415, "there is no codec "+wire.Quote(g.Encoding), more...)
	}
	if c == nil {
		c = s.host.Codecs[0]
	}
	r := &unaryRoute{cors: more, get: true, head: m.Method == "HEAD", message: g.Message, match: list(m, "if-none-match")}
	r.site, r.method, r.req.Codec = s, method, c
	r.read(m)
	r.refuse(err)
	r.refuse(r.readEncoding(g.Compression))
	if len(g.Message) > r.recv.Max {
		r.refuse(transport.NewStatus(wire.ResourceExhausted, "request message larger than the limit of "+strconv.Itoa(r.recv.Max)+" bytes"))
	}
	return r
}
