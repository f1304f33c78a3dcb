package transport_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew/internal/h2"
	"github.com/curlew-rpc/curlew/internal/transport"
	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
)

// certify returns what a server for the name "test" needs, and what its clients do.
func certify(t testing.TB) (server, client *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, DNSNames: []string{"test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, &tls.Config{RootCAs: pool, ServerName: "test"}
}

func openSecureHouse(t testing.TB, change func(*house)) (*house, *tls.Config) {
	t.Helper()
	h := newHouse()
	server, client := certify(t)
	h.config.TLS = server
	if change != nil {
		change(h)
	}
	h.open(t)
	return h, client
}

// shake performs the client's side of a handshake on a new socket.
func shake(t testing.TB, addr string, cfg *tls.Config, protocols ...string) (*tls.Conn, error) {
	t.Helper()
	cfg = cfg.Clone()
	cfg.NextProtos = protocols
	nc := tls.Client(dial(t, addr), cfg)
	return nc, nc.HandshakeContext(t.Context())
}

func TestALPN(t *testing.T) {
	noLeaks(t)
	var l log
	h, client := openSecureHouse(t, func(h *house) { h.config.Logger = l.logger() })
	nc, err := shake(t, h.addr, client, "http/1.1", "h2")
	if err != nil || nc.ConnectionState().NegotiatedProtocol != "h2" {
		t.Fatalf("%q, %v", nc.ConnectionState().NegotiatedProtocol, err)
	}
	p := rawpeer.Client(t, nc)
	p.Headers(1, false, request("/t.S/Echo", ":scheme", "https")...)
	p.Data(1, true, rawpeer.Message(0, "x"))
	fine.check(t, "over TLS", p.Stream(1))

	if _, err := shake(t, h.addr, client, "spdy/3"); err == nil {
		t.Error("SPDY was agreed to")
	}
	l.await(t, "connection refused")
	for _, protocols := range [][]string{nil, {"http/1.1"}} {
		if nc, err = shake(t, h.addr, client, protocols...); err != nil {
			t.Fatal(err)
		}
		if n, err := nc.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("with the protocols %q: %d, %v", protocols, n, err)
		}
	}
	l.await(t, "did not ask for HTTP/2 by ALPN")

	old := client.Clone()
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	if _, err := shake(t, h.addr, old, "h2"); err == nil {
		t.Error("TLS 1.1 was agreed to")
	}
}

func TestALPNForOtherProtocol(t *testing.T) {
	noLeaks(t)
	h, client := openSecureHouse(t, func(h *house) {
		h.config.HTTP1 = otherProtocol(func(nc net.Conn) {
			defer nc.Close()
			all := make([]byte, 5)
			if _, err := io.ReadFull(nc, all); err != nil {
				t.Error(err)
			}
			nc.Write(append([]byte("you said: "), all...))
		})
	})
	for _, protocols := range [][]string{{"http/1.1"}, nil, {"h2"}} {
		nc, err := shake(t, h.addr, client, protocols...)
		if err != nil {
			t.Fatal(protocols, err)
		}
		nc.Write([]byte("hello"))
		if said, err := io.ReadAll(nc); string(said) != "you said: hello" {
			t.Errorf("%q: %q, %v", protocols, said, err)
		}
	}
}

// The configuration's own order of protocols is kept.
func TestALPNOrder(t *testing.T) {
	noLeaks(t)
	h, client := openSecureHouse(t, func(h *house) {
		h.config.TLS.NextProtos = []string{"http/1.1", "h2"}
		h.config.HTTP1 = otherProtocol(func(nc net.Conn) { nc.Close() })
	})
	nc, err := shake(t, h.addr, client, "h2", "http/1.1")
	if got := nc.ConnectionState().NegotiatedProtocol; err != nil || got != "http/1.1" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestHandshakeTimeout(t *testing.T) {
	noLeaks(t)
	for name, secure := range map[string]bool{"TLS": true, "HTTP/2": false} {
		h, _ := openSecureHouse(t, func(h *house) {
			h.config.H2.HandshakeTimeout = 30 * time.Millisecond
			if !secure {
				h.config.TLS = nil
			}
		})
		nc := dial(t, h.addr)
		if _, err := io.ReadAll(nc); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		nc.Close()
	}
}

// A connection whose handshake was under way when the server began to drain is
// told so at once.
func TestDrainDuringHandshake(t *testing.T) {
	noLeaks(t)
	arrived, goOn := make(chan struct{}), make(chan struct{})
	h, client := openSecureHouse(t, func(h *house) {
		h.config.TLS.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
			close(arrived)
			<-goOn
			return nil, nil
		}
	})
	drained := make(chan error, 1)
	go func() {
		<-arrived
		go func() { drained <- h.server.Drain(context.Background()) }()
		await(t, func() bool {
			nc, err := net.Dial("tcp", h.addr)
			if err == nil {
				nc.Close()
			}
			return err != nil
		}, func() string { return "the listener to close" })
		close(goOn)
	}()
	nc, err := shake(t, h.addr, client, "h2")
	if err != nil {
		t.Fatal(err)
	}
	p := rawpeer.Client(t, nc)
	p.Drain()
	if p.GoAway == nil {
		t.Error("no GOAWAY")
	}
	if err := <-drained; err != nil {
		t.Error(err)
	}
}

// What a client says of a server that is not what it should be.
func TestDialErrors(t *testing.T) {
	noLeaks(t)
	h, good := openSecureHouse(t, nil)
	bare := openHouse(t)
	closed := listen(t)
	closed.Close()
	silent := listen(t)
	web := listen(t) // answers as an HTTP/1.1 server does
	go func() {
		for {
			nc, err := web.Accept()
			if err != nil {
				return
			}
			nc.Read(make([]byte, 10))
			nc.Write([]byte("HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n"))
			nc.Close()
		}
	}()
	wrongName, noTLS := good.Clone(), (*tls.Config)(nil)
	wrongName.ServerName = "other"
	noALPN, _ := certify(t)
	alpnless, err := tls.Listen("tcp", "127.0.0.1:0", noALPN)
	if err != nil {
		t.Fatal(err)
	}
	defer alpnless.Close()
	go func() {
		nc, err := alpnless.Accept()
		if err == nil {
			nc.(*tls.Conn).Handshake()
			nc.Read(make([]byte, 1))
			nc.Close()
		}
	}()
	for _, row := range []struct {
		name, addr string
		tls        *tls.Config
		message    string
	}{
		{"nobody listens", closed.Addr().String(), noTLS, "connection refused"},
		{"an HTTP/1.1 server", web.Addr().String(), noTLS, "does it speak HTTP/2"},
		{"a server that says nothing", silent.Addr().String(), noTLS, "does it speak HTTP/2"},
		{"TLS on one side", h.addr, noTLS, "TLS or not as the client does"},
		{"TLS on the other side", bare.addr, good, "TLS handshake"},
		{"a certificate for another name", h.addr, wrongName, "certificate"},
		{"no ALPN", alpnless.Addr().String(), &tls.Config{InsecureSkipVerify: true}, `did not agree to HTTP/2 by ALPN (it chose "")`},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), rawpeer.Patience)
		if row.addr == silent.Addr().String() {
			cancel()
			ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
		}
		cfg := &transport.ClientConfig{H2: h2.Defaults(), TLS: row.tls}
		conn, err := transport.Dial(ctx, "tcp", row.addr, "test", cfg, h2.Observer{})
		if err == nil {
			t.Errorf("%s: connected", row.name)
			conn.Close()
		} else if !strings.Contains(err.Error(), row.message) || !strings.Contains(err.Error(), row.addr) {
			t.Errorf("%s: %v", row.name, err)
		}
		cancel()
	}
}

func TestDialTLS(t *testing.T) {
	noLeaks(t)
	h, good := openSecureHouse(t, nil)
	for name, cfg := range map[string]*tls.Config{
		"with a name":          good,
		"with the target's":    {RootCAs: good.RootCAs},
		"with other protocols": {RootCAs: good.RootCAs, NextProtos: []string{"x"}},
	} {
		var l net.Dialer
		used := false
		conn, err := transport.Dial(t.Context(), "tcp", h.addr, "test", &transport.ClientConfig{H2: h2.Defaults(), TLS: cfg,
			Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
				used = true
				return l.DialContext(ctx, network, address)
			}}, h2.Observer{})
		if err != nil {
			t.Fatal(name, err)
		}
		if !used || conn.TLS().NegotiatedProtocol != "h2" {
			t.Errorf("%s: %v, %q", name, used, conn.TLS().NegotiatedProtocol)
		}
		conn.Close()
	}
}
