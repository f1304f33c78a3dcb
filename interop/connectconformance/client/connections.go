package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"

	"github.com/curlew-rpc/curlew"
	pb "github.com/curlew-rpc/curlew/interop/connectconformance/internal/gen/connectrpc/conformance/v1"
	"github.com/curlew-rpc/curlew/interop/connectconformance/internal/suite"
)

// connections are the clients of all servers that the runner has named: calls to the
// same server share one, as a program's do.
type connections struct {
	mu    sync.Mutex
	byKey map[string]*connection
}

// A connection is a client, made when it is first asked for.
type connection struct {
	once   sync.Once
	client *curlew.Client
	err    error
}

// get returns the client for what req says of its server.
func (c *connections) get(req *pb.ClientCompatRequest) (*curlew.Client, error) {
	key := fmt.Sprint(req.Protocol, req.HttpVersion, req.Host, req.Port, req.ServerTlsCert, req.ClientTlsCreds)
	c.mu.Lock()
	conn := c.byKey[key]
	if conn == nil {
		conn = new(connection)
		c.byKey[key] = conn
	}
	c.mu.Unlock()
	conn.once.Do(func() { conn.client, conn.err = dial(req) })
	return conn.client, conn.err
}

func (c *connections) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.byKey {
		if conn.client != nil {
			conn.client.Close()
		}
	}
}

func dial(req *pb.ClientCompatRequest) (*curlew.Client, error) {
	feature, err := suite.Find(req.Protocol, req.HttpVersion)
	if err != nil {
		return nil, err
	}
	opts := append([]curlew.ClientOption{suite.Compressors()}, feature.Client...)
	if len(req.ServerTlsCert) > 0 {
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
		opts = append(opts, curlew.WithTLS(cfg))
	}
	return curlew.NewClient(net.JoinHostPort(req.Host, strconv.Itoa(int(req.Port))), opts...)
}
