package site

import (
	"github.com/curlew-rpc/curlew/internal/transport"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
	"github.com/curlew-rpc/curlew/internal/wire/grpcweb"
)

var okStatus = []transport.Field{{Name: "grpc-status", Value: "0"}}

func statusFields(st *transport.Status) []transport.Field {
	if st == nil {
		return okStatus
	}
	return transport.StatusFields(nil, st)
}

// gRPC ends a response with HTTP trailers (PROTOCOL-HTTP2 "Responses").
type grpcDialect struct{}

func (grpcDialect) end(_ *framedRoute, st *transport.Status, trailer []transport.Field) ([]byte, []transport.Field) {
	fields := statusFields(st)
	return nil, transport.AppendFields(fields[:len(fields):len(fields)], trailer)
}

func (grpcDialect) immediate(st *transport.Status) []transport.Field { return statusFields(st) }
func (grpcDialect) encodingField() string                            { return "grpc-encoding" }

// gRPC-Web ends it with a frame that holds what are gRPC's trailers (PROTOCOL-WEB).
type webDialect struct{}

func (webDialect) end(_ *framedRoute, st *transport.Status, trailer []transport.Field) ([]byte, []transport.Field) {
	b := make([]byte, wire.PrefixLen, 64)
	b = grpcweb.AppendTrailer(b, pairs(statusFields(st), transport.AppendFields(nil, trailer)))
	grpcweb.PutPrefix(b, grpcweb.Prefix{Trailer: true, Length: uint32(len(b) - wire.PrefixLen)})
	return b, nil
}

func (webDialect) immediate(st *transport.Status) []transport.Field { return statusFields(st) }
func (webDialect) encodingField() string                            { return "grpc-encoding" }

// findGRPC returns the route of a request by gRPC-Web, or, where another server than ours
// carries it, gRPC.
func (s *Site) findGRPC(m *transport.Message, path, subtype string, web, text bool, more []transport.Field) route {
	r := &framedRoute{text: text}
	r.site = s
	visibleName := wire.Visible
	r.dialect = grpcDialect{}
	if web {
		r.dialect = webDialect{}
		visibleName = grpcweb.Visible
	}
	ct := field(m, "content-type")
	r.fields = append([]transport.Field{{Name: ":status", Value: "200"}, {Name: "content-type", Value: ct}}, more...)
	r.req.Path, r.req.Authority = path, m.Authority
	if m.Method != "POST" {
		return refusal(m, 405, "gRPC requests are POST", append(more, transport.Field{Name: "allow", Value: "POST"})...)
	}
	r.req.Codec = s.host.Codec(subtype)
	if subtype == "" {
		r.req.Codec = s.host.Codecs[0]
	}
	if r.req.Codec == nil {
		return refusal(m, 415, "no codec for content-type "+ct, more...)
	}
	if r.method = s.table.Load().methods[path]; r.method == nil {
		service, name, ok := wire.SplitPath(path)
		text := "unknown method " + name + " of service " + service
		if !ok {
			text = "malformed method name " + wire.EncodeMessage(path)
		}
		return r.unknown(text)
	}
	in, out, err := r.req.ReadGRPC(m, s.host.Compressors, visibleName, &r.fields)
	r.refuse(err)
	r.recv.Comp, r.out = in, out
	r.limits()
	return r
}

// unknown returns the response to a call of a method that there is not.
func (r *framedRoute) unknown(text string) route {
	fields := append(r.fields, r.dialect.immediate(transport.NewStatus(wire.Unimplemented, text))...)
	return &reply{header: fields}
}
