package transport

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"time"
)

// A DialFunc opens a socket, as net.Dialer.DialContext does.
type DialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// ThroughProxy returns a DialFunc that has an HTTP proxy connect to the address by
// CONNECT (RFC 9110 §9.3.6, gRFC A1). find names the proxy for an address, nil for
// none; dial opens the sockets. Addresses of other networks than tcp have no proxy.
func ThroughProxy(find func(address string) (*url.URL, error), dial DialFunc) DialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if network != "tcp" {
			return dial(ctx, network, address)
		}
		proxy, err := find(address)
		if err != nil {
			return nil, fmt.Errorf("looking for the proxy for %s: %w", address, err)
		}
		if proxy == nil {
			return dial(ctx, network, address)
		}
		nc, err := dialProxy(ctx, proxy, dial)
		if err != nil {
			return nil, fmt.Errorf("the proxy %s: %w", proxy.Redacted(), err)
		}
		if err := tunnel(ctx, nc, proxy, address); err != nil {
			nc.Close()
			return nil, fmt.Errorf("the proxy %s, asked to connect to %s: %w", proxy.Redacted(), address, err)
		}
		return nc, nil
	}
}

// CheckProxy returns what is wrong with the URL of a proxy.
func CheckProxy(u *url.URL) error {
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("the scheme %q is none that proxies are reached by: use http or https", u.Scheme)
	case u.Hostname() == "":
		return errors.New("it names no host; write http://proxy.example:3128")
	}
	return nil
}

func dialProxy(ctx context.Context, proxy *url.URL, dial DialFunc) (net.Conn, error) {
	if err := CheckProxy(proxy); err != nil {
		return nil, err
	}
	port := proxy.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[proxy.Scheme]
	}
	nc, err := dial(ctx, "tcp", net.JoinHostPort(proxy.Hostname(), port))
	if err != nil || proxy.Scheme == "http" {
		return nc, err
	}
	tc := tls.Client(nc, &tls.Config{ServerName: proxy.Hostname(), MinVersion: tls.VersionTLS12})
	if err := tc.HandshakeContext(ctx); err != nil {
		nc.Close()
		return nil, err
	}
	return tc, nil
}

// tunnel asks for a tunnel to address and returns when there is one.
func tunnel(ctx context.Context, nc net.Conn, proxy *url.URL, address string) error {
	stop := context.AfterFunc(ctx, func() { nc.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	var b strings.Builder
	fmt.Fprintf(&b, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n", address, address)
	if user := proxy.User; user != nil {
		password, _ := user.Password()
		fmt.Fprintf(&b, "Proxy-Authorization: Basic %s\r\n", base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password)))
	}
	b.WriteString("\r\n")
	_, err := io.WriteString(nc, b.String())
	if err == nil {
		err = readTunnelResponse(nc)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// maxTunnelResponse bounds the header of a proxy's response.
const maxTunnelResponse = 16 << 10

// readTunnelResponse reads the header of the response, and nothing of what follows: that
// is the server's already.
func readTunnelResponse(r io.Reader) error {
	var head []byte
	for one := make([]byte, 1); !strings.HasSuffix(string(head), "\r\n\r\n") && !strings.HasSuffix(string(head), "\n\n"); {
		if len(head) == maxTunnelResponse {
			return fmt.Errorf("its answer is longer than %d bytes", maxTunnelResponse)
		}
		if _, err := io.ReadFull(r, one); err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return fmt.Errorf("no answer: %w", err)
		}
		head = append(head, one[0])
	}
	line, _, _ := strings.Cut(string(head), "\n")
	line = strings.TrimRight(line, "\r")
	version, status, _ := strings.Cut(line, " ")
	switch {
	case !strings.HasPrefix(version, "HTTP/1."):
		return fmt.Errorf("it answers %.60q, which is not HTTP/1.1", line)
	case strings.HasPrefix(status, "2"):
		return nil
	case strings.HasPrefix(status, "407"):
		return fmt.Errorf("it answers %q; give a user and password in its URL, http://user:password@host:port", status)
	}
	return fmt.Errorf("it answers %.120q", status)
}
