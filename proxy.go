package curlew

import (
	"fmt"
	"net/url"

	"github.com/curlew-rpc/curlew/internal/transport"
)

// WithProxy connects through an HTTP proxy, which is asked by CONNECT for a connection
// to each address: "http://proxy.example:3128", or https, with user and password where
// the proxy asks for them. TLS goes through it from end to end. A name that only the
// proxy can resolve is left to it by the target passthrough:///host:port. Unix sockets
// have no proxy. The default is none, whatever the environment says.
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

// WithProxyFunc is [WithProxy] with a proxy for each address, "host:port"; nil is none.
// find is called for every attempt to connect, concurrently.
func WithProxyFunc(find func(address string) (*url.URL, error)) ClientOption {
	return clientOption(func(c *clientConfig) error {
		c.proxy = find
		return notNil("WithProxyFunc", find == nil)
	})
}
