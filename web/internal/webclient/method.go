package webclient

import (
	"strings"
	"time"

	"github.com/curlew-rpc/curlew/codec"
	"github.com/curlew-rpc/curlew/compress"
	"github.com/curlew-rpc/curlew/internal/transport"
	"github.com/curlew-rpc/curlew/internal/wire/connect"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
	"github.com/curlew-rpc/curlew/internal/wire/grpcweb"
)

// A Protocol is one that a client can speak. It implements transport.ClientProtocol.
type Protocol uint8

const (
	Connect Protocol = iota
	GRPCWeb
	GRPC // where connections are those of others
)

// CanGet implements transport.ClientProtocol.
func (p Protocol) CanGet() bool { return p == Connect }

// Prepare implements transport.ClientProtocol.
func (p Protocol) Prepare(h *transport.Head) transport.ClientMethod {
	m := &method{Head: h}
	switch {
	case p == GRPC && !h.Borrowed:
		return nil
	case p == GRPC:
		m.rules = grpcRules{}
		m.add("te", "trailers")
		m.add("content-type", wire.ContentType(h.Codec.Name()))
		m.addCompression("grpc-accept-encoding", "grpc-encoding")
	case p == GRPCWeb:
		m.rules = grpcWebRules{}
		m.add("content-type", grpcweb.ContentType(h.Codec.Name(), false))
		m.add("x-grpc-web", "1")
		m.addCompression("grpc-accept-encoding", "grpc-encoding")
	case h.ManyRequests || h.ManyResponses:
		m.rules = connectRules{}
		m.add("content-type", connect.ContentType(h.Codec.Name(), true))
		m.add("connect-protocol-version", connect.Version)
		m.addCompression("connect-accept-encoding", "connect-content-encoding")
	default:
		m.prepareUnary()
		return m
	}
	m.add("user-agent", h.Agent)
	if h.Borrowed && p != GRPC {
		m.add("accept-encoding", wire.Identity) // or net/http asks for gzip around it all
	}
	return m
}

// A method is what the calls of a method have in common.
type method struct {
	*transport.Head
	rules  rules // nil: unary calls of Connect
	fields []transport.Field

	post []transport.Field // of unary calls: what fields does not have, for POST
}

func (m *method) add(name, value string) {
	m.fields = append(m.fields, transport.Field{Name: name, Value: value})
}

// addCompression announces what responses may use, and what requests do.
func (m *method) addCompression(accept, encoding string) {
	if len(m.Compressors) > 0 {
		m.add(accept, names(m.Compressors))
	}
	if m.Compressor != nil {
		m.add(encoding, m.Compressor.Name())
	}
}

// names lists compressors as accept-encoding fields do.
func names(all []compress.Compressor) string {
	var list []string
	for _, c := range all {
		list = append(list, c.Name())
	}
	return strings.Join(list, ",")
}

// prepareUnary prepares unary calls of Connect.
func (m *method) prepareUnary() {
	m.add("user-agent", m.Agent)
	switch {
	case len(m.Compressors) > 0:
		m.add("accept-encoding", names(m.Compressors))
	case m.Borrowed:
		m.add("accept-encoding", wire.Identity)
	}
	m.post = []transport.Field{
		{Name: "content-type", Value: connect.ContentType(m.Codec.Name(), false)},
		{Name: "connect-protocol-version", Value: connect.Version},
	}
	if m.Get {
		// Equal requests are to make equal URLs, or no cache finds them.
		if d, ok := m.Codec.(interface{ Deterministic() codec.Codec }); ok {
			m.Codec = d.Deterministic()
		}
	}
}

// NewAttempt implements transport.ClientMethod.
func (m *method) NewAttempt() transport.Attempt {
	if m.rules == nil {
		return &unary{core: core{m: m}}
	}
	return &stream{core: core{m: m}}
}

// request returns the HTTP request of a call.
func (m *method) request(timeout time.Duration, app []transport.Field, before int, end bool) *transport.ClientRequest {
	r := &transport.ClientRequest{
		Method: "POST", Scheme: m.Scheme, Authority: m.Authority, Path: m.Path,
		End: end, Duplex: m.ManyRequests && m.ManyResponses,
	}
	grpc := !m.connect()
	fields := make([]transport.Field, 0, len(m.fields)+len(m.post)+len(app)+2)
	switch {
	case timeout < 0:
	case grpc:
		fields = append(fields, transport.Field{Name: "grpc-timeout", Value: string(wire.AppendTimeout(nil, timeout)), NoIndex: true})
	default:
		fields = append(fields, transport.Field{Name: "connect-timeout-ms", Value: string(connect.AppendTimeout(nil, timeout)), NoIndex: true})
	}
	fields = append(fields, m.fields...)
	if before > 0 && grpc {
		fields = append(fields, transport.Field{Name: "grpc-previous-rpc-attempts", Value: string(wire.AppendAttempts(nil, before)), NoIndex: true})
	}
	r.Fields = transport.AppendFields(fields, app)
	return r
}

// connect reports whether the protocol is Connect.
func (m *method) connect() bool {
	_, streams := m.rules.(connectRules)
	return streams || m.rules == nil
}

// Check implements transport.ClientMethod.
func (m *method) Check(app []transport.Field) error {
	if !m.connect() {
		return nil
	}
	for i := range app {
		if err := connect.CheckName(app[i].Name); err != nil {
			return transport.StatusOf(err)
		}
	}
	return nil
}

// compressor returns what a response is compressed with by its header; nil: nothing.
func (m *method) compressor(encoding string) (compress.Compressor, error) {
	if encoding == "" || encoding == wire.Identity {
		return nil, nil
	}
	if c := transport.Named(m.Compressors, encoding); c != nil {
		return c, nil
	}
	return nil, transport.NewStatus(wire.Internal, "the response is compressed with "+wire.Quote(encoding)+", which was not offered")
}
