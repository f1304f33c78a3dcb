package grpcgo

import (
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/interop"
	testgrpc "google.golang.org/grpc/interop/grpc_testing"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/interop/cases"
	"github.com/curlew-rpc/curlew/interop/internal/testcert"
	"github.com/curlew-rpc/curlew/interop/peerservice"
	"github.com/curlew-rpc/curlew/interop/testservice"
)

// grpcServer serves what register adds by the reference stack, and returns the
// address.
func grpcServer(t *testing.T, pair *testcert.Pair, register ...func(*grpc.Server)) string {
	creds := insecure.NewCredentials()
	if pair != nil {
		creds = credentials.NewTLS(pair.ServerConfig())
	}
	return grpcServe(t, []grpc.ServerOption{grpc.Creds(creds), grpc.MaxRecvMsgSize(peerservice.MaxMessage)}, register...)
}

func grpcServe(t *testing.T, opts []grpc.ServerOption, register ...func(*grpc.Server)) string {
	srv := grpc.NewServer(opts...)
	for _, r := range register {
		r(srv)
	}
	l := listen(t)
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	t.Cleanup(func() {
		srv.Stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

// curlewClient returns a client of ours.
func curlewClient(t *testing.T, addr string, pair *testcert.Pair) *curlew.Client {
	opts := cases.Options()
	if pair != nil {
		opts = append(opts, curlew.WithTLS(pair.ClientConfig()))
	}
	c, err := curlew.NewClient("passthrough:///"+addr, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func runCases(t *testing.T, addr string, pair *testcert.Pair, run []cases.Case) {
	env := &cases.Env{
		Client: curlewClient(t, addr, pair),
		Dial:   func() (*curlew.Client, error) { return curlewClient(t, addr, pair), nil },
		Soak:   cases.DefaultSoak(),
	}
	env.Soak.Concurrent = 200
	env.Soak.Iterations, env.Soak.Threads = 100, 4
	env.Soak.MaxLatency, env.Soak.Overall = 10*time.Second, 30*time.Second
	for _, c := range run {
		t.Run(c.Name, func(t *testing.T) {
			if err := c.Run(bounded(t), env); err != nil {
				t.Error(err)
			}
		})
	}
}

// standard returns the standard cases whose names are wanted.
func standard(want func(name string) bool) []cases.Case {
	return slices.DeleteFunc(cases.Standard(), func(c cases.Case) bool { return !want(c.Name) })
}

var compressionCases = []string{"client_compressed_unary", "server_compressed_unary", "client_compressed_streaming", "server_compressed_streaming"}

// Our client against the reference server, which knows nothing of compression.
func TestClient(t *testing.T) {
	curlewtest.NoLeaks(t)
	securities(t, func(t *testing.T, pair *testcert.Pair) {
		addr := grpcServer(t, pair, func(s *grpc.Server) { testgrpc.RegisterTestServiceServer(s, interop.NewTestServer()) })
		runCases(t, addr, pair, standard(func(name string) bool { return !slices.Contains(compressionCases, name) }))
	})
}

// Our client against our server, so that a failure above is known to be one of
// the two alone, or of their agreement.
func TestBoth(t *testing.T) {
	curlewtest.NoLeaks(t)
	securities(t, func(t *testing.T, pair *testcert.Pair) {
		addr := curlewServer(t, pair, testservice.Register)
		runCases(t, addr, pair, cases.Standard())
	})
}
