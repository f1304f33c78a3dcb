package http3_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/http3"
	"github.com/curlew-rpc/curlew/web"
)

// serveBare serves by gRPC alone, but for HTTP/3, on a UDP socket of the test's own.
func serveBare(t *testing.T) *site {
	t.Helper()
	s := &site{ca: newAuthority(t), served: make(chan error, 1)}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	udp, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.addr = udp.LocalAddr().String()
	s.srv = curlew.NewServer(
		http3.Enable(http3.WithPacketConn(udp)),
		curlew.WithTLS(&tls.Config{Certificates: []tls.Certificate{s.ca.issue(t, "server")}}),
	)
	s.srv.Register(handler(echo).service())
	go func() { s.served <- s.srv.Serve(l) }()
	t.Cleanup(func() {
		s.srv.Close()
		<-s.served
		if _, err := udp.WriteTo([]byte("x"), udp.LocalAddr()); err == nil {
			t.Error("the socket has not been closed")
		}
	})
	return s
}

// httpClient returns a client of that version of HTTP for the site.
func (s *site) httpClient(t *testing.T, version int) *http.Client {
	rt := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: s.ca.pool}, Protocols: new(http.Protocols)}
	rt.Protocols.SetHTTP1(version == 1)
	rt.Protocols.SetHTTP2(version == 2)
	t.Cleanup(rt.CloseIdleConnections)
	return &http.Client{Transport: rt}
}

// post makes a call by Connect, or by gRPC, and returns the response's header.
func post(t *testing.T, c *http.Client, url, contentType, body string) http.Header {
	t.Helper()
	res, err := c.Post(url+"/t.S/Unary", contentType, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	io.Copy(io.Discard, res.Body)
	if res.StatusCode != 200 {
		t.Errorf("%s: %s", contentType, res.Status)
	}
	return res.Header
}

// Responses over HTTP/1.1 and HTTP/2 say that there is HTTP/3, in all protocols.
func TestAltSvc(t *testing.T) {
	curlewtest.NoLeaks(t)
	tests := map[string]struct {
		with settings
		want func(port string) string
	}{
		"default":     {settings{}, func(port string) string { return `h3=":` + port + `"; ma=86400` }},
		"another age": {settings{http3: []http3.Option{http3.WithAltSvcMaxAge(time.Minute)}}, func(port string) string { return `h3=":` + port + `"; ma=60` }},
		"none":        {settings{http3: []http3.Option{http3.WithAltSvcMaxAge(0)}}, func(string) string { return "" }},
		"its own":     {settings{web: []web.Option{web.WithAltSvc(`h3=":443"`)}}, func(string) string { return `h3=":443"` }},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := serveBy(t, echo, test.with)
			if _, err := call(t.Context(), s.client(t, web.Connect), "in"); err != nil { // it serves
				t.Fatal(err)
			}
			_, port, _ := net.SplitHostPort(s.addr)
			for _, version := range []int{1, 2} {
				c := s.httpClient(t, version)
				for contentType, body := range map[string]string{
					"application/json": `"in"`, "application/grpc-web+proto": "\x00\x00\x00\x00\x00", "application/grpc": "\x00\x00\x00\x00\x00",
				} {
					if version == 1 && contentType == "application/grpc" {
						continue
					}
					if got := post(t, c, "https://"+s.addr, contentType, body).Get("Alt-Svc"); got != test.want(port) {
						t.Errorf("HTTP/%d, %s: alt-svc %q, want %q", version, contentType, got, test.want(port))
					}
				}
			}
		})
	}
}

func TestMutualTLS(t *testing.T) {
	curlewtest.NoLeaks(t)
	ca := newAuthority(t)
	s := serve(t, func(ctx context.Context, _ *str) (*str, error) {
		p := curlew.CallFrom(ctx).Peer()
		return wrapperspb.String(p.TLS.PeerCertificates[0].Subject.CommonName + " by " + p.Addr.Network()), nil
	}, curlew.WithTLS(&tls.Config{
		Certificates: []tls.Certificate{ca.issue(t, "server")}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: ca.pool,
	}))
	for _, p := range protocols {
		good := &tls.Config{RootCAs: ca.pool, Certificates: []tls.Certificate{ca.issue(t, "alice")}}
		if res, err := call(t.Context(), s.client(t, p, curlew.WithTLS(good)), "in"); err != nil || res != "alice by udp" {
			t.Errorf("%v: %q, %v", p, res, err)
		}
		for name, bad := range map[string]*tls.Config{
			"no certificate": {RootCAs: ca.pool},
			"another's":      {RootCAs: ca.pool, Certificates: []tls.Certificate{newAuthority(t).issue(t, "mallory")}},
			"no trust":       {Certificates: good.Certificates},
		} {
			if _, err := call(t.Context(), s.client(t, p, curlew.WithTLS(bad)), "in"); curlew.CodeOf(err) != curlew.Unavailable {
				t.Errorf("%v, %s: %v", p, name, err)
			}
		}
	}
}

// What cannot be is said by Serve.
func TestWrongOptions(t *testing.T) {
	cert := newAuthority(t).issue(t, "server")
	tests := map[string]struct {
		opts []curlew.ServerOption
		want string
	}{
		"cleartext": {[]curlew.ServerOption{http3.Enable()}, "TLS"},
		"old TLS": {[]curlew.ServerOption{http3.Enable(),
			curlew.WithTLS(&tls.Config{Certificates: []tls.Certificate{cert}, MaxVersion: tls.VersionTLS12})}, "TLS 1.3"},
		"nil":          {[]curlew.ServerOption{http3.Enable(nil)}, "nil"},
		"no socket":    {[]curlew.ServerOption{http3.Enable(http3.WithPacketConn(nil))}, "WithPacketConn"},
		"negative age": {[]curlew.ServerOption{http3.Enable(http3.WithAltSvcMaxAge(-1))}, "WithAltSvcMaxAge"},
	}
	for name, test := range tests {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if err := curlew.NewServer(test.opts...).Serve(l); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The port may be somebody else's.
func TestPortInUse(t *testing.T) {
	udp, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	l, err := net.Listen("tcp", udp.LocalAddr().String())
	if err != nil {
		t.Skip("the TCP port of that number is in use")
	}
	srv := curlew.NewServer(http3.Enable(), curlew.WithTLS(&tls.Config{Certificates: []tls.Certificate{newAuthority(t).issue(t, "server")}}))
	if err := srv.Serve(l); err == nil || !strings.Contains(err.Error(), "UDP port") {
		t.Errorf("%v", err)
	}
	srv.Close()
}

// More streams than there may be wait for others to end.
func TestMaxStreams(t *testing.T) {
	curlewtest.NoLeaks(t)
	g := newGate()
	s := serve(t, g.handle, curlew.WithMaxStreams(2))
	c := s.client(t, web.GRPC)
	var wg sync.WaitGroup
	for i := range 5 {
		wg.Go(func() {
			in := fmt.Sprint(i)
			if res, err := call(t.Context(), c, in); err != nil || res != in {
				t.Errorf("%q, %v", res, err)
			}
		})
	}
	<-g.begun
	<-g.begun
	select {
	case <-g.begun:
		t.Error("three calls at once")
	case <-time.After(50 * time.Millisecond):
	}
	close(g.open)
	wg.Wait()
}

// Connections count as those over TCP do.
func TestMaxConnections(t *testing.T) {
	curlewtest.NoLeaks(t)
	s := serve(t, echo, curlew.WithMaxConnections(2)) // one is kept for TCP
	if _, err := call(t.Context(), s.client(t, web.GRPC), "in"); err != nil {
		t.Fatal(err)
	}
	if _, err := call(t.Context(), s.client(t, web.GRPC), "in"); curlew.CodeOf(err) != curlew.ResourceExhausted {
		t.Errorf("%v", err)
	}
}

// A header that is too large is refused.
func TestMaxHeader(t *testing.T) {
	curlewtest.NoLeaks(t)
	s := serve(t, echo, curlew.WithMaxHeaderBytes(2048))
	for _, p := range protocols {
		c := s.client(t, p)
		if _, err := call(t.Context(), c, "in", curlew.SetHeader("x-a", strings.Repeat("v", 4000))); err == nil {
			t.Errorf("%v: a large header has been accepted", p)
		}
		if _, err := call(t.Context(), c, "in", curlew.SetHeader("x-a", strings.Repeat("v", 500))); err != nil {
			t.Errorf("%v: %v", p, err)
		}
	}
}

// Nor does the client take what is too large for it.
func TestMaxResponseHeader(t *testing.T) {
	curlewtest.NoLeaks(t)
	s := serve(t, func(ctx context.Context, in *str) (*str, error) {
		curlew.CallFrom(ctx).ResponseHeader().Set("x-a", strings.Repeat("v", 1500))
		return in, nil
	})
	for _, p := range protocols {
		_, err := call(t.Context(), s.client(t, p, curlew.WithMaxHeaderBytes(1024)), "in")
		if curlew.CodeOf(err) != curlew.ResourceExhausted {
			t.Errorf("%v: %v", p, err)
		}
	}
}
