package badserver

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"testing"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/internal/h2/frame"
	echov1 "github.com/curlew-rpc/curlew/internal/testproto/echo/v1"
	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
	"github.com/curlew-rpc/curlew/interop/internal/testcert"
)

// callTLS calls a server that does script behind nothing yet, not even TLS.
func callTLS(t *testing.T, roots *tls.Config, script func(net.Conn)) error {
	t.Helper()
	addr, _ := badServer(t, script)
	c, err := curlew.NewClient("passthrough:///"+addr, curlew.WithTLS(roots))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, err = echov1.NewEchoServiceClient(c).Unary(ctx, &echov1.EchoRequest{Text: "hello"})
	return err
}

// The end of TCP without close_notify is an attacker's on the way: a response
// that was not said to be complete is not taken as complete.
func TestTruncatedTLS(t *testing.T) {
	curlewtest.NoLeaks(t)
	pair := testcert.For(t)
	cfg := pair.ServerConfig()
	cfg.NextProtos = []string{"h2"}
	for name, steps := range map[string][]step{
		"before the header":   nil,
		"behind the header":   {header()},
		"within a message":    {header(), data(fine()[:7])},
		"before the trailers": {header(), body},
	} {
		err := callTLS(t, pair.ClientConfig(), func(nc net.Conn) {
			p := rawpeer.Server(quiet{}, tls.Server(nc, cfg))
			for f, ok := p.Next(); ok && !f.Flags.Has(frame.FlagEndStream); f, ok = p.Next() {
			}
			for _, s := range steps {
				s(p, 1)
			}
			p.Sync()
			nc.Close()
		})
		if !errors.Is(err, curlew.Unavailable) {
			t.Errorf("the end %s: %v", name, err)
		}
	}
}

// Servers that do not speak HTTP/2 by TLS 1.2 or later as somebody whom the
// client trusts: no call is sent to them.
func TestHandshakes(t *testing.T) {
	curlewtest.NoLeaks(t)
	pair := testcert.For(t)
	other := testcert.For(t)
	for name, change := range map[string]func(*tls.Config){
		"no ALPN":          func(cfg *tls.Config) { cfg.NextProtos = nil },
		"ALPN of HTTP/1.1": func(cfg *tls.Config) { cfg.NextProtos = []string{"http/1.1"} },
		"TLS 1.1":          func(cfg *tls.Config) { cfg.MinVersion, cfg.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 },
		"another's certificate": func(cfg *tls.Config) {
			cfg.Certificates = other.ServerConfig().Certificates
		},
	} {
		cfg := pair.ServerConfig()
		cfg.NextProtos = []string{"h2"}
		change(cfg)
		err := callTLS(t, pair.ClientConfig(), func(nc net.Conn) {
			tc := tls.Server(nc, cfg)
			b := make([]byte, 1)
			if n, _ := tc.Read(b); n > 0 {
				t.Errorf("%s: the client talks", name)
			}
		})
		if !errors.Is(err, curlew.Unavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := callTLS(t, pair.ClientConfig(), func(nc net.Conn) {
		nc.Write(frame.AppendSettings(nil))
		silent(nc)
	}); !errors.Is(err, curlew.Unavailable) {
		t.Errorf("cleartext: %v", err)
	}
}
