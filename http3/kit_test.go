package http3_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"iter"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/http3"
	"github.com/curlew-rpc/curlew/web"
)

type str = wrapperspb.StringValue

func newStr() *str { return new(str) }

func methodOf(name string, kind curlew.Kind) *curlew.MethodOf[*str, *str] {
	return &curlew.MethodOf[*str, *str]{
		Method: curlew.Method{Path: "/t.S/" + name, Kind: kind}, NewRequest: newStr, NewResponse: newStr,
	}
}

var (
	unary  = methodOf("Unary", curlew.KindUnary)
	list   = methodOf("List", curlew.KindServerStream)
	gather = methodOf("Gather", curlew.KindClientStream)
	chat   = methodOf("Chat", curlew.KindBidi)
)

var protocols = []web.Protocol{web.GRPC, web.GRPCWeb, web.Connect}

// An authority signs certificates for tests.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pool *x509.CertPool
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	a := &authority{key: key, pool: x509.NewCertPool()}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	a.pool.AddCert(a.cert)
	return a
}

func (a *authority) issue(t *testing.T, name string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, DNSNames: []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, a.cert, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// A handler is what a test's server does. Calls of the other kinds than unary pass what
// they receive to it, message by message.
type handler func(ctx context.Context, in *str) (*str, error)

func echo(_ context.Context, in *str) (*str, error) { return in, nil }

func (h handler) service() curlew.Service {
	return curlew.Service{Name: "t.S", Methods: []curlew.MethodHandler{
		curlew.HandleUnary(unary, h),
		curlew.HandleServerStream(list, func(ctx context.Context, in *str, out curlew.Sender[*str]) error {
			for part := range strings.SplitSeq(in.Value, ",") {
				res, err := h(ctx, wrapperspb.String(part))
				if err != nil {
					return err
				}
				if err := out.Send(res); err != nil {
					return err
				}
			}
			return nil
		}),
		curlew.HandleClientStream(gather, func(ctx context.Context, in iter.Seq2[*str, error]) (*str, error) {
			var all []string
			for m, err := range in {
				if err != nil {
					return nil, err
				}
				all = append(all, m.Value)
			}
			return h(ctx, wrapperspb.String(strings.Join(all, ",")))
		}),
		curlew.HandleBidi(chat, func(ctx context.Context, d *curlew.Duplex[*str, *str]) error {
			for m, err := range d.All() {
				if err != nil {
					return err
				}
				res, err := h(ctx, m)
				if err != nil {
					return err
				}
				if err := d.Send(res); err != nil {
					return err
				}
			}
			return nil
		}),
	}}
}

// A site is a server under test, and where it is.
type site struct {
	srv    *curlew.Server
	addr   string // of TCP and of UDP
	ca     *authority
	served chan error
}

// serve serves h over HTTP/3 and the versions before it.
func serve(t *testing.T, h handler, opts ...curlew.ServerOption) *site {
	t.Helper()
	return serveBy(t, h, settings{}, opts...)
}

// settings are options of packages web and http3.
type settings struct {
	web   []web.Option
	http3 []http3.Option
}

// serveBy is serve with settings.
func serveBy(t *testing.T, h handler, of settings, opts ...curlew.ServerOption) *site {
	t.Helper()
	ca := newAuthority(t)
	// The UDP port of a TCP port that is free may be somebody's.
	for range 10 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		udp, err := net.ListenPacket("udp", l.Addr().String())
		if err != nil {
			l.Close()
			continue
		}
		udp.Close()
		return serveOn(t, l, ca, h, of, opts...)
	}
	t.Fatal("there are no ports")
	return nil
}

func serveOn(t *testing.T, l net.Listener, ca *authority, h handler, of settings, opts ...curlew.ServerOption) *site {
	s := &site{ca: ca, addr: l.Addr().String(), served: make(chan error, 1)}
	opts = append([]curlew.ServerOption{
		curlew.WithTLS(&tls.Config{Certificates: []tls.Certificate{s.ca.issue(t, "server")}}),
		web.Enable(of.web...), http3.Enable(of.http3...),
	}, opts...)
	s.srv = curlew.NewServer(opts...)
	s.srv.Register(h.service())
	go func() { s.served <- s.srv.Serve(l) }()
	t.Cleanup(func() {
		s.srv.Close()
		if err := <-s.served; err != curlew.ErrServerClosed {
			t.Errorf("Serve: %v", err)
		}
	})
	return s
}

// again serves h where s did.
func (s *site) again(t *testing.T, h handler) *site {
	t.Helper()
	l, err := net.Listen("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	return serveOn(t, l, s.ca, h, settings{})
}

// client returns a client of the site that speaks p over HTTP/3.
func (s *site) client(t *testing.T, p web.Protocol, opts ...curlew.ClientOption) *curlew.Client {
	t.Helper()
	opts = append([]curlew.ClientOption{
		http3.WithHTTP3(), web.WithProtocol(p), curlew.WithTLS(&tls.Config{RootCAs: s.ca.pool}),
	}, opts...)
	c, err := curlew.NewClient("https://"+s.addr, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return c
}

// call makes a unary call.
func call(ctx context.Context, c *curlew.Client, in string, opts ...curlew.CallOption) (string, error) {
	res, err := curlew.CallUnary(ctx, c.Caller().With(opts...), unary, wrapperspb.String(in))
	return res.GetValue(), err
}

// converse makes a bidirectional call, an answer at a time.
func converse(ctx context.Context, c *curlew.Client, in ...string) (out []string, err error) {
	b, err := curlew.CallBidi(ctx, c.Caller(), chat)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	for _, s := range in {
		if err := b.Send(wrapperspb.String(s)); err != nil && err != io.EOF {
			return out, err
		}
		m, err := b.Recv()
		if err != nil {
			return out, err
		}
		out = append(out, m.Value)
	}
	if err := b.CloseSend(); err != nil {
		return out, err
	}
	if _, err := b.Recv(); err != io.EOF {
		return out, err
	}
	return out, nil
}
