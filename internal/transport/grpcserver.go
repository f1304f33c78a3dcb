package transport

import (
	"fmt"
	"strings"
	"time"

	"github.com/curlew-rpc/curlew/codec"
	"github.com/curlew-rpc/curlew/compress"
	"github.com/curlew-rpc/curlew/internal/h2"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
)

// GRPC is the gRPC protocol of a server.
type GRPC struct {
	// Lookup finds what serves a path; nil if nothing does. It is called on
	// reading goroutines, for each path only once as long as it repeats itself.
	Lookup func(path string) Target
	// Refused makes the call that answers a request which no target can.
	Refused     func() Call
	Codecs      []codec.Codec // by content subtype; the first is the default
	Compressors []compress.Compressor
	MaxHeader   uint32
	// AltSvc, when set, returns what is announced with responses, "" for nothing.
	AltSvc func() string
}

// A Target is a method of a server.
type Target interface {
	// NewCall makes a call of the method, which is to end by the deadline if there is
	// one. It runs on a reading goroutine.
	NewCall(deadline time.Time) Call
	// Attach makes a call of the method that comes by another protocol.
	Attach(x Exchange, deadline time.Time) h2.Owner
	// Whole reports whether the request is one message, so that the handler is
	// started when that has arrived; MaxReceive bounds it.
	Whole() bool
	MaxReceive() int
	// Timeout returns how long a call may take whose client has given it asked, or
	// no time, and whether that is limited at all.
	Timeout(asked time.Duration, given bool) (time.Duration, bool)
}

// A Call is what a ServerStream is embedded in.
type Call interface {
	h2.Owner
	Base() *ServerStream
}

// Deadline returns when a call is to end that begins now; zero if it has no limit.
func (req *Request) Deadline() time.Time {
	if !req.HasTimeout {
		return time.Time{}
	}
	return time.Now().Add(req.Timeout)
}

// A Request is the header of a request, read. It is shared by the calls that repeat
// it, and must not be changed.
type Request struct {
	Path, Authority string
	Header          []Field // what the application may see; -bin values decoded
	Timeout         time.Duration
	HasTimeout      bool
	Accept          string // the compressors that the client knows, with commas
	Codec           codec.Codec
	Refusal         *Status // not nil: this is the answer

	target  Target
	recv    Receiver            // of its messages
	in, out compress.Compressor // nil: messages are not compressed
	reply   []Field             // the response header
	http    int                 // refused with this HTTP status
	unknown bool                // there is no such method, yet
}

// Matches implements [Protocol].
func (*GRPC) Matches(m *h2.Message) bool {
	_, ok := wire.ContentSubtype(FieldValue(m.Fields, "content-type"))
	return ok
}

// AcceptOnReader implements [Protocol].
func (g *GRPC) AcceptOnReader(sc *ServerConn, m *h2.Message) (*h2.Stream, h2.Start) {
	req, known := sc.Memo.(*Request)
	if !known || req.unknown && g.Lookup(m.Path) != nil { // it may have been registered since
		req = g.read(m)
		sc.Memo = req
		if req.Refusal != nil {
			sc.refused(m.Path, req.Refusal.Error())
		}
	}
	if req.http != 0 {
		more := []Field(nil)
		if req.http == 405 {
			more = append(more, Field{Name: "allow", Value: "POST"})
		}
		return refuse(m, req.http, "text/plain", req.Refusal.Message, more...)
	}
	var call Call
	start := h2.Start{Length: wire.MessageLength}
	if req.target == nil || req.Refusal != nil {
		call = g.Refused()
	} else {
		call = req.target.NewCall(req.Deadline())
		if req.target.Whole() {
			start.Whole, start.Limit = true, wire.PrefixLen+req.target.MaxReceive()
		}
	}
	s := call.Base()
	s.Init(call)
	s.Request = req
	s.ServerConn = sc
	return &s.Stream, start
}

// read judges a request header and keeps what calls need of it.
func (g *GRPC) read(m *h2.Message) *Request {
	req := &Request{Path: m.Path, Authority: m.Authority}
	ct := FieldValue(m.Fields, "content-type")
	subtype, _ := wire.ContentSubtype(ct)
	req.reply = append(make([]Field, 0, 4), Field{Name: ":status", Value: "200"}, Field{Name: "content-type", Value: ct})
	if g.AltSvc != nil {
		if v := g.AltSvc(); v != "" {
			req.reply = append(req.reply, Field{Name: "alt-svc", Value: v})
		}
	}
	switch {
	case m.TooLarge: // what is missing may be any of the rest
		req.refuse(wire.ResourceExhausted, fmt.Sprintf("request header larger than the limit of %d bytes", g.MaxHeader))
		return req
	case m.Method != "POST":
		req.refuseHTTP(405, "gRPC requests are POST")
		return req
	case m.Authority == "":
		req.refuseHTTP(400, "the request has neither :authority nor host")
		return req
	}
	if req.Codec = g.codec(subtype); req.Codec == nil {
		req.refuseHTTP(415, "no codec for content-type "+ct)
		return req
	}
	// The path is judged before anything else of the application looks at it.
	service, method, ok := wire.SplitPath(m.Path)
	if ok {
		req.target = g.Lookup(m.Path)
	}
	if req.target == nil {
		text := fmt.Sprintf("unknown method %s of service %s", method, service)
		if !ok {
			text = "malformed method name " + wire.EncodeMessage(m.Path)
		}
		req.refuse(wire.Unimplemented, text)
		req.unknown = ok
		return req
	}
	if err := g.readFields(req, m); err != nil {
		st, _ := StatusOf(err).(*Status)
		req.refuse(st.Code, st.Message)
	}
	req.Timeout, req.HasTimeout = req.target.Timeout(req.Timeout, req.HasTimeout)
	req.recv = Receiver{Codec: req.Codec, Comp: req.in, Max: req.target.MaxReceive()}
	return req
}

func (req *Request) refuse(code wire.Code, text string) { req.Refusal = NewStatus(code, text) }

func (req *Request) refuseHTTP(status int, text string) {
	req.http = status
	req.refuse(wire.Unknown, text)
}

func (g *GRPC) readFields(req *Request, m *h2.Message) (err error) {
	if req.in, req.out, err = req.ReadGRPC(m, g.Compressors, wire.Visible, &req.reply); req.out != nil {
		req.reply = append(req.reply, Field{Name: "grpc-encoding", Value: req.out.Name()})
	}
	return err
}

// ReadGRPC reads what a header by gRPC, or gRPC-Web, says of a call: how long it may take,
// what the client accepts, and what the application sees, by the protocol's rule for
// names. It returns what messages are compressed with, in the request and the response;
// nil: nothing. If that is not known here, reply gets a field that says what is.
func (req *Request) ReadGRPC(m *h2.Message, known []compress.Compressor, rule func(name string) bool, reply *[]Field) (in, out compress.Compressor, err error) {
	for i := range m.Fields {
		f := &m.Fields[i]
		switch f.Name {
		case "grpc-timeout":
			d, err := wire.ParseTimeout(f.Value)
			if err != nil {
				return nil, nil, err
			}
			req.Timeout, req.HasTimeout = d, true
		case "grpc-encoding":
			if in = Named(known, f.Value); in == nil && f.Value != wire.Identity {
				names := AcceptEncoding(known)
				*reply = append(*reply, Field{Name: "grpc-accept-encoding", Value: names})
				return nil, nil, NewStatus(wire.Unimplemented, fmt.Sprintf("messages are compressed with %q, this server knows %s", f.Value, names))
			}
		case "grpc-accept-encoding":
			// Several fields are one list, RFC 9110 §5.3.
			if req.Accept != "" {
				req.Accept += ","
			}
			req.Accept += f.Value
		}
	}
	if req.Header, err = VisibleFields(m.Fields, rule); err != nil {
		return in, nil, err
	}
	// A server compresses for a client that does so itself; a handler can decide
	// otherwise by SetCompressor.
	if in != nil && wire.Accepts(req.Accept, in.Name()) {
		out = in
	}
	return in, out, nil
}

// maxValues bounds the fields that an application sees. They would be no more than
// a header section may have, did not one field hold many binary values.
const maxValues = 200

// VisibleFields returns the fields that an application sees by a protocol's rule for
// names, their binary values decoded. What must not be put into compression tables stays
// marked so.
func VisibleFields(fields []Field, rule func(name string) bool) ([]Field, error) {
	n := countVisible(fields, rule)
	if n == 0 {
		return nil, nil
	}
	out := make([]Field, 0, n)
	for _, f := range fields {
		if !rule(f.Name) {
			continue
		}
		if !wire.IsBin(f.Name) {
			// White space around a value has no meaning (PROTOCOL-HTTP2 "Custom-Metadata").
			f.Value = wire.TrimValue(f.Value)
			out = append(out, f)
			continue
		}
		values, err := wire.DecodeBin(f.Value, maxValues-len(out))
		if err != nil {
			return nil, err
		}
		for _, v := range values {
			f.Value = v
			out = append(out, f)
		}
	}
	return out, nil
}

func (g *GRPC) codec(subtype string) codec.Codec {
	if subtype == "" {
		return g.Codecs[0]
	}
	return Named(g.Codecs, subtype)
}

// AcceptEncoding returns the list by which one says which compressors one knows.
func AcceptEncoding(comps []compress.Compressor) string {
	var b strings.Builder
	b.WriteString(wire.Identity)
	for _, c := range comps {
		b.WriteByte(',')
		b.WriteString(c.Name())
	}
	return b.String()
}
