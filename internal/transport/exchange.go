package transport

import (
	"crypto/tls"
	"log/slog"
	"net"
	"sync/atomic"
	"time"

	"github.com/curlew-rpc/curlew/codec"
	"github.com/curlew-rpc/curlew/compress"
	"github.com/curlew-rpc/curlew/internal/h2"
	"github.com/curlew-rpc/curlew/internal/h2/frame"
)

// What protocols that stand on this package see of the engine.
type (
	// A Message is a header section.
	Message = h2.Message
	// Outgoing is what one Send puts on the wire.
	Outgoing = h2.Outgoing
	// A Stream is one HTTP/2 request and its response.
	Stream = h2.Stream
	// A Start says when a stream's owner is to be run.
	Start = h2.Start
	// An Owner is what a stream belongs to.
	Owner = h2.Owner
	// An ErrCode says why a stream is reset.
	ErrCode = frame.ErrCode
)

// Why protocols reset streams, and what a wait returns that was given up.
const (
	ResetCancel   = frame.CodeCancel
	ResetInternal = frame.CodeInternal
)

// ErrDone says that the channel given to a wait was closed.
var ErrDone = h2.ErrDone

// A Carrier is an HTTP request that is being answered: a stream of the engine's, or
// one of another HTTP server. Its methods are those of [h2.Stream].
type Carrier interface {
	Content
	Send(out Outgoing, done <-chan struct{}) error
	Reset(code ErrCode)
}

// Content is what has been received of a request or a response, see [h2.Stream].
type Content interface {
	Peek(n int, done <-chan struct{}) ([]byte, error)
	Discard(n int)
}

// An Exchange is one call at a server, over whatever protocol it has come. One
// goroutine receives and one sends; Finish comes last. Errors are io.EOF, ErrDone, or
// a *Status.
type Exchange interface {
	// Head returns what the client has said before the first message.
	Head() *Request
	// Receive receives the next message into msg; io.EOF after the last.
	Receive(msg any, done <-chan struct{}) error
	// ReceiveOnly receives the one message of a request that has one.
	ReceiveOnly(msg any, done <-chan struct{}) error
	// SetCompressor has messages compressed with c from now on, or not at all if c is
	// nil. It reports false when the response header has been sent and announces
	// another compressor.
	SetCompressor(c compress.Compressor) bool
	// SendHeader sends the response header with the application's fields, once, where
	// the protocol can do so before the first message.
	SendHeader(app []Field, done <-chan struct{}) error
	// Send sends a message of at most max bytes, and the header before the first.
	Send(msg any, max int, app []Field, done <-chan struct{}) error
	// Hold keeps the one message of a response until Finish sends it. With share,
	// msg itself is not changed until then.
	Hold(msg any, max int, share bool) error
	// Held reports whether Hold has a message.
	Held() bool
	// Finish ends the call with a status, nil for OK, and the application's header, if
	// it has not been sent, and trailer fields.
	Finish(st *Status, header, trailer []Field, done <-chan struct{}) error
	// Abort ends the call where Finish could not.
	Abort()
	// StopReceiving has a Receive end that is under way, and further ones, once the call
	// has ended. It may be called while another goroutine receives.
	StopReceiving()
	// Farewell returns the header section that ends the call when the connection is cut
	// for a reason; headed says that the response's header has been sent. nil: there is
	// none in this protocol.
	Farewell(headed bool, reason string) []Field
	// Peer describes the connection.
	Peer() PeerInfo
}

// PeerInfo describes a connection.
type PeerInfo struct {
	Remote, Local net.Addr
	TLS           *tls.ConnectionState // nil: cleartext
}

// A Host is a server as those see it who bring further protocols to it.
type Host struct {
	// Lookup finds what serves a path, nil if nothing does.
	Lookup func(path string) Target
	// Page finds what answers GET requests for a path with a line of text, nil if nothing
	// does. The engine asks it by itself.
	Page func(path string) Page
	// OnRegister has f called after each registration; its error is that of the
	// registration.
	OnRegister func(f func() error)
	// Err returns what is wrong with the server's options and registrations.
	Err func() error

	Codecs      []codec.Codec // by content subtype; the first is the default
	Compressors []compress.Compressor
	Logger      *slog.Logger

	// See [h2.Config].
	MaxHeaderBytes                              uint32
	HandshakeTimeout, ReadTimeout, WriteTimeout time.Duration
	KeepaliveTime, KeepaliveTimeout             time.Duration

	config *ServerConfig
	altSvc atomic.Pointer[string]
}

// NewHost returns the host of a server that is made of cfg.
func NewHost(cfg *ServerConfig) *Host {
	return &Host{
		Logger:           cfg.Logger,
		MaxHeaderBytes:   cfg.H2.MaxHeaderBytes,
		HandshakeTimeout: cfg.H2.HandshakeTimeout,
		ReadTimeout:      cfg.H2.ReadTimeout,
		WriteTimeout:     cfg.H2.WriteTimeout,
		KeepaliveTime:    cfg.H2.KeepaliveTime,
		KeepaliveTimeout: cfg.H2.KeepaliveTimeout,
		config:           cfg,
	}
}

// SetRest has p answer the requests that nothing else does, and reports false where
// another one does already. It comes before the server serves, as SetHTTP1 does.
func (h *Host) SetRest(p Protocol) bool {
	if h.config.Rest != nil {
		return false
	}
	h.config.Rest = p
	return true
}

// SetHTTP1 has s serve the connections that do not speak HTTP/2.
func (h *Host) SetHTTP1(s HTTP1) { h.config.HTTP1 = s }

// SetHTTP3 has s serve beside the listeners, and reports false where another one does
// already.
func (h *Host) SetHTTP3(s HTTP3) bool {
	if h.config.HTTP3 != nil {
		return false
	}
	h.config.HTTP3 = s
	return true
}

// Rest returns what answers the requests that nothing else does, nil if nothing.
func (h *Host) Rest() Protocol { return h.config.Rest }

// TLS returns the server's TLS, which must not be changed; nil for cleartext.
func (h *Host) TLS() *tls.Config { return h.config.TLS }

// Limits returns those of connections.
func (h *Host) Limits() Limits { return h.config.H2 }

// SetAltSvc has responses announce where else the server answers (RFC 7838). It may be
// called at any time.
func (h *Host) SetAltSvc(value string) { h.altSvc.Store(&value) }

// AltSvc returns what SetAltSvc was given, "" before.
func (h *Host) AltSvc() string {
	if v := h.altSvc.Load(); v != nil {
		return *v
	}
	return ""
}

// Codec returns the codec for a content subtype, nil if there is none.
func (h *Host) Codec(name string) codec.Codec {
	return Named(h.Codecs, name)
}

// Compressor returns the compressor of that name, nil if there is none.
func (h *Host) Compressor(name string) compress.Compressor {
	return Named(h.Compressors, name)
}

// Named returns the one of all that has a name, the zero value if there is none.
func Named[T interface{ Name() string }](all []T, name string) (none T) {
	for _, v := range all {
		if v.Name() == name {
			return v
		}
	}
	return none
}
