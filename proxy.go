package curlew

import (
	"fmt"
	"net/url"

	"golang.org/x/net/http/httpproxy"

	"github.com/curlew-rpc/curlew/internal/transport"
)

// WithProxy connects through an HTTP proxy, which is asked by CONNECT for a connection
// to each address: "http://proxy.example:3128", or https, with user and password where
// the proxy asks for them. TLS goes through it from end to end. A name that only the
// proxy can resolve is left to it by the target passthrough:///host:port. Unix sockets
// have no proxy. The default is none, whatever the environment says; see
// [WithProxyFromEnvironment].
func WithProxy(proxy string) ClientOption {
	return clientOption(func(c *clientConfig) error {
		u, err := url.Parse(proxy)
		if err == nil {
			err = transport.CheckProxy(u)
		}
		if err != nil {
			return fmt.Errorf("curlew: WithProxy: %w", err)
		}
		c.proxy = func(string) (*url.URL, error) { return u, nil }
		return nil
	})
}

// WithProxyFromEnvironment connects through the proxy that HTTPS_PROXY names, except to
// the hosts and networks that NO_PROXY lists, or those of the same names in lower case
// (golang.org/x/net/http/httpproxy). They are read when the client is made.
func WithProxyFromEnvironment() ClientOption {
	return clientOption(func(c *clientConfig) error {
		find := httpproxy.FromEnvironment().ProxyFunc()
		c.proxy = func(address string) (*url.URL, error) {
			return find(&url.URL{Scheme: "https", Host: address})
		}
		return nil
	})
}
