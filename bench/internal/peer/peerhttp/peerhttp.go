// Package peerhttp has net/http speak HTTP/2 for the stacks that are built on it, with its defaults.
package peerhttp

import (
	"net/http"

	"github.com/curlew-rpc/curlew/bench/internal/peer"
)

// Serve serves handler as the command line says.
func Serve(config peer.Server, handler http.Handler) error {
	srv := &http.Server{Handler: handler, TLSConfig: config.TLS(), Protocols: new(http.Protocols)}
	if srv.TLSConfig == nil {
		srv.Protocols.SetUnencryptedHTTP2(true)
		return srv.Serve(config.Listen())
	}
	srv.Protocols.SetHTTP2(true)
	return srv.ServeTLS(config.Listen(), "", "")
}

// Connect returns a transport for requests to target, which has connections of its own, and target as a URL.
func Connect(target peer.Target) (http.RoundTripper, string) {
	transport := &http.Transport{TLSClientConfig: target.TLS, Protocols: new(http.Protocols)}
	if target.TLS == nil {
		transport.Protocols.SetUnencryptedHTTP2(true)
		return transport, "http://" + target.Addr
	}
	transport.Protocols.SetHTTP2(true)
	return transport, "https://" + target.Addr
}
