package connect

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/balance"
	"github.com/curlew-rpc/curlew/cmd/curlew/internal/exit"
)

// Open returns a client that is connected. Notes, for instance that the server
// turned out to speak TLS, go to w if the user wants to see them. If the server cannot
// be reached the error is an *Error.
func (f *Flags) Open(ctx context.Context, t Target, w io.Writer) (*curlew.Client, error) {
	security, err := f.security(t)
	if err != nil {
		return nil, err
	}
	if security == TLS || security == Unsaid && !t.Local {
		return f.open(ctx, t, true)
	}
	heard := new(sniffer)
	c, err := f.dial(ctx, t, false, heard)
	if err == nil {
		return c, nil
	}
	isTLS := heard.get() == tlsRecord || heard.get() == silent && hungUp(err) && f.speaksTLS(ctx, t)
	if isTLS {
		heard.set(tlsRecord)
	}
	if !isTLS || security == Cleartext {
		return nil, f.explain(t, false, heard.get(), err)
	}
	// On this machine nobody listens who should not, so what is not said is found out.
	if f.Verbose {
		fmt.Fprintf(w, "* %s speaks TLS\n", t.Name)
	}
	return f.open(ctx, t, true)
}

func (f *Flags) open(ctx context.Context, t Target, secure bool) (*curlew.Client, error) {
	heard := new(sniffer)
	c, err := f.dial(ctx, t, secure, heard)
	if err != nil {
		return nil, f.explain(t, secure, heard.get(), err)
	}
	return c, nil
}

// probeTime bounds what is done only to explain a failure.
const probeTime = time.Second

// speaksTLS reports whether a server answers to TLS. Many hang up without a word on
// who does not speak it.
func (f *Flags) speaksTLS(ctx context.Context, t Target) bool {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	heard := new(sniffer)
	if c, err := (&Flags{Insecure: true}).dial(ctx, t, true, heard); err == nil {
		c.Close()
	}
	return heard.get() == tlsRecord
}

func hungUp(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// dial returns a client that is connected.
func (f *Flags) dial(ctx context.Context, t Target, secure bool, s *sniffer) (*curlew.Client, error) {
	opts, err := f.clientOptions(secure)
	if err != nil {
		return nil, err
	}
	c, err := curlew.NewClient(t.Name, append(opts, curlew.WithDialer(s.dial))...)
	if err != nil {
		return nil, exit.Usagef("%w", err)
	}
	if err := ready(ctx, c); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// ready waits until the client is connected. Unlike Client.Ready it returns when
// the first attempt fails.
func ready(ctx context.Context, c *curlew.Client) error {
	c.Connect()
	for {
		state := c.State()
		switch state {
		case balance.Ready:
			return nil
		case balance.TransientFailure:
			ended, cancel := context.WithCancel(ctx)
			cancel()
			if err := c.Ready(ended); err != nil {
				return err
			}
			return nil
		}
		if err := c.WaitState(ctx, state); err != nil {
			return c.Ready(ctx) // says what it was about
		}
	}
}

// An Error says why a server cannot be reached, and what to do.
type Error struct {
	Code   curlew.Code
	target string
	cause  error
	hint   string
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.cause }

// Error says why and, in a second line, what to do, if that is known.
func (e *Error) Error() string {
	if e.hint == "" {
		return e.Message()
	}
	return e.Message() + "\nhint: " + e.hint
}

// Message says why, in one line.
func (e *Error) Message() string {
	return "cannot connect to " + e.target + ": " + strings.TrimPrefix(e.cause.Error(), e.target+": ")
}

// explain returns what to tell the user of an error.
func (f *Flags) explain(t Target, secure bool, heard speech, err error) error {
	var usage *exit.Error
	if errors.As(err, &usage) {
		return err
	}
	code, cause := curlew.CodeOf(err), reason(err)
	if cause == nil {
		cause = err
	} else if code != curlew.DeadlineExceeded {
		code = curlew.Unavailable
	}
	return &Error{code, t.Name, cause, f.hint(secure, heard, cause)}
}

// reason returns why the connection failed from an error of curlew.Client.Ready,
// without the words about the context that had to end for it to return; nil if that
// is all it has.
func reason(err error) error {
	for ; err != nil; err = errors.Unwrap(err) {
		several, ok := err.(interface{ Unwrap() []error })
		if !ok {
			continue
		}
		all := several.Unwrap()
		others := slices.DeleteFunc(slices.Clone(all), func(e error) bool {
			return e == context.Canceled || e == context.DeadlineExceeded
		})
		switch len(others) {
		case 0:
			return nil
		case len(all):
			return err
		}
		return errors.Join(others...)
	}
	return nil
}

func (f *Flags) hint(secure bool, heard speech, err error) string {
	switch {
	case heard == http1:
		return "the server answers in HTTP/1.1; is this the port of its gRPC services?"
	case !secure && heard == tlsRecord:
		return "the server speaks TLS: call it with --tls, or https://"
	case secure:
		return f.hintTLS(heard, err)
	case hungUp(err):
		return "the server hung up: does it speak gRPC?"
	}
	return ""
}

func (f *Flags) hintTLS(heard speech, err error) string {
	var (
		record  tls.RecordHeaderError
		unknown x509.UnknownAuthorityError
		host    x509.HostnameError
		invalid x509.CertificateInvalidError
	)
	switch {
	case heard == http2, errors.As(err, &record):
		return "the server does not speak TLS here: call it with --plaintext, or http://"
	case errors.As(err, &unknown):
		return "name the authority that signed its certificate by --cacert, or do without verification by --insecure-skip-verify"
	case errors.As(err, &host):
		names := host.Certificate.DNSNames
		for _, ip := range host.Certificate.IPAddresses {
			names = append(names, ip.String())
		}
		if len(names) == 0 {
			return "the certificate names no host; do without verification by --insecure-skip-verify"
		}
		return "the certificate is for " + strings.Join(names, ", ") + ": choose one of these by --servername"
	case errors.As(err, &invalid):
		return "the certificate cannot be accepted; do without verification by --insecure-skip-verify"
	case f.Cert == "" && strings.Contains(err.Error(), "remote error: tls: "): // crypto/tls has no type for it
		return "the server refused; if it wants to see a certificate, give one by --cert and --key"
	case hungUp(err):
		return "the server hung up; if it does not speak TLS, call it with --plaintext"
	}
	return ""
}
