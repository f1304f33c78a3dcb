package grpcgo

import (
	"testing"

	"github.com/curlew-rpc/curlew/interop/cases"
	"github.com/curlew-rpc/curlew/interop/internal/testcert"
	"github.com/curlew-rpc/curlew/interop/peerservice"
)

// Our client against our server.
func TestPeerBoth(t *testing.T) {
	securities(t, func(t *testing.T, pair *testcert.Pair) {
		runCases(t, curlewServer(t, pair, peerservice.Register), pair, cases.Peer())
	})
}
