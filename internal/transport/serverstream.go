package transport

import (
	"encoding/base64"

	"github.com/curlew-rpc/curlew/compress"
	"github.com/curlew-rpc/curlew/internal/h2"
	"github.com/curlew-rpc/curlew/internal/h2/frame"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
)

// A ServerStream is one gRPC call at the server. One goroutine receives and one
// sends; Finish comes last.
type ServerStream struct {
	h2.Stream
	Request    *Request
	ServerConn *ServerConn

	Progress
	pending Encoded // the answer of a call that has one, until Finish
}

// A ServerStream is an [Exchange].
var _ Exchange = (*ServerStream)(nil)

// Head implements [Exchange].
func (s *ServerStream) Head() *Request { return s.Request }

// Peer implements [Exchange].
func (s *ServerStream) Peer() PeerInfo {
	c := s.ServerConn
	return PeerInfo{c.RemoteAddr(), c.LocalAddr(), c.TLS()}
}

// Abort implements [Exchange].
func (s *ServerStream) Abort() { s.Reset(frame.CodeCancel) }

// StopReceiving implements [Exchange]: what ends the call ends the stream's waits too.
func (s *ServerStream) StopReceiving() {}

// Farewell implements [Exchange].
func (s *ServerStream) Farewell(headed bool, reason string) []Field {
	var fields []Field
	if !headed {
		fields = append(fields, s.Request.reply[:2]...)
	}
	return StatusFields(fields, NewStatus(wire.Unavailable, reason))
}

// Receive receives the next message into msg; io.EOF after the last, or a
// *Status, or h2.ErrDone.
func (s *ServerStream) Receive(msg any, done <-chan struct{}) error {
	return s.Request.recv.Next(&s.Stream, done, msg)
}

// ReceiveOnly receives the one message of a request that has one.
func (s *ServerStream) ReceiveOnly(msg any, done <-chan struct{}) error {
	return s.Request.recv.Only(&s.Stream, done, msg)
}

// SetCompressor has messages compressed with c from now on, or not at all if c
// is nil, instead of as the client compresses. It reports false when the
// response header has been sent and announces another compressor.
func (s *ServerStream) SetCompressor(c compress.Compressor) bool {
	return s.Choose(c, s.Request.out)
}

// header returns the response header with the application's fields.
func (s *ServerStream) header(app []Field) []Field {
	s.Headed = true
	reply := s.Request.reply
	if s.Forced != nil && s.Forced != s.Request.out {
		reply = make([]Field, 0, len(s.Request.reply)+1+len(app))
		for _, f := range s.Request.reply {
			if f.Name != "grpc-encoding" {
				reply = append(reply, f)
			}
		}
		reply = append(reply, Field{Name: "grpc-encoding", Value: s.Forced.Name()})
	}
	return AppendFields(reply[:len(reply):len(reply)], app)
}

// AppendFields appends the application's fields in their form on the wire.
func AppendFields(dst, app []Field) []Field {
	for _, f := range app {
		if wire.IsBin(f.Name) {
			f.Value = wire.EncodeBin(f.Value)
		} else {
			f.Value = wire.TrimValue(f.Value)
		}
		dst = append(dst, f)
	}
	return dst
}

// SendHeader sends the response header with the application's fields, once.
func (s *ServerStream) SendHeader(app []Field, done <-chan struct{}) error {
	if s.Headed {
		return nil
	}
	return StatusOf(s.Stream.Send(h2.Outgoing{Header: s.header(app)}, done))
}

// Send sends a message, and the header before the first.
func (s *ServerStream) Send(msg any, max int, app []Field, done <-chan struct{}) error {
	if s.Cut {
		return h2.ErrDone
	}
	e, err := Encode(s.Request.Codec, s.Compressor(s.Request.out), msg, max, true)
	if err != nil {
		return err
	}
	var out h2.Outgoing
	e.Put(&out)
	if !s.Headed {
		out.Header = s.header(app)
	}
	err = s.Stream.Send(out, done)
	s.Cut = err == h2.ErrDone
	e.Free()
	return StatusOf(err)
}

// Hold keeps the one message of the response until Finish sends it with
// everything else. With share, msg itself is not changed until then.
func (s *ServerStream) Hold(msg any, max int, share bool) (err error) {
	if s.Held() {
		return NewStatus(wire.Internal, "a second response message in a call that has one")
	}
	s.pending, err = Encode(s.Request.Codec, s.Compressor(s.Request.out), msg, max, share)
	return err
}

// Held reports whether Hold has a message.
func (s *ServerStream) Held() bool { return s.pending != Encoded{} }

var okTrailer = []Field{{Name: "grpc-status", Value: "0"}}

// Finish ends the call with a status, nil for OK, and the application's
// header, if it has not been sent, and trailer fields. Where a message could be
// sent in part only, nothing may follow: the caller resets the stream, as after
// any error.
func (s *ServerStream) Finish(st *Status, header, trailer []Field, done <-chan struct{}) error {
	if s.Cut {
		return h2.ErrDone
	}
	out := h2.Outgoing{Trailer: okTrailer}
	if st != nil {
		out.Trailer = StatusFields(nil, st)
	}
	if len(trailer) > 0 {
		out.Trailer = AppendFields(out.Trailer[:len(out.Trailer):len(out.Trailer)], trailer)
	}
	if st == nil {
		s.pending.Put(&out)
	}
	switch {
	case s.Headed:
	case len(out.Data) > 0 || st == nil:
		out.Header = s.header(header)
	default:
		// Trailers-Only: an immediate error is one header section, which the
		// client knows to be retryable (gRFC A6).
		all := s.header(header)
		out.Header, out.Trailer, out.End = append(all[:len(all):len(all)], out.Trailer...), nil, true
	}
	err := s.Stream.Send(out, done)
	s.release()
	return StatusOf(err)
}

// StatusFields appends the trailer fields by which gRPC says a status that is not OK.
func StatusFields(dst []Field, st *Status) []Field {
	dst = append(dst, Field{Name: "grpc-status", Value: wire.StatusString(st.Code)})
	if st.Message != "" {
		dst = append(dst, Field{Name: "grpc-message", Value: wire.EncodeMessage(st.Message), NoIndex: true})
	}
	if len(st.Details) > 0 {
		b := wire.AppendDetails(nil, st.Code, st.Message, st.Details)
		dst = append(dst, Field{Name: "grpc-status-details-bin", Value: base64.RawStdEncoding.EncodeToString(b), NoIndex: true})
	}
	return dst
}

// release frees what Hold has kept.
func (s *ServerStream) release() {
	s.pending.Free()
	s.pending = Encoded{}
}
