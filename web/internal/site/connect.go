package site

import (
	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/internal/transport"
	"github.com/curlew-rpc/curlew/internal/wire/connect"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
)

// Connect ends a stream with a message that holds what others have as trailers, and
// answers with HTTP status 200 always (Connect "Streaming RPCs").
type connectDialect struct{ debug connect.Debug }

func (d connectDialect) end(_ *framedRoute, st *transport.Status, trailer []transport.Field) ([]byte, []transport.Field) {
	b := make([]byte, wire.PrefixLen, 64)
	if st == nil {
		b = connect.AppendEndStream(b, wire.OK, "", nil, nil, pairs(trailer))
	} else {
		b = connect.AppendEndStream(b, st.Code, st.Message, st.Details, d.debug, pairs(trailer))
	}
	connect.PutPrefix(b, connect.Prefix{End: true, Length: uint32(len(b) - wire.PrefixLen)})
	return b, nil
}

func (connectDialect) immediate(*transport.Status) []transport.Field { return nil }
func (connectDialect) encodingField() string                         { return "connect-content-encoding" }

// findConnect returns the route of a POST by Connect for a method that there is.
func (s *Site) findConnect(m *transport.Message, method *method, codec string, stream bool, more []transport.Field) route {
	c := s.host.Codec(codec)
	if c == nil || stream == (method.Kind == curlew.KindUnary) {
		return s.noCodec(m, method, more)
	}
	if !stream {
		r := &unaryRoute{cors: more}
		r.site, r.method, r.req.Codec = s, method, c
		r.read(m)
		r.refuse(r.readEncoding(field(m, "content-encoding")))
		return r
	}
	r := &framedRoute{dialect: connectDialect{s.debug}}
	r.site, r.method, r.req.Codec = s, method, c
	r.fields = append([]transport.Field{
		{Name: ":status", Value: "200"}, {Name: "content-type", Value: connect.ContentType(codec, true)},
	}, more...)
	r.refuse(s.readConnect(&r.callRoute, m))
	encoding := field(m, "connect-content-encoding")
	r.req.Accept = list(m, "connect-accept-encoding")
	if encoding != "" && encoding != wire.Identity {
		if r.recv.Comp = s.host.Compressor(encoding); r.recv.Comp == nil {
			r.fields = append(r.fields, transport.Field{Name: "connect-accept-encoding", Value: s.accept})
			r.refuse(s.noCompressor(encoding))
		} else if wire.Accepts(r.req.Accept, encoding) {
			r.out = r.recv.Comp
		}
	}
	r.limits()
	return r
}

// readConnect reads the fields of a request's header that calls of all kinds have.
func (s *Site) readConnect(r *callRoute, m *transport.Message) (err error) {
	r.req.Path, r.req.Authority = r.method.Path, m.Authority
	if r.req.Header, err = transport.VisibleFields(m.Fields, connect.Visible); err != nil {
		return asArgument(err)
	}
	if err := connect.CheckVersion(field(m, "connect-protocol-version"), false); err != nil {
		return err
	}
	if value := field(m, "connect-timeout-ms"); value != "" {
		if r.req.Timeout, err = connect.ParseTimeout(value); err != nil {
			return err
		}
		r.req.HasTimeout = true
	}
	return nil
}

func (s *Site) noCompressor(name string) error {
	return transport.NewStatus(wire.Unimplemented, "the content is compressed with "+wire.Quote(name)+", this server knows "+s.accept)
}

// noCodec returns the response to a request for a method in a form that the method
// does not take.
func (s *Site) noCodec(m *transport.Message, method *method, more []transport.Field) route {
	types := ""
	for _, c := range s.host.Codecs {
		if types != "" {
			types += ", "
		}
		types += connect.ContentType(c.Name(), method.Kind != curlew.KindUnary)
	}
	if method.Kind != curlew.KindUnary {
		types += ", application/json" // by REST
	}
	return refusal(m, 415, "this method takes "+types, append(more, transport.Field{Name: "accept-post", Value: types})...)
}
