package grpcgo

import (
	"testing"

	"google.golang.org/grpc"

	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/interop/cases"
	"github.com/curlew-rpc/curlew/interop/internal/peerpb"
	"github.com/curlew-rpc/curlew/interop/internal/testcert"
	"github.com/curlew-rpc/curlew/interop/peerservice"
)

// Our client against our server.
func TestPeerBoth(t *testing.T) {
	curlewtest.NoLeaks(t)
	securities(t, func(t *testing.T, pair *testcert.Pair) {
		runCases(t, curlewServer(t, pair, peerservice.Register), pair, cases.Peer())
	})
}

// Our client against the reference server.
func TestPeerClient(t *testing.T) {
	curlewtest.NoLeaks(t)
	securities(t, func(t *testing.T, pair *testcert.Pair) {
		addr := grpcServer(t, pair, func(s *grpc.Server) { peerpb.RegisterPeerServiceServer(s, new(peerServer)) })
		runCases(t, addr, pair, cases.Peer())
	})
}
