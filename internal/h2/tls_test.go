package h2

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// tlsConfigs returns a server's and a client's configuration that fit.
func tlsConfigs(t testing.TB, version uint16) (server, client *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"h"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(cert)
	server = &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
		NextProtos:   []string{"h2", "http/1.1"}, MaxVersion: version,
	}
	return server, &tls.Config{RootCAs: roots, ServerName: "h", NextProtos: []string{"h2"}}
}

// shieldPair performs a handshake between two ends.
func shieldPair(t testing.TB, client, server net.Conn, version uint16) (net.Conn, net.Conn) {
	t.Helper()
	serverTLS, clientTLS := tlsConfigs(t, version)
	var wg sync.WaitGroup
	var a, b net.Conn
	shield := func(to *net.Conn, nc net.Conn, cfg *tls.Config, isClient bool) {
		shielded, state, err := Shield(t.Context(), nc, cfg, isClient)
		if err != nil {
			t.Error(err)
			return
		}
		if state.NegotiatedProtocol != "h2" {
			t.Errorf("negotiated %q", state.NegotiatedProtocol)
		}
		*to = shielded
	}
	wg.Go(func() { shield(&a, client, clientTLS, true) })
	wg.Go(func() { shield(&b, server, serverTLS, false) })
	wg.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return a, b
}

func TestLargeTransfersOverTLS(t *testing.T) {
	for name, version := range map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13} {
		t.Run(name, func(t *testing.T) {
			dc := newDuoConfig(echo)
			dc.pair = func() (net.Conn, net.Conn) {
				a, b := socketPair(t, "tcp")
				return shieldPair(t, a, b, version)
			}
			d := dc.tie(t)
			if d.client.TLS() == nil || d.client.TLS().Version != version || d.server.TLS() == nil {
				t.Fatal("the state of TLS is missing")
			}
			data := randomBytes(1 << 20)
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() {
					back, err := d.exchange("/", data)
					if err != nil || !bytes.Equal(back, data) {
						t.Errorf("%d bytes came back, %v", len(back), err)
					}
				})
			}
			wg.Wait()
		})
	}
}

// A server that has answered and closes in good order loses nothing of the
// answers, whatever the client still sends: were the socket closed with that
// unread, the system would reset the connection.
func TestDrainingServersAreHeardOut(t *testing.T) {
	for range 3 {
		t.Run("plain", func(t *testing.T) {
			hearOut(t, func(a, b net.Conn) (net.Conn, net.Conn) { return a, b })
		})
		t.Run("TLS", func(t *testing.T) {
			hearOut(t, func(a, b net.Conn) (net.Conn, net.Conn) { return shieldPair(t, a, b, tls.VersionTLS13) })
		})
	}
}

func hearOut(t *testing.T, wrap func(a, b net.Conn) (net.Conn, net.Conn)) {
	answer := randomBytes(512 << 10)
	dc := newDuoConfig(func(h *handler) {
		h.Send(Outgoing{Header: okHeader, Data: answer, Trailer: okTrailer}, nil)
	})
	dc.pair = func() (net.Conn, net.Conn) {
		a, b := socketPair(t, "tcp")
		return wrap(a, b)
	}
	dc.server.MaxGlitches = 1 << 30
	d := dc.tie(t)
	c, err := d.open("/", nil, true)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Header(nil); err != nil {
		t.Fatal(err)
	}
	d.server.Drain()
	// The client goes on talking, as one does that probes the path.
	stop := make(chan struct{})
	var talking sync.WaitGroup
	talking.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			d.client.mu.Lock()
			if d.client.gone {
				d.client.mu.Unlock()
				return
			}
			d.client.appendWindowUpdateLocked(0, 1)
			d.client.flushUnlock()
		}
	})
	got, err := readAll(&c.Stream)
	close(stop)
	talking.Wait()
	if err != nil || !bytes.Equal(got, answer) {
		t.Fatalf("%d bytes arrived: %v", len(got), err)
	}
}

func TestShieldFails(t *testing.T) {
	noLeaks(t)
	_, clientTLS := tlsConfigs(t, 0)
	a, b := socketPair(t, "tcp")
	go io.WriteString(b, "this is no TLS, and no HTTP either")
	if _, _, err := Shield(t.Context(), a, clientTLS, true); err == nil || !strings.Contains(err.Error(), "TLS handshake") {
		t.Fatal(err)
	}
	if _, err := a.Write([]byte("x")); err == nil {
		t.Error("the connection is still open")
	}

	a, _ = socketPair(t, "tcp")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := Shield(ctx, a, clientTLS, true); err == nil {
		t.Fatal("a handshake with nobody")
	}
}

// Who does not know of HTTP/2 gets a connection whose writes block.
func TestUnshield(t *testing.T) {
	noLeaks(t)
	a, b := socketPair(t, "tcp")
	a, b = shieldPair(t, a, b, 0)
	a, err := Unshield(a)
	if err != nil {
		t.Fatal(err)
	}
	b, err = Unshield(b)
	if err != nil {
		t.Fatal(err)
	}
	talk(t, a, b)
	plain, _ := newPipe(1)
	if nc, err := Unshield(plain); nc != net.Conn(plain) || err != nil {
		t.Error("a plain connection was changed:", nc, err)
	}
}

// talk sends much from a to b, who answers.
func talk(t *testing.T, a, b net.Conn) {
	t.Helper()
	data := randomBytes(4 << 20)
	var wg sync.WaitGroup
	wg.Go(func() {
		defer a.Close()
		if _, err := a.Write(data); err != nil {
			t.Error(err)
		}
		if answer, err := io.ReadAll(io.LimitReader(a, 2)); string(answer) != "ok" {
			t.Errorf("%q, %v", answer, err)
		}
	})
	got := make([]byte, len(data))
	if _, err := io.ReadFull(b, got); err != nil || !bytes.Equal(got, data) {
		t.Error("something else arrived:", err)
	}
	if _, err := io.WriteString(b, "ok"); err != nil {
		t.Error(err)
	}
	wg.Wait()
	b.Close()
}

// The same goes for who takes over a connection that turns out not to be one of
// HTTP/2, with TLS or without.
func TestForeignProtocol(t *testing.T) {
	for _, shielded := range []bool{false, true} {
		t.Run(map[bool]string{false: "plain", true: "TLS"}[shielded], func(t *testing.T) {
			noLeaks(t)
			a, b := socketPair(t, "tcp")
			if shielded {
				a, b = shieldPair(t, a, b, 0)
				a, _ = Unshield(a)
			}
			type taken struct {
				nc   net.Conn
				read string
			}
			got := make(chan taken, 1)
			cfg := Defaults()
			cfg.Foreign = func(nc net.Conn, read []byte) { got <- taken{nc, string(read)} }
			closed := make(chan error, 1)
			c := NewServer(b, &cfg, nil, Observer{Closed: func(err error) { closed <- err }})
			c.Start()
			if _, err := io.WriteString(a, "GET / HTTP/1.1\r\n\r\n"); err != nil {
				t.Fatal(err)
			}
			foreign := <-got
			<-c.Done()
			if err := <-closed; err == nil {
				t.Error("closed for no reason")
			}
			c.Close() // which is nothing any more
			if foreign.read != "GET / HTTP/1.1\r\n\r\n" {
				t.Errorf("read %q", foreign.read)
			}
			talk(t, foreign.nc, a)
		})
	}
}
