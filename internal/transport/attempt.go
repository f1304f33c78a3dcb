package transport

import (
	"crypto/tls"
	"time"

	"github.com/curlew-rpc/curlew/internal/h2"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
)

// An Attempt is one attempt at a call, in whatever protocol, and the client's end of
// it. It must not be used again. One goroutine at a time may receive (Complete, Header,
// Receive, NoMore, Trailer, Free) and one may send; the rest may come from any, once
// Start has returned.
type Attempt interface {
	// Start opens the attempt on conn, using up a reservation. timeout is the time
	// left for the call, negative for no limit; app are the application's fields; msg
	// is what is to leave with the header; before is the number of earlier attempts.
	Start(conn Conn, head *Head, timeout time.Duration, app []Field, before int, msg Encoded, end bool, done <-chan struct{}) error
	// Opened reports whether Start got as far as the connection. Without that the
	// connection takes no more requests: nothing of this one has left, and nothing but
	// Opened and Cancel may be called.
	Opened() bool
	// Push sends an encoded message on an open attempt. io.EOF says that the server
	// has ended the call: its status is to be received.
	Push(msg Encoded, end bool, done <-chan struct{}) error

	// Complete waits for the whole response of a call that has one message.
	Complete(done <-chan struct{}) error
	// Header waits for the response header and returns the application's fields of it.
	Header(done <-chan struct{}) ([]Field, error)
	// Receive receives the next message into msg. It returns io.EOF after the last:
	// the status is then that of Trailer.
	Receive(msg any, done <-chan struct{}) error
	// NoMore returns nil if no further message follows.
	NoMore(done <-chan struct{}) error
	// Trailer returns the application's fields of the trailers and the status of a
	// response that has ended; nil for OK.
	Trailer() ([]Field, *Status)
	// LoadReport returns the load report that came with the trailers, if one did.
	LoadReport() (wire.LoadReport, bool)

	// Answered reports whether the server has begun a response that is more than a
	// status, after which a call is not tried again (gRFC A6).
	Answered() bool
	// Verdict returns how an attempt ended that was not answered, as far as the
	// receiver or the connection have found out; nil if it has not ended.
	Verdict() *Status
	// Pushback returns what the server said of trying again, if it said something: how
	// long to wait, or that it is not to be.
	Pushback() (wait time.Duration, retry, given bool)
	// Ended reports whether the server has ended its side.
	Ended() bool
	// Failure returns why the attempt broke, nil if it has not.
	Failure() error
	// Unprocessed reports that the server has certainly not acted on the request.
	Unprocessed() bool
	// Peer describes the connection, as far as it is known.
	Peer() PeerInfo

	// Cancel ends the attempt, unless it has ended; one that receives returns.
	Cancel()
	// Abandon leaves the attempt to end by itself, within limit.
	Abandon(limit time.Duration)
	// Drop frees what has been received of an ended attempt and not been taken.
	Drop()
	// Free is Drop, and frees what has been taken. The receiver has come to rest.
	Free()
}

// A Conn is where a client's attempts go: a connection of ours, or what has others make
// the requests. See channel.Conn for the first methods.
type Conn interface {
	Reserve() bool
	Unreserve()
	Active() int
	Close()
	Drain()
	// Request makes an HTTP request, using up a reservation. Without a ClientCarrier
	// nothing of it has left. With both, the server has ended the request before all
	// was sent, and what it said is for the receiver; ErrDone aside.
	Request(r *ClientRequest, done <-chan struct{}) (ClientCarrier, error)
}

// A ClientProtocol makes a client's attempts otherwise than by gRPC over connections of
// ours, which is [ClientStream]'s.
type ClientProtocol interface {
	// Prepare readies the protocol for the calls of a method; nil leaves them to
	// ClientStream.
	Prepare(h *Head) ClientMethod
	// CanGet reports whether the protocol has calls by GET.
	CanGet() bool
}

// A ClientMethod makes the attempts at calls of one method.
type ClientMethod interface {
	// Check returns what is wrong with the application's fields of a request, beyond
	// what gRPC says of them.
	Check(app []Field) error
	NewAttempt() Attempt
}

// A ClientTransport makes HTTP requests for a client that has no connections of its own.
type ClientTransport interface {
	// NewConn returns what requests to host, and perhaps a port, go through. maxHeader
	// bounds a response's header section, in bytes; closed is called when it is closed.
	NewConn(host string, maxHeader int, closed func()) Conn
	// Close ends it with its client.
	Close() error
}

// A ClientSetup is how a client calls otherwise than by gRPC over connections of its own.
type ClientSetup struct {
	Protocol  ClientProtocol  // nil: Default
	Default   ClientProtocol  // where none is asked for; nil: gRPC
	Transport ClientTransport // nil: connections of ours
	// NewTransport, when set, makes the Transport, for URLs of that scheme, of the
	// client's TLS, nil where it is not told, and what else it is told of connections.
	NewTransport func(scheme string, cfg *tls.Config, l Limits) (ClientTransport, error)
	Get          bool // methods without side effects are called by GET
}

// ErrReset is why an attempt failed that was cancelled here.
var ErrReset error = h2.ErrReset

// TooLarge returns the status of a received message of n bytes where max are allowed.
func TooLarge(n, max int) *Status { return tooLarge("received", n, max) }
