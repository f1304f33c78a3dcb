package transport

import (
	"time"

	"github.com/curlew-rpc/curlew/internal/h2"
	"github.com/curlew-rpc/curlew/internal/h2/frame"
)

// A ClientRequest is an HTTP request that is to be made.
type ClientRequest struct {
	Method, Scheme, Authority string
	Path                      string // with the query
	Fields                    []Field
	Data                      []byte   // content that leaves with the header
	More                      [][]byte // what follows Data, none of it empty
	End                       bool     // that is all content
	// Duplex: the response may begin before all content has been sent.
	Duplex bool
	// Length says how long the response's content will be, judged by its beginning; 0
	// is not known. It may be nil.
	Length func(content []byte) int
}

// A ClientCarrier is an HTTP request that has been made, and its response. The methods
// are those of h2.Stream, of which it may be one; see there who may call which.
type ClientCarrier interface {
	// Send sends further content.
	Send(out Outgoing, done <-chan struct{}) error
	Header(done <-chan struct{}) (*Message, error)
	Await(limit int, done <-chan struct{}) error
	Content
	// Received returns the response's header section if it has arrived, and its
	// trailers if they have. One section that is the whole response is both.
	Received() (header, trailer *Message)
	Ended() bool
	Failure() error
	Unprocessed() bool
	// Version is HTTP's major version, 0 while it is not known.
	Version() int
	Peer() PeerInfo
	Cancel()
	Abandon(limit time.Duration)
	Drop()
	Free()
}

// A streamCarrier is a request over a connection of ours.
type streamCarrier struct {
	h2.Stream
}

func (s *streamCarrier) Cancel() { s.Reset(frame.CodeCancel) }

func (s *streamCarrier) Version() int { return 2 }

func (s *streamCarrier) Peer() PeerInfo { return peerOf(s.Conn()) }

func peerOf(c *h2.Conn) PeerInfo {
	return PeerInfo{Remote: c.RemoteAddr(), Local: c.LocalAddr(), TLS: c.TLS()}
}

// Request implements [Conn].
func (c *ClientConn) Request(r *ClientRequest, done <-chan struct{}) (ClientCarrier, error) {
	s := new(streamCarrier)
	if r.Length != nil {
		s.Expect(r.Length)
	}
	fields := make([]Field, 0, pseudoFields+len(r.Fields))
	fields = append(fields,
		Field{Name: ":method", Value: r.Method},
		Field{Name: ":scheme", Value: r.Scheme},
		Field{Name: ":path", Value: r.Path},
		Field{Name: ":authority", Value: r.Authority})
	out := h2.Outgoing{Header: append(fields, r.Fields...), Data: r.Data, More: r.More, End: r.End}
	if r.Method == "GET" { // what is asked for is not worth a place in the table
		out.Header[2].NoIndex = true
	}
	err := c.Open(&s.Stream, out, done)
	if s.Conn() == nil {
		return nil, StatusOf(err)
	}
	return s, err
}
