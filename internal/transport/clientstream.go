package transport

import (
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/curlew-rpc/curlew/codec"
	"github.com/curlew-rpc/curlew/compress"
	"github.com/curlew-rpc/curlew/internal/h2"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
)

// A Head is what the requests of a method have in common. It is made once and
// shared by calls; it must not be changed.
type Head struct {
	Codec       codec.Codec
	Compressors []compress.Compressor // those that responses may use
	Compressor  compress.Compressor   // of requests; nil: none
	MaxReceive  int

	// Method makes the attempts in another protocol than gRPC over connections of ours,
	// which has a use for what follows; nil: there is none.
	Method                         ClientMethod
	ManyRequests, ManyResponses    bool
	Get                            bool // the call may be made by GET
	Borrowed                       bool // requests go through a ClientTransport
	Scheme, Authority, Path, Agent string

	fields []Field
	// plain is the last response header that was found to be in order and to hold
	// nothing for the application. Responses share it as long as they repeat it.
	plain atomic.Pointer[h2.Message]
}

// pseudoFields is the number of pseudo-header fields, behind which
// grpc-timeout has its place.
const pseudoFields = 4

// NewHead prepares the header of a method's requests.
func NewHead(h *Head, scheme, authority, path, userAgent string) *Head {
	h.Scheme, h.Authority, h.Path, h.Agent = scheme, authority, path, userAgent
	subtype := h.Codec.Name()
	h.fields = []Field{
		{Name: ":method", Value: "POST"},
		{Name: ":scheme", Value: scheme},
		{Name: ":path", Value: path},
		{Name: ":authority", Value: authority},
		{Name: "te", Value: "trailers"},
		{Name: "content-type", Value: wire.ContentType(subtype)},
		{Name: "user-agent", Value: userAgent},
	}
	if len(h.Compressors) > 0 {
		h.fields = append(h.fields, Field{Name: "grpc-accept-encoding", Value: AcceptEncoding(h.Compressors)})
	}
	if h.Compressor != nil {
		h.fields = append(h.fields, Field{Name: "grpc-encoding", Value: h.Compressor.Name()})
	}
	return h
}

var fieldScratch = sync.Pool{New: func() any { return new([]Field) }}

// Start implements [Attempt]. conn is a connection of ours.
func (s *ClientStream) Start(conn Conn, head *Head, timeout time.Duration, app []Field, before int, msg Encoded, end bool, done <-chan struct{}) error {
	s.head = head
	s.Expect(wire.MessageLength)
	fields := head.fields
	if timeout >= 0 || len(app) > 0 || before > 0 {
		scratch := fieldScratch.Get().(*[]Field)
		fields = append((*scratch)[:0], head.fields[:pseudoFields]...)
		if timeout >= 0 {
			var b [16]byte
			fields = append(fields, Field{Name: "grpc-timeout", Value: string(wire.AppendTimeout(b[:0], timeout)), NoIndex: true})
		}
		fields = append(fields, head.fields[pseudoFields:]...)
		if before > 0 {
			fields = append(fields, Field{Name: "grpc-previous-rpc-attempts", Value: string(wire.AppendAttempts(nil, before)), NoIndex: true})
		}
		fields = AppendFields(fields, app)
		// The engine encodes header fields before it can come to wait.
		defer func() {
			clear(fields)
			*scratch = fields
			fieldScratch.Put(scratch)
		}()
	}
	out := h2.Outgoing{Header: fields, End: end}
	msg.Put(&out)
	err := conn.(*ClientConn).Open(&s.Stream, out, done)
	if err != nil && err != h2.ErrDone && s.Conn() != nil && !s.Unprocessed() {
		// The server has ended the call before all was sent: what it said is for
		// the receiver.
		return nil
	}
	return StatusOf(err)
}

// Opened implements [Attempt].
func (s *ClientStream) Opened() bool { return s.Conn() != nil }

// Peer implements [Attempt].
func (s *ClientStream) Peer() PeerInfo { return peerOf(s.Conn()) }

// Push implements [Attempt].
func (s *ClientStream) Push(msg Encoded, end bool, done <-chan struct{}) error {
	out := h2.Outgoing{End: end}
	msg.Put(&out)
	err := s.Stream.Send(out, done)
	if err == nil || err == h2.ErrDone {
		return err
	}
	return io.EOF
}

// Complete implements [Attempt].
func (s *ClientStream) Complete(done <-chan struct{}) error {
	return StatusOf(s.Await(wire.PrefixLen+s.head.MaxReceive, done))
}

// Header waits for the response header and returns the application's fields of
// it; none if the response is Trailers-Only.
func (s *ClientStream) Header(done <-chan struct{}) ([]Field, error) {
	m, err := s.Stream.Header(done)
	if err != nil {
		return nil, responseError(err)
	}
	if m == s.head.plain.Load() || s.TrailersOnly() {
		return nil, nil
	}
	return ReceivedFields(m)
}

func responseError(err error) error {
	if err == io.ErrUnexpectedEOF {
		return NewStatus(wire.Internal, "the stream ended without a response")
	}
	return StatusOf(err)
}

// TrailersOnly reports whether the response, whose header has been received,
// is one header section with the status in it.
func (s *ClientStream) TrailersOnly() bool {
	return trailersOnly(s.Sections())
}

func trailersOnly(header, trailer *h2.Message) bool {
	return header != nil && header == trailer && FieldValue(header.Fields, "grpc-status") != ""
}

// Answered implements [Attempt].
func (s *ClientStream) Answered() bool {
	header, trailer := s.Received()
	return header != nil && header.Status == 200 && !trailersOnly(header, trailer)
}

// Verdict implements [Attempt].
func (s *ClientStream) Verdict() *Status {
	if err := s.Failure(); err != nil {
		st, _ := StatusOf(err).(*Status)
		return st
	}
	header, trailer := s.Received()
	switch {
	case trailer == nil:
		return nil
	case FieldValue(trailer.Fields, "grpc-status") != "":
		return readStatus(s, header, trailer)
	}
	if err := wire.CheckResponse(header.Status, FieldValue(header.Fields, "content-type"), s.head.Codec.Name()); err != nil {
		st, _ := StatusOf(err).(*Status)
		return st
	}
	return NewStatus(wire.Unknown, "the response ended without a grpc-status")
}

// LoadReport implements [Attempt].
func (s *ClientStream) LoadReport() (r wire.LoadReport, ok bool) {
	_, trailer := s.Sections()
	if trailer == nil {
		return r, false
	}
	return readLoadReport(trailer.Fields)
}

// Pushback implements [Attempt].
func (s *ClientStream) Pushback() (wait time.Duration, retry, given bool) {
	_, trailer := s.Received()
	if trailer == nil {
		return 0, true, false
	}
	return ReadPushback(trailer.Fields)
}

// Receive implements [Attempt].
func (s *ClientStream) Receive(msg any, done <-chan struct{}) error {
	if !s.checked {
		m, err := s.Stream.Header(done)
		if err != nil {
			return responseError(err)
		}
		if m == s.head.plain.Load() {
			s.checked = true
			return s.next(msg, done)
		}
		// A grpc-status wins over that of HTTP, and may be yet to come.
		if m.Status != 200 && s.Await(s.head.MaxReceive, done) == h2.ErrDone {
			return h2.ErrDone
		}
		if err := s.check(m); err != nil {
			return err
		}
		s.checked = true
	}
	return s.next(msg, done)
}

func (s *ClientStream) next(msg any, done <-chan struct{}) error {
	r := Receiver{s.head.Codec, s.comp, s.head.MaxReceive}
	return r.Next(&s.Stream, done, msg)
}

// NoMore implements [Attempt].
func (s *ClientStream) NoMore(done <-chan struct{}) error {
	return Ended(&s.Stream, done, "response")
}

// check judges a response header before its content is read.
func (s *ClientStream) check(m *h2.Message) error {
	if m.TooLarge {
		return NewStatus(wire.ResourceExhausted, "response header larger than the limit")
	}
	if s.TrailersOnly() {
		return nil
	}
	status := m.Status
	if _, trailer := s.Sections(); trailer != nil && FieldValue(trailer.Fields, "grpc-status") != "" {
		status = 200
	}
	if err := wire.CheckResponse(status, FieldValue(m.Fields, "content-type"), s.head.Codec.Name()); err != nil {
		return StatusOf(err)
	}
	encoding := FieldValue(m.Fields, "grpc-encoding")
	if encoding == "" || encoding == wire.Identity {
		if m.Status == 200 && countVisible(m.Fields, wire.Visible) == 0 {
			s.head.plain.Store(m)
		}
		return nil
	}
	if s.comp = Named(s.head.Compressors, encoding); s.comp != nil {
		return nil
	}
	return NewStatus(wire.Internal, fmt.Sprintf("the response is compressed with %q, which was not offered", encoding))
}

// Trailer implements [Attempt].
func (s *ClientStream) Trailer() ([]Field, *Status) {
	header, m := s.Sections()
	if m == nil || (m == header && !s.TrailersOnly()) {
		return nil, missingStatus(s, header, m)
	}
	if !m.TooLarge && len(m.Fields) == 1 && m.Fields[0].Name == "grpc-status" && m.Fields[0].Value == "0" {
		return nil, nil
	}
	app, err := ReceivedFields(m)
	if err != nil {
		return nil, err.(*Status)
	}
	return app, readStatus(s, header, m)
}

// missingStatus returns the status of a response that has none: by its HTTP
// status, and Internal where not even trailers came, as after a connection's end.
func missingStatus(s *ClientStream, header, trailer *h2.Message) *Status {
	if header != nil {
		if err := s.check(header); err != nil {
			if st, ok := err.(*Status); ok {
				return st
			}
		}
	}
	code := wire.Internal
	if trailer != nil {
		code = wire.Unknown
	}
	return NewStatus(code, "the response ended without a grpc-status")
}

// readStatus reads the status of trailers, PROTOCOL-HTTP2 "Responses".
func readStatus(s *ClientStream, header, m *h2.Message) *Status {
	if m.TooLarge {
		return NewStatus(wire.ResourceExhausted, "response trailers larger than the limit")
	}
	value := FieldValue(m.Fields, "grpc-status")
	if value == "" {
		return missingStatus(s, header, m)
	}
	return readGRPCStatus(value, m.Fields)
}

// NewAttempt returns an attempt at a call of the method.
func (h *Head) NewAttempt() Attempt {
	if h.Method != nil {
		return h.Method.NewAttempt()
	}
	return new(ClientStream)
}
