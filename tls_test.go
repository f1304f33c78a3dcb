package curlew_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/curlew-rpc/curlew"
)

// An authority signs certificates for tests.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pool *x509.CertPool
}

func newTLS() *tls.Config { return &tls.Config{} }

func newAuthority(t testing.TB) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	a := &authority{key: key, pool: x509.NewCertPool()}
	a.cert, _ = x509.ParseCertificate(der)
	a.pool.AddCert(a.cert)
	return a
}

// issue returns a certificate and its key in PEM.
func (a *authority) issue(t testing.TB, name string) (cert, key []byte) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	serial, _ := rand.Int(rand.Reader, big.NewInt(1<<62))
	tmpl := &x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: name}, DNSNames: []string{name, "localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, a.cert, k.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	kder, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: kder})
}

func (a *authority) pair(t testing.TB, name string) tls.Certificate {
	t.Helper()
	cert, err := tls.X509KeyPair(a.issue(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func callOnce(t testing.TB, addr string, opts ...curlew.ClientOption) (curlew.Peer, error) {
	t.Helper()
	c := dialTest(t, addr, opts...)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var peer curlew.Peer
	_, err := curlew.CallUnary(ctx, c.Caller().With(curlew.CapturePeer(&peer)), unary, wrapperspb.String("x"))
	return peer, err
}

func TestMutualTLS(t *testing.T) {
	ca := newAuthority(t)
	var seen string
	addr := serve(t,
		curlew.WithTLS(&tls.Config{Certificates: []tls.Certificate{ca.pair(t, "server")}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: ca.pool}),
		curlew.WithInterceptors(func(ctx context.Context, call *curlew.Call, next curlew.Handler) error {
			seen = call.Peer().TLS.PeerCertificates[0].Subject.CommonName
			return next(ctx, call)
		}))
	peer, err := callOnce(t, addr, curlew.WithTLS(&tls.Config{RootCAs: ca.pool, Certificates: []tls.Certificate{ca.pair(t, "alice")}}))
	if err != nil {
		t.Fatal(err)
	}
	if seen != "alice" || peer.TLS.PeerCertificates[0].Subject.CommonName != "server" {
		t.Errorf("the server saw %q, the client %v", seen, peer.TLS.PeerCertificates[0].Subject)
	}
	if _, err := callOnce(t, addr, curlew.WithTLS(&tls.Config{RootCAs: ca.pool})); !errors.Is(err, curlew.Unavailable) {
		t.Errorf("without a certificate: %v", err)
	}
	if _, err := callOnce(t, addr, curlew.WithTLS(&tls.Config{RootCAs: newAuthority(t).pool})); !errors.Is(err, curlew.Unavailable) || !strings.Contains(err.Error(), "unknown authority") {
		t.Errorf("with a foreign authority: %v", err)
	}
}

func TestTLSAgainstCleartext(t *testing.T) {
	ca := newAuthority(t)
	secure := serve(t, curlew.WithTLS(&tls.Config{Certificates: []tls.Certificate{ca.pair(t, "server")}}))
	plain := serve(t)
	if _, err := callOnce(t, secure); !errors.Is(err, curlew.Unavailable) {
		t.Errorf("cleartext to TLS: %v", err)
	}
	if _, err := callOnce(t, plain, curlew.WithTLS(&tls.Config{RootCAs: ca.pool})); !errors.Is(err, curlew.Unavailable) {
		t.Errorf("TLS to cleartext: %v", err)
	}
}

// A client that does not negotiate HTTP/2 is refused instead of misunderstood.
func TestNoALPN(t *testing.T) {
	ca := newAuthority(t)
	addr := serve(t, curlew.WithTLS(&tls.Config{Certificates: []tls.Certificate{ca.pair(t, "server")}}))
	nc, err := tls.Dial("tcp", addr, &tls.Config{RootCAs: ca.pool, ServerName: "server"})
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	nc.SetReadDeadline(time.Now().Add(5 * time.Second))
	if n, err := nc.Read(make([]byte, 1)); err == nil {
		t.Errorf("read %d bytes from a connection without ALPN", n)
	}
}

func TestCertificateReload(t *testing.T) {
	ca := newAuthority(t)
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	write := func(name string) {
		cert, key := ca.issue(t, name)
		if err := errors.Join(os.WriteFile(certFile, cert, 0o600), os.WriteFile(keyFile, key, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := curlew.LoadCertificate(certFile, keyFile); !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	write("first")
	cert, err := curlew.LoadCertificate(certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	addr := serve(t, curlew.WithTLS(&tls.Config{GetCertificate: cert.GetCertificate}))
	server := func() string {
		peer, err := callOnce(t, addr, curlew.WithTLS(&tls.Config{RootCAs: ca.pool}))
		if err != nil {
			t.Fatal(err)
		}
		return peer.TLS.PeerCertificates[0].Subject.CommonName
	}
	if got := server(); got != "first" {
		t.Fatal(got)
	}
	write("the second, of another length")
	await(t, func() bool { return server() == "the second, of another length" })
	if err := os.WriteFile(keyFile, []byte("garbage"), 0o600); err != nil {
		t.Fatal(err)
	}
	await(t, func() bool { server(); return cert.Err() != nil })
	if got := server(); got != "the second, of another length" {
		t.Errorf("a broken file replaced a good certificate by %q", got)
	}
}

// await polls until ok.
func await(t testing.TB, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it did not come about")
		}
	}
}

func TestTokens(t *testing.T) {
	ca := newAuthority(t)
	var got string
	see := curlew.WithInterceptors(func(ctx context.Context, call *curlew.Call, next curlew.Handler) error {
		got = call.RequestHeader().Get("Authorization")
		return next(ctx, call)
	})
	token := curlew.WithCallOptions(curlew.Token(curlew.StaticToken("s3cret")))
	secure := serve(t, see, curlew.WithTLS(&tls.Config{Certificates: []tls.Certificate{ca.pair(t, "server")}}))
	if _, err := callOnce(t, secure, token, curlew.WithTLS(&tls.Config{RootCAs: ca.pool})); err != nil || got != "Bearer s3cret" {
		t.Errorf("over TLS: %q, %v", got, err)
	}
	got = ""
	plain := serve(t, see)
	if _, err := callOnce(t, plain, token); !errors.Is(err, curlew.Unauthenticated) || got != "" {
		t.Errorf("over cleartext: %q, %v", got, err)
	}
	if _, err := callOnce(t, plain, token, curlew.AllowTokenOverCleartext()); err != nil || got != "Bearer s3cret" {
		t.Errorf("over cleartext, allowed: %q, %v", got, err)
	}
	bad := curlew.TokenFunc(func(context.Context) (string, error) { return "", errors.New("vault sealed") })
	_, err := callOnce(t, plain, curlew.WithCallOptions(curlew.Token(bad)), curlew.AllowTokenOverCleartext())
	if !errors.Is(err, curlew.Unauthenticated) || !strings.Contains(err.Error(), "vault sealed") {
		t.Errorf("a failing source: %v", err)
	}
}
