package grpcgo

import (
	"context"
	"net"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/interop/internal/testcert"
	"github.com/curlew-rpc/curlew/interop/internal/testserve"
	"github.com/curlew-rpc/curlew/interop/peerservice"
	"github.com/curlew-rpc/curlew/interop/testservice"
)

// securities runs a test over cleartext and over TLS.
func securities(t *testing.T, test func(*testing.T, *testcert.Pair)) {
	t.Run("cleartext", func(t *testing.T) { test(t, nil) })
	pair := testcert.For(t)
	t.Run("tls", func(t *testing.T) { test(t, pair) })
}

// bounded returns a context that ends before the test binary is given up.
func bounded(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func listen(t *testing.T) net.Listener { return listenAt(t, "127.0.0.1:0") }

func listenAt(t *testing.T, addr string) net.Listener {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// curlewServer serves what register adds, and returns the address.
func curlewServer(t *testing.T, pair *testcert.Pair, register ...func(*curlew.Server)) string {
	opts := append(testservice.Options(), curlew.WithMaxReceiveBytes(peerservice.MaxMessage))
	return curlewServerWith(t, append(opts, tlsOf(t, pair)...), register...)
}

// tlsOf returns the option of a server with a certificate, if there is one.
func tlsOf(t *testing.T, pair *testcert.Pair) []curlew.ServerOption {
	if pair == nil {
		return nil
	}
	return []curlew.ServerOption{curlew.WithTLS(pair.ServerConfig())}
}

func curlewServerWith(t *testing.T, opts []curlew.ServerOption, register ...func(*curlew.Server)) string {
	srv := curlew.NewServer(opts...)
	for _, r := range register {
		r(srv)
	}
	return testserve.Start(t, srv)
}

// grpcConn returns a channel of the reference stack.
func grpcConn(t *testing.T, addr string, pair *testcert.Pair, opts ...grpc.DialOption) *grpc.ClientConn {
	creds := insecure.NewCredentials()
	if pair != nil {
		creds = credentials.NewTLS(pair.ClientConfig())
	}
	cc, err := grpc.NewClient("passthrough:///"+addr, append(opts, grpc.WithTransportCredentials(creds))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cc.Close() })
	return cc
}
