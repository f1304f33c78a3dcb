package web

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/internal/transport"
	"github.com/curlew-rpc/curlew/web/internal/webclient"
)

// A Protocol is one that a client can speak.
type Protocol uint8

const (
	// Connect is the protocol of connectrpc.com. Its unary calls are plain HTTP
	// requests, by POST, or by GET with [ConnectGET].
	Connect Protocol = iota + 1
	// GRPCWeb is gRPC-Web in its binary form.
	GRPCWeb
	// GRPC is gRPC, which a client speaks anyway over connections of its own. Through a
	// RoundTripper it needs one that uses HTTP/2 or HTTP/3 and passes on trailers.
	GRPC
)

// String returns for instance "Connect".
func (p Protocol) String() string {
	switch p {
	case Connect:
		return "Connect"
	case GRPCWeb:
		return "gRPC-Web"
	case GRPC:
		return "gRPC"
	}
	return fmt.Sprintf("Protocol(%d)", uint8(p))
}

// WithProtocol has a client speak p. The default is gRPC, and Connect for a client with
// [WithRoundTripper]. All else that a client does, such as balancing, retries, deadlines
// and compression, is the same in every protocol.
func WithProtocol(p Protocol) curlew.ClientOption {
	return curlew.WithClientSetup(func(s *transport.ClientSetup) error {
		switch p {
		case Connect:
			s.Protocol = webclient.Connect
		case GRPCWeb:
			s.Protocol = webclient.GRPCWeb
		case GRPC:
			s.Protocol = webclient.GRPC
		default:
			return fmt.Errorf("web: WithProtocol(%v): there is no such protocol", p)
		}
		return nil
	})
}

// ConnectGET has unary calls of methods without side effects (idempotency_level =
// NO_SIDE_EFFECTS in the .proto file) made by GET, which caches and browsers understand.
// A request whose URL would be longer than 8000 bytes is made by POST. It is an error for
// a client that does not speak Connect.
func ConnectGET() curlew.ClientOption {
	return curlew.WithClientSetup(func(s *transport.ClientSetup) error {
		s.Get = true
		return nil
	})
}

// WithRoundTripper has rt make a client's requests, over HTTP/1.1, HTTP/2 or HTTP/3,
// instead of connections of the client's own: an [http.Transport], with its proxies and
// TLS, or whatever stands around one. The client speaks Connect unless [WithProtocol]
// says otherwise.
//
// The target of such a client is a URL, "https://api.example.com" or with a path that
// those of methods are put behind, "https://example.com/rpc". It is the client's one
// endpoint and always counts as connected, for rt dials: what curlew's options say of
// connections, TLS, proxies, resolvers, keepalive and silence is rt's to decide, and they
// are errors here. Calls that wait for a connection (curlew.WaitForReady) do not wait for
// rt's. A client's Close ends its requests; rt is the caller's, and is not closed.
// Requests that rt cannot make fail with Unavailable, unless its error has an
// [*curlew.Error] in its tree, which then says the code and the message.
//
// Over HTTP/1.1 a response does not begin before the request is complete. So a
// bidirectional call has to send everything before it receives: receiving before
// CloseSend fails with Unimplemented.
func WithRoundTripper(rt http.RoundTripper) curlew.ClientOption {
	return curlew.WithClientSetup(func(s *transport.ClientSetup) error {
		if rt == nil {
			return errors.New("web: WithRoundTripper: the RoundTripper is nil")
		}
		s.Transport, s.NewTransport, s.Default = webclient.RoundTripper{RoundTripper: rt}, nil, webclient.Connect
		return nil
	})
}

// Connections is what a client is told of connections that its RoundTripper makes.
type Connections struct {
	Scheme           string        // of the target: "http" or "https"
	TLS              *tls.Config   // of curlew.WithTLS, nil without
	MaxHeaderBytes   int           // of curlew.WithMaxHeaderBytes
	HandshakeTimeout time.Duration // of curlew.WithHandshakeTimeout
}

// WithNewRoundTripper is [WithRoundTripper] for one that is made for the client alone:
// make is called when the client is made, with what that is told of connections, so that
// curlew.WithTLS is no error here. The client closes its idle connections when it has
// been idle (curlew.WithIdleTimeout), and closes it, if it is an [io.Closer], when it is
// closed itself.
func WithNewRoundTripper(make func(Connections) (http.RoundTripper, error)) curlew.ClientOption {
	return curlew.WithClientSetup(func(s *transport.ClientSetup) error {
		if make == nil {
			return errors.New("web: WithNewRoundTripper: the function is nil")
		}
		s.NewTransport = func(scheme string, cfg *tls.Config, l transport.Limits) (transport.ClientTransport, error) {
			rt, err := make(Connections{Scheme: scheme, TLS: cfg, MaxHeaderBytes: int(l.MaxHeaderBytes), HandshakeTimeout: l.HandshakeTimeout})
			if err == nil && rt == nil {
				err = errors.New("web: WithNewRoundTripper: the function has returned none")
			}
			return webclient.RoundTripper{RoundTripper: rt, Own: true}, err
		}
		s.Transport, s.Default = nil, webclient.Connect
		return nil
	})
}
