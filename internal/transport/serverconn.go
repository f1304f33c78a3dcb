package transport

import (
	"errors"
	"strconv"
	"time"

	"github.com/curlew-rpc/curlew/internal/h2"
	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/internal/h2/hpack"
)

// A Field is a header field as the engine has it.
type Field = hpack.Field

// A ServerConn is one connection of a server.
type ServerConn struct {
	*h2.Conn
	server *Server

	// The reading goroutine's memory of the last request: calls repeat
	// themselves, and the engine gives equal requests as the same message.
	last     *h2.Message
	protocol Protocol
	// Memo is what the protocol has made of the last request; nil for another one.
	Memo any
}

// violated hears that the peer broke a rule and lost a stream for it.
func (sc *ServerConn) violated(err error) {
	sc.server.cfg.Logger.Warn("stream reset: the peer broke the protocol", "peer", sc.RemoteAddr(), "err", err)
}

// refused notes a request that is answered without a handler.
func (sc *ServerConn) refused(path, why string) {
	sc.server.cfg.Logger.Info("request refused", "peer", sc.RemoteAddr(), "path", path, "why", why)
}

// closed hears that the connection is gone.
func (sc *ServerConn) closed(err error) {
	s := sc.server
	var ce *h2.ConnError
	if errors.As(err, &ce) && ce.Cause == nil && !ce.Remote {
		s.cfg.Logger.Warn("connection ended: the peer broke the protocol", "peer", sc.RemoteAddr(), "err", err)
	} else {
		s.cfg.Logger.Debug("connection ended", "peer", sc.RemoteAddr(), "err", err)
	}
	tally := sc.Tally()
	s.mu.Lock()
	delete(s.conns, sc)
	add(&s.tally, tally)
	s.mu.Unlock()
	if ce != nil && ce.Cause == h2.ErrForeign {
		return // its place and its count have gone to who speaks the other protocol
	}
	s.freeSlot()
	s.wg.Done()
}

// AcceptOnReader implements [h2.Acceptor].
func (sc *ServerConn) AcceptOnReader(m *h2.Message) (*h2.Stream, h2.Start) {
	if m != sc.last {
		sc.last = m
		sc.Memo = nil
		sc.protocol = sc.find(m)
	}
	if sc.protocol == nil && m.TooLarge {
		sc.refused(m.Path, "request header larger than the limit")
		return refuse(m, 431, "text/plain", "the request header is larger than this server takes")
	}
	if sc.protocol == nil {
		sc.refused(m.Path, "content-type "+strconv.Quote(FieldValue(m.Fields, "content-type")))
		return refuse(m, 415, "text/plain", "the content-type of the request is none that this server speaks")
	}
	return sc.protocol.AcceptOnReader(sc, m)
}

func (sc *ServerConn) find(m *h2.Message) Protocol {
	for _, p := range sc.server.cfg.Protocols {
		if p.Matches(m) {
			return p
		}
	}
	if p := sc.server.page(m); p != nil {
		return p
	}
	if p := sc.server.cfg.Rest; p != nil && p.Matches(m) {
		return p
	}
	return nil
}

// FieldValue returns the value of the first field of a name, "" if there is none.
func FieldValue(fields []Field, name string) string {
	for i := range fields {
		if fields[i].Name == name {
			return fields[i].Value
		}
	}
	return ""
}

// A refusal answers a request with an HTTP status and a line of text.
type refusal struct {
	h2.Stream
	fields []Field
	text   string
}

func refuse(m *h2.Message, status int, contentType, text string, more ...Field) (*h2.Stream, h2.Start) {
	r := &refusal{text: text + "\n"}
	r.fields = append(append(r.fields,
		Field{Name: ":status", Value: strconv.Itoa(status)},
		Field{Name: "content-type", Value: contentType},
		Field{Name: "content-length", Value: strconv.Itoa(len(r.text))},
	), more...)
	if m.Method == "HEAD" { // its response has no content, RFC 9110 §9.3.2
		r.text = ""
	}
	r.Init(r)
	return &r.Stream, h2.Start{}
}

// How long a refusal waits for the end of the request, and for how much of it. Who
// speaks no gRPC may look for an answer only when all is sent, and drop one that
// comes with a reset.
const (
	refusalPatience = time.Second
	refusalContent  = 64 << 10
)

func (r *refusal) Serve() {
	done := make(chan struct{})
	timer := time.AfterFunc(refusalPatience, func() { close(done) })
	r.Peek(refusalContent, done)
	timer.Stop()
	// An error means that nobody listens any more.
	_ = r.Send(h2.Outgoing{Header: r.fields, Data: []byte(r.text), End: true}, nil)
	r.Free()
}

func (r *refusal) Aborted(error) { r.Reset(frame.CodeCancel) }
