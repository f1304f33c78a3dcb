package resolve_test

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/balance"
	"github.com/curlew-rpc/curlew/curlewtest"
	echov1 "github.com/curlew-rpc/curlew/internal/testproto/echo/v1"
	"github.com/curlew-rpc/curlew/resolve/internal/dnstest"
)

// A backend counts its calls.
type backend struct {
	echov1.UnimplementedEchoService
	calls atomic.Int64
}

func (b *backend) Unary(context.Context, *echov1.EchoRequest) (*echov1.EchoResponse, error) {
	b.calls.Add(1)
	return &echov1.EchoResponse{}, nil
}

// startBackend serves on a port of a loopback address; port 0 chooses one.
func startBackend(t *testing.T, host, port string) (*backend, string) {
	l, err := net.Listen("tcp", net.JoinHostPort(host, port))
	if err != nil {
		t.Skipf("a second loopback address is needed: %v", err)
	}
	b := new(backend)
	s := curlew.NewServer()
	echov1.RegisterEchoService(s, b)
	var serving sync.WaitGroup
	serving.Go(func() { _ = s.Serve(l) })
	t.Cleanup(func() {
		s.Close()
		serving.Wait()
	})
	_, port, _ = net.SplitHostPort(l.Addr().String())
	return b, port
}

// eventually waits for ok, as calls go on.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// A load is a client that calls two backends without pause, by a DNS server of its own.
// No call may fail.
type load struct {
	dns           *dnstest.Server
	first, second *backend
	one, two      dnstest.Record
}

// startLoad begins with the records named.
func startLoad(t *testing.T, records func(l *load) []dnstest.Record) *load {
	t.Parallel()
	curlewtest.NoLeaks(t)
	l := &load{dns: dnstest.Start(t), one: dnstest.Addr(1, "127.0.0.1"), two: dnstest.Addr(1, "127.0.0.2")}
	var port string
	l.first, port = startBackend(t, "127.0.0.1", "0")
	l.second, _ = startBackend(t, "127.0.0.2", port)
	l.dns.Set("users.test", records(l)...)
	client, err := curlew.NewClient("dns://"+l.dns.Addr()+"/users.test.:"+port, curlew.WithBalancer(balance.RoundRobin()))
	if err != nil {
		t.Fatal(err)
	}
	echo := echov1.NewEchoServiceClient(client)
	var calling sync.WaitGroup
	ended := make(chan struct{})
	t.Cleanup(func() {
		close(ended)
		calling.Wait()
		client.Close()
	})
	calling.Go(func() {
		for {
			select {
			case <-ended:
				return
			case <-time.After(time.Millisecond):
			}
			if _, err := echo.Unary(context.Background(), &echov1.EchoRequest{}); err != nil {
				t.Errorf("a call is lost: %v", err)
				return
			}
		}
	})
	return l
}

// bothCalled waits until both backends have been called from now on.
func (l *load) bothCalled(t *testing.T) {
	t.Helper()
	f, s := l.first.calls.Load(), l.second.calls.Load()
	eventually(t, "both are called", func() bool { return l.first.calls.Load() > f && l.second.calls.Load() > s })
}

// A client notices by the time to live of the records who comes and goes.
func TestDNSScale(t *testing.T) {
	l := startLoad(t, func(l *load) []dnstest.Record { return []dnstest.Record{l.one} })
	eventually(t, "the first is called", func() bool { return l.first.calls.Load() > 0 })
	began := time.Now()
	l.dns.Set("users.test", l.one, l.two)
	l.bothCalled(t)
	t.Logf("scale-up was noticed after %v, with a time to live of 1s", time.Since(began))
	l.dns.Set("users.test", l.two)
	eventually(t, "the first is not called", func() bool {
		f, s := l.first.calls.Load(), l.second.calls.Load()
		eventually(t, "the second is called", func() bool { return l.second.calls.Load() >= s+20 })
		return l.first.calls.Load() == f
	})
}

// A service outlives its DNS server, and what an operator does to its records.
func TestDNSOutage(t *testing.T) {
	for _, c := range []struct {
		name  string
		asked int // to have been told twice; package net asks again after some errors
		fail  func(*dnstest.Server)
	}{
		{"server failure", 3, func(s *dnstest.Server) { s.Fail(dnstest.Any, dnstest.ServerFailure) }},
		{"no such name", 2, func(s *dnstest.Server) { s.Remove("users.test") }},
		{"an empty answer", 2, func(s *dnstest.Server) { s.Set("users.test") }},
		{"half an answer", 3, func(s *dnstest.Server) { s.Fail(dnstest.TypeA, dnstest.ServerFailure) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := startLoad(t, func(l *load) []dnstest.Record { return []dnstest.Record{l.one, l.two} })
			l.bothCalled(t)
			asked := func() int { return l.dns.Asked("users.test", dnstest.TypeA) }
			before := asked()
			c.fail(l.dns)
			eventually(t, "it is asked", func() bool { return asked() >= before+c.asked })
			l.bothCalled(t)
			l.dns.Fail(dnstest.Any, 0)
			l.dns.Fail(dnstest.TypeA, 0)
			l.dns.Set("users.test", l.two) // it is heard again
			eventually(t, "the first is not called", func() bool {
				f, s := l.first.calls.Load(), l.second.calls.Load()
				eventually(t, "the second is called", func() bool { return l.second.calls.Load() >= s+20 })
				return l.first.calls.Load() == f
			})
		})
	}
}
