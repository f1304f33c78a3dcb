package malformed

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
)

// handshake dials with a configuration; err is what came of the handshake, or of
// reading after it.
func (tg *target) handshake(t *testing.T, change func(*tls.Config)) (tc *tls.Conn, err error) {
	t.Helper()
	cfg := tg.roots.Clone()
	cfg.ServerName, cfg.NextProtos = "localhost", []string{"h2"}
	change(cfg)
	tc = tls.Client(tg.dial(t), cfg)
	return tc, tc.Handshake()
}

// logged fails the test unless one line was logged about a peer.
func (tg *target) logged(t *testing.T, nc net.Conn) {
	t.Helper()
	address := nc.LocalAddr().String()
	await(t, "it is logged", func() bool { return tg.log.count(address) > 0 })
	if n := tg.log.count(address); n != 1 {
		t.Errorf("%d lines logged, want 1", n)
	}
}

// RFC 9113 §3.3 and §9.2: HTTP/2 by ALPN, TLS 1.2 at least.
func TestHandshakes(t *testing.T) {
	tg := newTarget(t, true)
	for name, change := range map[string]func(*tls.Config){
		"no ALPN":          func(cfg *tls.Config) { cfg.NextProtos = nil },
		"ALPN of HTTP/1.1": func(cfg *tls.Config) { cfg.NextProtos = []string{"http/1.1"} },
		"ALPN of h2c":      func(cfg *tls.Config) { cfg.NextProtos = []string{"h2c", "grpc-exp", "h3", "H2"} },
		"TLS 1.0":          func(cfg *tls.Config) { cfg.MinVersion, cfg.MaxVersion = tls.VersionTLS10, tls.VersionTLS10 },
		"TLS 1.1":          func(cfg *tls.Config) { cfg.MinVersion, cfg.MaxVersion = tls.VersionTLS11, tls.VersionTLS11 },
		"a weak cipher suite": func(cfg *tls.Config) {
			cfg.MaxVersion, cfg.CipherSuites = tls.VersionTLS12, []uint16{tls.TLS_RSA_WITH_RC4_128_SHA, tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA}
		},
	} {
		t.Run(name, func(t *testing.T) {
			tc, err := tg.handshake(t, change)
			if err == nil {
				// Without ALPN the handshake itself succeeds; what follows does not.
				tc.Write([]byte(frame.Preface + settings))
				if n, err := tc.Read(make([]byte, 1)); n > 0 || err == nil {
					t.Error("the server talks")
				}
			}
			tg.logged(t, tc)
			tg.crowd.check(t)
		})
	}
	t.Run("TLS 1.2", func(t *testing.T) {
		tc, err := tg.handshake(t, func(cfg *tls.Config) { cfg.MaxVersion = tls.VersionTLS12 })
		if err != nil {
			t.Fatal(err)
		}
		a := &attacker{rawpeer.Client(t, tc), tc.LocalAddr().String()}
		a.call(1, request())
		if got := a.outcome(1); got != served {
			t.Error(got)
		}
		a.Close()
	})
}

// Plaintext at a port for TLS is refused.
func TestPlaintextToTLS(t *testing.T) {
	tg := newTarget(t, true)
	for name, opening := range map[string]string{
		"HTTP/2":                         frame.Preface + settings,
		"HTTP/1.1":                       "GET / HTTP/1.1\r\nHost: echo.test\r\n\r\n",
		"zeros":                          string(make([]byte, 1000)),
		"half a ClientHello and the end": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
		"an alert":                       "\x15\x03\x01\x00\x02\x02\x28",
		"a record of 64 KiB":             "\x16\x03\x01\xff\xff" + string(make([]byte, 100)),
	} {
		t.Run(name, func(t *testing.T) {
			nc, err := net.Dial("tcp", tg.addr)
			if err != nil {
				t.Fatal(err)
			}
			defer nc.Close()
			nc.Write([]byte(opening))
			nc.(*net.TCPConn).CloseWrite()
			hangsUp(t, nc)
			tg.logged(t, nc)
			tg.crowd.check(t)
		})
	}
}

// TLS at a port for cleartext fails at once, and not only at a timeout.
func TestTLSToPlaintext(t *testing.T) {
	tg := newTarget(t, false)
	tg.roots = new(tls.Config)
	tc, err := tg.handshake(t, func(*tls.Config) {})
	if err == nil {
		t.Fatal("a handshake with nobody")
	}
	tg.logged(t, tc)
	tg.crowd.check(t)
}

// A client of TLS 1.2 asks for another handshake, with a record that is authentic. It
// must be told no, lest it have the server's dearest work done again and again, or
// slip a handshake of its own below an authenticated connection (RFC 9113 §9.2.1).
func TestRenegotiation(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("no client that renegotiates: openssl is not installed")
	}
	tg := newTarget(t, true)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, openssl, "s_client", "-tls1_2", "-alpn", "h2", "-connect", tg.addr)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	said := new(transcript)
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	await(t, "openssl is connected: "+said.String(), func() bool { return strings.Contains(said.String(), "Verify return code") })
	io.WriteString(in, frame.Preface+settings)
	acknowledged := string(frame.AppendSettingsAck(nil))
	await(t, "the connection is one of HTTP/2", func() bool { return strings.Contains(said.String(), acknowledged) })
	io.WriteString(in, "R\n") // s_client's command for another handshake, if it begins what is read
	err = cmd.Wait()          // standard input stays open: it is the server that ends it
	in.Close()
	log := said.String()
	switch {
	case ctx.Err() != nil:
		t.Errorf("the server keeps the connection; openssl says:\n%s", log)
	case !strings.Contains(log, "ALPN protocol: h2") || !strings.Contains(log, "RENEGOTIATING"):
		t.Errorf("openssl has not tried to renegotiate (%v); it says:\n%s", err, log)
	case strings.Count(log, "RENEGOTIATING") != 1 || err == nil:
		t.Errorf("another handshake succeeds; openssl says:\n%s", log)
	}
	tg.crowd.check(t)
}

// A transcript is what a program has written so far.
type transcript struct {
	mu   sync.Mutex
	text []byte
}

func (tr *transcript) Write(b []byte) (int, error) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.text = append(tr.text, b...)
	return len(b), nil
}

func (tr *transcript) String() string {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return string(tr.text)
}

// The end of TCP without close_notify is an attacker's on the way: what was not
// said to be complete is not taken as complete.
func TestTruncatedTLS(t *testing.T) {
	tg := newTarget(t, true)
	for _, path := range []string{unaryPath, bidiPath} {
		nc, err := net.Dial("tcp", tg.addr)
		if err != nil {
			t.Fatal(err)
		}
		nc.SetDeadline(time.Now().Add(patience))
		cfg := tg.roots.Clone()
		cfg.ServerName, cfg.NextProtos = "localhost", []string{"h2"}
		tc := tls.Client(nc, cfg)
		a := &attacker{rawpeer.Client(t, tc), nc.LocalAddr().String()}
		a.Headers(1, false, request(":path", path)...)
		a.Data(1, false, hello()[:9])
		if !a.Sync() {
			t.Fatal("the connection is gone")
		}
		nc.(*net.TCPConn).CloseWrite()
		if got := a.outcome(1); got != "closed" && got[0] != 'G' {
			t.Errorf("%s: a truncated request is answered: %s", path, got)
		}
		tc.Close()
		tg.crowd.check(t)
	}
}
