package health_test

import (
	"errors"
	"net"
	"testing"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/health"
)

func TestOverTCP(t *testing.T) {
	curlewtest.NoLeaks(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := health.New()
	s := curlew.NewServer()
	c.Register(s)
	served := make(chan error)
	go func() { served <- s.Serve(l) }()
	conn, err := curlew.NewClient("passthrough:///" + l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	client := health.NewClient(conn)
	if status, err := client.Check(t.Context(), ""); status != health.Serving || err != nil {
		t.Errorf("Check = %v, %v", status, err)
	}
	if status, err := client.With(curlew.Codec("json")).Check(t.Context(), ""); status != health.Serving || err != nil {
		t.Errorf("Check in JSON = %v, %v", status, err)
	}
	updates := watch(t.Context(), client, "")
	if got := <-updates; got.status != health.Serving {
		t.Errorf("Watch yields %v", got)
	}
	c.Set("", health.NotServing)
	if got := <-updates; got.status != health.NotServing {
		t.Errorf("Watch yields %v", got)
	}
	// A watcher does not hold the server's shutdown up.
	c.Shutdown()
	if err := s.Shutdown(t.Context()); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	if err := <-served; !errors.Is(err, curlew.ErrServerClosed) {
		t.Errorf("Serve: %v", err)
	}
	expectEnd(t, updates, update{code: curlew.Unavailable})
}

func TestServerWithoutHealth(t *testing.T) {
	curlewtest.NoLeaks(t)
	client := health.NewClient(curlewtest.NewServer(t, func(*curlew.Server) {}).Client)
	if _, err := client.Check(t.Context(), ""); !errors.Is(err, curlew.Unimplemented) {
		t.Errorf("Check fails with %v", err)
	}
	expectEnd(t, watch(t.Context(), client, ""), update{code: curlew.Unimplemented})
}
