package faults

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	echov1 "github.com/curlew-rpc/curlew/internal/testproto/echo/v1"
	"github.com/curlew-rpc/curlew/interop/internal/relay"
	"github.com/curlew-rpc/curlew/interop/internal/testserve"
)

// A rig is a server and a client in this process with a relay between them.
type rig struct {
	*memory
	svc    *service
	srv    *curlew.Server
	addr   string // of the server
	relay  *relay.Relay
	conn   *curlew.Client
	client echov1.EchoServiceClient
	mark   int64 // what had passed when upTo was called
}

// newRig sets one up. The test fails if anything of it is left at its end.
func newRig(t *testing.T, opts ...curlew.Option) *rig {
	t.Helper()
	var server []curlew.ServerOption
	var client []curlew.ClientOption
	for _, o := range opts {
		server = append(server, o)
		client = append(client, o)
	}
	return newRigOf(t, server, client)
}

func newRigOf(t *testing.T, server []curlew.ServerOption, client []curlew.ClientOption) *rig {
	t.Helper()
	curlewtest.NoLeaks(t)
	r := &rig{memory: new(memory)}
	r.svc = newService(r.memory)
	r.srv, r.addr = serve(t, r.svc, server...)
	var err error
	if r.relay, err = relay.New(r.addr); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.relay.Close)
	r.conn = newClient(t, r.relay.Addr(), client...)
	r.client = echov1.NewEchoServiceClient(r.conn)
	return r
}

// serve starts a server in this process and returns where it listens.
func serve(t *testing.T, svc *service, opts ...curlew.ServerOption) (*curlew.Server, string) {
	t.Helper()
	srv := curlew.NewServer(opts...)
	echov1.RegisterEchoService(srv, svc)
	t.Cleanup(func() { // after the server is closed
		if n := svc.running.Load(); n > 0 {
			await(t, "all handlers have returned", func() bool { return svc.running.Load() == 0 })
		}
	})
	return srv, testserve.Start(t, srv)
}

func newClient(t *testing.T, target string, opts ...curlew.ClientOption) *curlew.Client {
	t.Helper()
	c, err := curlew.NewClient(target, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// ready connects, and returns the connection's link.
func (r *rig) ready(t *testing.T) *relay.Link {
	t.Helper()
	if err := r.conn.Ready(bounded(t)); err != nil {
		t.Fatal(err)
	}
	links := r.relay.Links()
	if len(links) != 1 {
		t.Fatalf("there are %d connections", len(links))
	}
	return links[0]
}

// works fails the test unless calls succeed, again.
func (r *rig) works(t *testing.T) {
	t.Helper()
	works(t, r.client)
}

// works lets go of a call that still picks a connection that is dying.
func works(t *testing.T, c echov1.EchoServiceClient) {
	t.Helper()
	await(t, "calls work again", func() bool {
		err := unary(bounded(t), c.With(curlew.WaitForReady()), "again", 10)
		if err != nil && !errors.Is(err, curlew.Unavailable) {
			t.Errorf("afterwards: %v", err)
		}
		return err == nil
	})
	for _, k := range kinds {
		if err := k.call(bounded(t), c.With(curlew.WaitForReady()), "works "+k.name, 100); err != nil {
			t.Errorf("afterwards, %s: %v", k.name, err)
		}
	}
}

// idle fails the test unless all handlers come to their end.
func (r *rig) idle(t *testing.T) {
	t.Helper()
	await(t, "all handlers have returned", func() bool { return r.svc.running.Load() == 0 })
}

// bounded returns a context that ends before the test binary is given up.
func bounded(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	t.Cleanup(cancel)
	return ctx
}
