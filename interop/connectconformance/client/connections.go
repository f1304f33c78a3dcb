package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/http3"
	pb "github.com/curlew-rpc/curlew/interop/connectconformance/internal/gen/connectrpc/conformance/v1"
	"github.com/curlew-rpc/curlew/interop/connectconformance/internal/suite"
	"github.com/curlew-rpc/curlew/web"
)

// connections are the clients of all servers that the runner has named: calls to the
// same server share one, as a program's do.
type connections struct {
	borrowed bool // HTTP/2 is net/http's too
	mu       sync.Mutex
	byKey    map[string]*connection
}

// A connection is a client, made when it is first asked for.
type connection struct {
	once     sync.Once
	client   *curlew.Client
	borrowed *http.Transport // nil: the client has connections of its own
	err      error
}

// get returns the client for what req says of its server.
func (c *connections) get(req *pb.ClientCompatRequest) (*curlew.Client, error) {
	key := fmt.Sprint(req.Protocol, req.HttpVersion, req.Host, req.Port, req.ServerTlsCert, req.ClientTlsCreds, req.UseGetHttpMethod)
	c.mu.Lock()
	conn := c.byKey[key]
	if conn == nil {
		conn = new(connection)
		c.byKey[key] = conn
	}
	c.mu.Unlock()
	conn.once.Do(func() { conn.err = conn.dial(req, c.borrowed) })
	return conn.client, conn.err
}

func (c *connections) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.byKey {
		if conn.client != nil {
			conn.client.Close()
		}
		if conn.borrowed != nil {
			conn.borrowed.CloseIdleConnections()
		}
	}
}

func (c *connection) dial(req *pb.ClientCompatRequest, borrowed bool) error {
	feature, err := suite.Find(req.Protocol, req.HttpVersion)
	if err != nil {
		return err
	}
	opts := append([]curlew.ClientOption{suite.Compressors()}, feature.Client...)
	if req.UseGetHttpMethod {
		opts = append(opts, web.ConnectGET())
	}
	cfg, err := security(req)
	if err != nil {
		return err
	}
	target := net.JoinHostPort(req.Host, strconv.Itoa(int(req.Port)))
	switch {
	case req.HttpVersion == pb.HTTPVersion_HTTP_VERSION_3:
		opts = append(opts, http3.WithHTTP3(), curlew.WithTLS(cfg))
		target = "https://" + target
	case borrowed || req.HttpVersion == pb.HTTPVersion_HTTP_VERSION_1:
		c.borrowed = roundTripper(req.HttpVersion, cfg)
		opts = append(opts, web.WithRoundTripper(c.borrowed))
		if cfg == nil {
			target = "http://" + target
		} else {
			target = "https://" + target
		}
	case cfg != nil:
		opts = append(opts, curlew.WithTLS(cfg))
	}
	c.client, err = curlew.NewClient(target, opts...)
	return err
}

// roundTripper returns what makes requests by that version of HTTP alone.
func roundTripper(version pb.HTTPVersion, cfg *tls.Config) *http.Transport {
	t := &http.Transport{TLSClientConfig: cfg, Protocols: new(http.Protocols)}
	t.Protocols.SetHTTP1(version == pb.HTTPVersion_HTTP_VERSION_1)
	t.Protocols.SetHTTP2(version == pb.HTTPVersion_HTTP_VERSION_2)
	t.Protocols.SetUnencryptedHTTP2(version == pb.HTTPVersion_HTTP_VERSION_2)
	return t
}

// security returns what req says of TLS, nil for none.
func security(req *pb.ClientCompatRequest) (*tls.Config, error) {
	if len(req.ServerTlsCert) == 0 {
		return nil, nil
	}
	cfg := &tls.Config{RootCAs: x509.NewCertPool()}
	if !cfg.RootCAs.AppendCertsFromPEM(req.ServerTlsCert) {
		return nil, errors.New("the server's certificate is not one")
	}
	if creds := req.ClientTlsCreds; creds != nil {
		cert, err := tls.X509KeyPair(creds.Cert, creds.Key)
		if err != nil {
			return nil, err
		}
		cfg.Certificates = []tls.Certificate{cert}
	}
	return cfg, nil
}
