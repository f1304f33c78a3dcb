package transport

import (
	"crypto/tls"
	"net"

	"github.com/curlew-rpc/curlew/internal/h2"
)

type (
	// A Message is a header section.
	Message = h2.Message
	// Outgoing is what one Send puts on the wire.
	Outgoing = h2.Outgoing
)

// ErrDone says that the channel given to a wait was closed.
var ErrDone = h2.ErrDone

// Content is what has been received of a request or a response, see [h2.Stream].
type Content interface {
	Peek(n int, done <-chan struct{}) ([]byte, error)
	Discard(n int)
}

// PeerInfo describes a connection.
type PeerInfo struct {
	Remote, Local net.Addr
	TLS           *tls.ConnectionState
}
