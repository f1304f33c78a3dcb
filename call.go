package curlew

import (
	"context"
	"crypto/tls"
	"net"
)

// A Call is one call as interceptors and handlers see it, on either side. It
// may be used by one goroutine at a time, except that one may send while
// another receives.
type Call struct {
	// Stream carries the call's messages. An interceptor may put another in its
	// place before it calls next, to see, change or refuse messages.
	Stream Stream

	method   *Method
	server   *serverCall // nil at a client
	client   *clientCall // nil at a server
	request  Header
	response Header
	trailer  Header
}

// Method returns the method called.
func (c *Call) Method() *Method { return c.method }

// IsServer reports whether this is the server's side of the call.
func (c *Call) IsServer() bool { return c.server != nil }

// RequestHeader returns the header of the request. At a client it may be
// changed until next is called.
func (c *Call) RequestHeader() *Header { return &c.request }

// ResponseHeader returns the header of the response. At a server it may be
// changed until it is sent, with the first message or by SendHeader; at a
// client it is there when the first message has been received.
func (c *Call) ResponseHeader() *Header { return &c.response }

// Trailer returns the metadata that follows the messages. At a server it may be
// changed until the handler returns; at a client it is there when the call has
// ended.
func (c *Call) Trailer() *Header { return &c.trailer }

// SendHeader sends the response header now, instead of with the first message.
// It is for servers; at a client it is an error.
func (c *Call) SendHeader() error {
	if c.server == nil {
		return Errorf(Internal, "SendHeader is for servers")
	}
	return c.server.sendHeader()
}

// SetCompression has messages sent from now on compressed by the compressor of
// that name, or not at all for "identity". Without it a client compresses as the
// option Compression says, and a server as its client does. It is an error if
// this side does not know the compressor, the client does not accept it, or the
// header has been sent and announces another.
func (c *Call) SetCompression(name string) error {
	if c.server == nil {
		return c.client.setCompression(name)
	}
	return c.server.setCompression(name)
}

// Peer describes the other end. At a client it is the zero Peer until the call
// has an endpoint.
func (c *Call) Peer() Peer {
	switch {
	case c.server != nil:
		return c.server.peer()
	case c.client != nil:
		return c.client.peer()
	}
	return Peer{}
}

// A Peer is the other end of a call's connection.
type Peer struct {
	Addr      net.Addr // its address
	LocalAddr net.Addr // ours
	// TLS is the state of the connection's TLS, nil without. With mutual TLS
	// TLS.PeerCertificates has the peer's certificate, and TLS.VerifiedChains the
	// proof of it.
	TLS *tls.ConnectionState
	// Authority is what the client says that it calls, at a server only.
	Authority string
}

// A Stream carries the messages of a call. Send and CloseSend may be called
// by one goroutine while another calls Recv.
type Stream interface {
	// Send sends a message. The message is not used after Send returns. At a
	// client io.EOF says that the server has ended the call already; Recv tells how.
	Send(msg any) error
	// Recv receives the next message into msg, which it overwrites. It returns
	// io.EOF when there are no more.
	Recv(msg any) error
	// CloseSend says that no more messages will be sent. At a server returning
	// from the handler does that, and CloseSend does nothing.
	CloseSend() error
}

// A Handler performs a call: at a server it is the rest of the interceptors and
// the method, at a client the rest of them and the wire.
type Handler func(ctx context.Context, call *Call) error

// An Interceptor surrounds calls, on either side and of all kinds, from before
// the first message to after the last. It calls next to go on, with ctx or a
// context derived from it; what it returns is how the call ends.
type Interceptor func(ctx context.Context, call *Call, next Handler) error

// chain puts the interceptors around h, the first outermost. It is done once a
// method, not once a call.
func chain(interceptors []Interceptor, h Handler) Handler {
	for i := len(interceptors) - 1; i >= 0; i-- {
		ic, next := interceptors[i], h
		h = func(ctx context.Context, call *Call) error { return ic(ctx, call, next) }
	}
	return h
}

type callKey struct{}

// CallFrom returns the call that a handler's context belongs to, or nil for
// another context.
func CallFrom(ctx context.Context) *Call {
	c, _ := ctx.Value(callKey{}).(*Call)
	return c
}
