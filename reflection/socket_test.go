package reflection_test

import (
	"net"
	"testing"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/reflection"
)

// Over a socket, and in JSON, and for a service that is registered while the server
// serves.
func TestOverTCP(t *testing.T) {
	curlewtest.NoLeaks(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := curlew.NewServer()
	served := make(chan error)
	go func() { served <- s.Serve(l) }()
	defer func() {
		s.Close()
		<-served
	}()
	reflection.Register(s)
	for _, format := range []string{"proto", "json"} {
		c, err := curlew.NewClient("passthrough:///"+l.Addr().String(), curlew.WithCallOptions(curlew.Codec(format)))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		call := begin(t, c, "v1")
		before := len(names(t, call))
		s.Register(curlew.Service{Name: "later." + format})
		if after := len(names(t, call)); after != before+1 {
			t.Errorf("%s: %d services, then %d", format, before, after)
		}
		if got := paths(t, ask(t, call, bySymbol("grpc.health.v1.Health"))); len(got) != 1 || got[0] != healthFile {
			t.Errorf("%s: files %q", format, got)
		}
	}
}

// Without Register a server tells nothing.
func TestOffByDefault(t *testing.T) {
	s := curlewtest.NewServer(t, func(*curlew.Server) {})
	for _, version := range versions {
		c := begin(t, s.Client, version)
		if _, err := c.Recv(); curlew.CodeOf(err) != curlew.Unimplemented {
			t.Errorf("%s fails with %v", version, err)
		}
	}
}
