package connect

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"os"
	"strings"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/cmd/curlew/internal/exit"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
	"github.com/spf13/cobra"
)

// Flags are the options of commands that call a server.
type Flags struct {
	Plaintext, TLS    bool
	CACert, Cert, Key string
	Insecure          bool
	ServerName        string
	Authority         string
	Headers           []string
	Timeout           time.Duration
	Verbose           bool
	JSON              bool
}

// Add gives cmd the options.
func (f *Flags) Add(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.BoolVar(&f.Plaintext, "plaintext", false, "call without TLS (the default on this machine)")
	fl.BoolVar(&f.TLS, "tls", false, "call with TLS (the default elsewhere)")
	fl.StringVar(&f.CACert, "cacert", "", "trust the authorities in this PEM `file` instead of the system's")
	fl.StringVar(&f.Cert, "cert", "", "show the server the certificate in this PEM `file`")
	fl.StringVar(&f.Key, "key", "", "the certificate's private key, a PEM `file`")
	fl.BoolVarP(&f.Insecure, "insecure-skip-verify", "k", false, "use TLS without verifying the server's certificate")
	fl.StringVar(&f.ServerName, "servername", "", "verify the server's certificate for this `name`")
	fl.StringVar(&f.Authority, "authority", "", "say this `host` in the request's :authority")
	fl.StringArrayVarP(&f.Headers, "header", "H", nil, "send this `'name: value'` with each request; values of names in -bin are base64")
	fl.DurationVar(&f.Timeout, "timeout", 0, "give up after this `time`, for instance 2s or 300ms; it is the call's deadline, too")
	fl.BoolVarP(&f.Verbose, "verbose", "v", false, "show headers, trailers and what else happens, on standard error")
	fl.BoolVar(&f.JSON, "json", false, "write for programs: JSON on single lines, errors too")
	cmd.MarkFlagsMutuallyExclusive("plaintext", "tls")
	cmd.MarkFlagsRequiredTogether("cert", "key")
}

// Context returns ctx with the deadline, if there is to be one.
func (f *Flags) Context(ctx context.Context) (context.Context, context.CancelFunc) {
	if f.Timeout > 0 {
		return context.WithTimeout(ctx, f.Timeout)
	}
	return context.WithCancel(ctx)
}

// security returns whether to use TLS, by all that has been said.
func (f *Flags) security(t Target) (Security, error) {
	said := t.Security
	aboutTLS := f.CACert != "" || f.Cert != "" || f.Insecure || f.ServerName != ""
	switch {
	case f.Plaintext && said == TLS:
		return 0, exit.Usagef("--plaintext contradicts the scheme https")
	case f.TLS && said == Cleartext:
		return 0, exit.Usagef("--tls contradicts the scheme http")
	case f.TLS:
		said = TLS
	case f.Plaintext:
		said = Cleartext
	}
	if aboutTLS {
		if said == Cleartext {
			return 0, exit.Usagef("--cacert, --cert, --key, --insecure-skip-verify and --servername are for TLS, which is switched off")
		}
		said = TLS
	}
	return said, nil
}

// tlsConfig returns what the options say of TLS.
func (f *Flags) tlsConfig() (*tls.Config, error) {
	cfg := &tls.Config{
		ServerName:         f.ServerName,
		InsecureSkipVerify: f.Insecure, //nolint:gosec // it is what the user asks for
	}
	if f.CACert != "" {
		pem, err := os.ReadFile(f.CACert)
		if err != nil {
			return nil, exit.Usagef("--cacert: %w", err)
		}
		cfg.RootCAs = x509.NewCertPool()
		if !cfg.RootCAs.AppendCertsFromPEM(pem) {
			return nil, exit.Usagef("--cacert: %s has no certificate in PEM", f.CACert)
		}
	}
	if f.Cert != "" {
		cert, err := tls.LoadX509KeyPair(f.Cert, f.Key)
		if err != nil {
			return nil, exit.Usagef("--cert, --key: %w", err)
		}
		cfg.Certificates = []tls.Certificate{cert}
	}
	return cfg, nil
}

// callOptions returns the headers to send.
func (f *Flags) callOptions() ([]curlew.CallOption, error) {
	var opts []curlew.CallOption
	for _, h := range f.Headers {
		name, value, found := strings.Cut(h, ":")
		name, value = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)
		if !found || name == "" {
			return nil, exit.Usagef("-H %q: write 'name: value'", h)
		}
		if strings.HasSuffix(name, "-bin") {
			raw, err := decodeBase64(value)
			if err != nil {
				return nil, exit.Usagef("-H %q: the value of a name in -bin is written in base64: %w", h, err)
			}
			value = raw
		}
		if err := errors.Join(wire.CheckName(name), wire.CheckValue(name, value)); err != nil {
			return nil, exit.Usagef("-H %q: %w", h, err)
		}
		opts = append(opts, curlew.AddHeader(name, value))
	}
	return opts, nil
}

// decodeBase64 takes either alphabet, padded or not.
func decodeBase64(s string) (string, error) {
	s = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(s, "="))
	raw, err := base64.RawStdEncoding.DecodeString(s)
	return string(raw), err
}

// clientOptions returns the options of a client, with TLS if secure.
func (f *Flags) clientOptions(secure bool) ([]curlew.ClientOption, error) {
	calls, err := f.callOptions()
	if err != nil {
		return nil, err
	}
	opts := []curlew.ClientOption{
		curlew.WithUserAgent("curlew-cli"),
		curlew.WithConnectTimeout(connectTime),
		curlew.WithMaxReceiveBytes(maxMessage),
		curlew.WithMaxHeaderBytes(maxHeader),
		curlew.WithCallOptions(calls...),
	}
	if f.Authority != "" {
		opts = append(opts, curlew.WithAuthority(f.Authority))
	}
	if secure {
		cfg, err := f.tlsConfig()
		if err != nil {
			return nil, err
		}
		opts = append(opts, curlew.WithTLS(cfg))
	}
	return opts, nil
}

const (
	// connectTime bounds an attempt to connect to one address.
	connectTime = 10 * time.Second
	// A person who looks at a large answer wants to see it.
	maxMessage = 1 << 30
	maxHeader  = 1 << 20
)
