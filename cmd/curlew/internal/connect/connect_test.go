package connect

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/cmd/curlew/internal/exit"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/health"
)

// An authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	file string
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{file: filepath.Join(t.TempDir(), "ca.pem")}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test CA"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	var der []byte
	a.key, der = sign(t, template, template, nil)
	a.cert, _ = x509.ParseCertificate(der)
	writePEM(t, a.file, "CERTIFICATE", der)
	return a
}

func sign(t *testing.T, template, parent *x509.Certificate, by *ecdsa.PrivateKey) (*ecdsa.PrivateKey, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if by == nil {
		by = key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, by)
	if err != nil {
		t.Fatal(err)
	}
	return key, der
}

func writePEM(t *testing.T, file, typ string, der []byte) {
	t.Helper()
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: typ, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

// issue returns the files of a certificate for names, which ends when it does.
func (a *authority) issue(t *testing.T, ends time.Time, names ...string) (certFile, keyFile string, cert tls.Certificate) {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: ends,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	key, der := sign(t, template, a.cert, a.key)
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	writePEM(t, certFile, "CERTIFICATE", der)
	writePEM(t, keyFile, "PRIVATE KEY", keyDER)
	if cert, err = tls.LoadX509KeyPair(certFile, keyFile); err != nil {
		t.Fatal(err)
	}
	return certFile, keyFile, cert
}

// serve starts a server with health checking, and returns its address.
func serve(t *testing.T, cfg *tls.Config) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var opts []curlew.ServerOption
	if cfg != nil {
		opts = append(opts, curlew.WithTLS(cfg))
	}
	s := curlew.NewServer(opts...)
	health.New().Register(s)
	done := make(chan error)
	go func() { done <- s.Serve(l) }()
	t.Cleanup(func() {
		s.Close()
		<-done
	})
	return l.Addr().String()
}

// answer starts a server that answers whatever it gets with text, and hangs up.
func answer(t *testing.T, text string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() {
		l.Close()
		<-done
	})
	go func() {
		defer close(done)
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			buf := make([]byte, 4096)
			nc.Read(buf)
			io.WriteString(nc, text)
			nc.(*net.TCPConn).CloseWrite()
			nc.Close()
		}
	}()
	return l.Addr().String()
}

func open(t *testing.T, f *Flags, target string) (notes string, err error) {
	t.Helper()
	parsed, err := ParseTarget(target)
	if err != nil {
		t.Fatal(err)
	}
	var w bytes.Buffer
	c, err := f.Open(t.Context(), parsed, &w)
	if err != nil {
		return w.String(), err
	}
	defer c.Close()
	if _, err := health.NewClient(c).Check(t.Context(), ""); err != nil {
		t.Errorf("%s: %v", target, err)
	}
	return w.String(), nil
}

func TestOpen(t *testing.T) {
	curlewtest.NoLeaks(t)
	ca := newAuthority(t)
	clientCert, clientKey, _ := ca.issue(t, time.Now().Add(time.Hour), "client")
	_, _, cert := ca.issue(t, time.Now().Add(time.Hour), "127.0.0.1", "example.test")
	pool := x509.NewCertPool()
	pool.AddCert(ca.cert)
	clear := serve(t, nil)
	secure := serve(t, &tls.Config{Certificates: []tls.Certificate{cert}})
	mutual := serve(t, &tls.Config{Certificates: []tls.Certificate{cert}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool})
	tests := []struct {
		name   string
		f      Flags
		target string
		notes  string
	}{
		{"cleartext by default here", Flags{Verbose: true}, clear, ""},
		{"cleartext as told", Flags{Plaintext: true}, clear, ""},
		{"cleartext by URL", Flags{}, "http://" + clear, ""},
		{"TLS by its authority", Flags{CACert: ca.file}, secure, ""},
		{"TLS by URL", Flags{CACert: ca.file}, "https://" + secure, ""},
		{"TLS without verification", Flags{Insecure: true}, secure, ""},
		{"TLS for another name", Flags{CACert: ca.file, ServerName: "example.test"}, secure, ""},
		{"TLS for the authority's name", Flags{CACert: ca.file, Authority: "example.test:7"}, secure, ""},
		{"mutual TLS", Flags{CACert: ca.file, Cert: clientCert, Key: clientKey}, mutual, ""},
	}
	for _, test := range tests {
		if notes, err := open(t, &test.f, test.target); err != nil || notes != test.notes {
			t.Errorf("%s: %v, %q", test.name, err, notes)
		}
	}
}

func TestOpenFails(t *testing.T) {
	curlewtest.NoLeaks(t)
	ca := newAuthority(t)
	hour := time.Now().Add(time.Hour)
	_, _, cert := ca.issue(t, hour, "127.0.0.1")
	_, _, other := ca.issue(t, hour, "a.test", "192.0.2.1")
	_, _, nameless := ca.issue(t, hour)
	_, _, old := ca.issue(t, time.Now().Add(-time.Hour), "127.0.0.1")
	server := func(cert tls.Certificate) string { return serve(t, &tls.Config{Certificates: []tls.Certificate{cert}}) }
	clear, secure := serve(t, nil), server(cert)
	mutual := serve(t, &tls.Config{Certificates: []tls.Certificate{cert}, ClientAuth: tls.RequireAnyClientCert})
	web := answer(t, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
	trust := Flags{CACert: ca.file}
	tests := []struct {
		name   string
		f      Flags
		target string
		want   []string
	}{
		{"nobody there", Flags{}, "127.0.0.1:1", []string{"connection refused; is the server listening on 127.0.0.1:1?"}},
		{"TLS, called in cleartext as told", Flags{Plaintext: true}, secure, []string{"hint: the server speaks TLS: call it with --tls"}},
		{"TLS, found out", Flags{}, secure, []string{"unknown authority", "hint: name the authority that signed its certificate by --cacert"}},
		{"cleartext, called with TLS", Flags{TLS: true}, clear, []string{"hint: the server does not speak TLS here: call it with --plaintext"}},
		{"a web server", Flags{}, web, []string{"hint: the server answers in HTTP/1.1"}},
		{"a web server, called with TLS", Flags{TLS: true}, web, []string{"hint: the server answers in HTTP/1.1"}},
		{"it hangs up", Flags{}, answer(t, ""), []string{"hint: the server hung up: does it speak gRPC?"}},
		{"it hangs up at TLS", Flags{TLS: true}, answer(t, ""), []string{"hint: the server hung up; if it does not speak TLS"}},
		{"another name", trust, server(other), []string{"hint: the certificate is for a.test, 192.0.2.1: choose one of these by --servername"}},
		{"no name", trust, server(nameless), []string{"hint: the certificate names no host"}},
		{"an old certificate", trust, server(old), []string{"expired", "hint: the certificate cannot be accepted"}},
		{"no client certificate", trust, mutual, []string{"certificate required", "hint: the server refused; if it wants to see a certificate"}},
		{"no such host", Flags{}, "nobody.invalid:1", []string{"nobody.invalid"}},
	}
	for _, test := range tests {
		notes, err := open(t, &test.f, test.target)
		var e *Error
		if !errors.As(err, &e) || e.Code != curlew.Unavailable {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		for _, want := range test.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %q, want %q in it", test.name, err, want)
			}
		}
		if strings.Contains(err.Error(), "context") || notes != "" {
			t.Errorf("%s: %v, %q", test.name, err, notes)
		}
	}
}

// On this machine a server that speaks TLS is called with TLS.
func TestFindsOutTLS(t *testing.T) {
	ca := newAuthority(t)
	_, _, cert := ca.issue(t, time.Now().Add(time.Hour), "127.0.0.1")
	t.Setenv("SSL_CERT_FILE", ca.file) // read once in a process: no other test relies on the system's
	addr := serve(t, &tls.Config{Certificates: []tls.Certificate{cert}})
	notes, err := open(t, &Flags{Verbose: true}, addr)
	if notes != "* "+addr+" speaks TLS\n" {
		t.Errorf("notes: %q, %v", notes, err)
	}
}

func TestElsewhereIsTLS(t *testing.T) {
	clear := serve(t, nil)
	target, err := ParseTarget(clear)
	if err != nil {
		t.Fatal(err)
	}
	target.Local = false
	_, err = new(Flags).Open(t.Context(), target, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "--plaintext") {
		t.Errorf("got %v", err)
	}
}

func TestOpenIsBounded(t *testing.T) {
	curlewtest.NoLeaks(t)
	l, err := net.Listen("tcp", "127.0.0.1:0") // accepts, and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	target, err := ParseTarget(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = new(Flags).Open(ctx, target, io.Discard)
	var e *Error
	if !errors.As(err, &e) || e.Code != curlew.DeadlineExceeded || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	if _, err = new(Flags).Open(ctx, target, io.Discard); !errors.As(err, &e) || e.Code != curlew.Canceled {
		t.Errorf("got %v", err)
	}
}

func TestBadOptionOfClient(t *testing.T) {
	_, err := (&Flags{Authority: "a b\x01"}).Open(t.Context(), Target{Name: "localhost:1", Local: true}, io.Discard)
	if exit.Status(err) != exit.Usage {
		t.Errorf("got %v", err)
	}
}

func TestSpeech(t *testing.T) {
	tests := map[string]speech{
		"\x15\x03\x01\x00\x02": tlsRecord,
		"\x16\x03\x03\x00\x7a": tlsRecord,
		"HTTP/1.1 200 OK":      http1,
		"\x00\x00\x12\x04\x00": http2,
		"\x00\x00\x08\x07\x00": http2,
		"\x00\x00\x08\x01\x00": other,
		"\x15":                 other,
		"SSH-2.0-OpenSSH":      other,
	}
	for in, want := range tests {
		if got := speechOf([]byte(in)); got != want {
			t.Errorf("%q: %v, want %v", in, got, want)
		}
	}
}
