// Package testserve has a server of ours serve for the time of a test.
package testserve

import (
	"errors"
	"net"
	"testing"

	"github.com/curlew-rpc/curlew"
)

// Start has srv serve on a port of its own, and closes it when the test is over. It
// returns the address.
func Start(t testing.TB, srv *curlew.Server) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	t.Cleanup(func() {
		srv.Close()
		if err := <-served; !errors.Is(err, curlew.ErrServerClosed) {
			t.Errorf("the server does not serve: %v", err)
		}
	})
	return l.Addr().String()
}
