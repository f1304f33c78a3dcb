package http3

import (
	"errors"
	"net/http"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/web"
)

// WithHTTP3 has a client call over HTTP/3: Connect, or what web.WithProtocol says, gRPC
// among it. The target is a URL, "https://api.example.com" or with a path, as that of
// web.WithRoundTripper; all that is said there of such a client holds. TLS is that of
// curlew.WithTLS, without which the server's certificate has to be one that the system
// trusts.
//
// There is one connection at a time, which is made for the first call, to whichever of
// the server's addresses answers first, and another when the server sends calls
// elsewhere or the connection has ended. When nothing answers by UDP, as in networks that
// let only TCP through, calls fail with Unavailable: the client does not turn to HTTP/2
// by itself. A client's Close closes the connection.
func WithHTTP3() curlew.ClientOption {
	return web.WithNewRoundTripper(func(c web.Connections) (http.RoundTripper, error) {
		if c.Scheme != "https" {
			return nil, errors.New("http3: HTTP/3 is always secured by TLS: write https://host:port")
		}
		return newRoundTripper(c), nil
	})
}
