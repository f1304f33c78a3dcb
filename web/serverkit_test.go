package web_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
	"github.com/curlew-rpc/curlew/web"
	"github.com/curlew-rpc/curlew/web/internal/librarypb"
)

// Where the methods of the library are.
const library = "/curlew.web.test.Library/"

// A host is a server of the library, and clients that have no idea of curlew.
type host struct {
	*curlewtest.Server
	t       testing.TB
	clients [3]*http.Client // by version of HTTP
}

// newHost serves the library over a pipe.
func newHost(t testing.TB, enable []web.Option, opts ...curlew.ServerOption) *host {
	t.Helper()
	return newHostOf(t, func(s *curlew.Server) { librarypb.RegisterLibrary(s, librarypb.Shelf{}) }, enable, opts...)
}

func newHostOf(t testing.TB, register func(*curlew.Server), enable []web.Option, opts ...curlew.ServerOption) *host {
	t.Helper()
	s := curlewtest.NewServer(t, register, curlewtest.WithServer(append(opts, web.Enable(enable...))...))
	h := &host{Server: s, t: t}
	for version := 1; version <= 2; version++ {
		h.clients[version] = clientOf(t, version, s.Listener.Dial)
	}
	return h
}

// clientOf returns a client that speaks one version of HTTP in clear. It follows no redirects.
func clientOf(t testing.TB, version int, dial func(ctx context.Context, network, address string) (net.Conn, error)) *http.Client {
	rt := &http.Transport{DialContext: dial, Protocols: new(http.Protocols), DisableCompression: true}
	rt.Protocols.SetHTTP1(version == 1)
	rt.Protocols.SetUnencryptedHTTP2(version == 2)
	t.Cleanup(rt.CloseIdleConnections)
	return &http.Client{Transport: rt, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// A reply is all of a response.
type reply struct {
	*http.Response
	body string
	err  error // of reading the body
}

// header returns the values of a field with commas between them.
func (r *reply) header(name string) string { return strings.Join(r.Header.Values(name), ", ") }

// newRequest makes a request to h; header has names and values.
func newRequest(t testing.TB, method, path string, body io.Reader, header ...string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://in-process"+path, body)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Add(header[i], header[i+1])
		if strings.EqualFold(header[i], "host") {
			req.Host = header[i+1]
		}
	}
	return req
}

// do makes a request. An empty body is none.
func (h *host) do(version int, method, path, body string, header ...string) *reply {
	h.t.Helper()
	var content io.Reader
	if body != "" {
		content = strings.NewReader(body)
	}
	return h.send(version, newRequest(h.t, method, path, content, header...))
}

func (h *host) send(version int, req *http.Request) *reply {
	h.t.Helper()
	res, err := h.clients[version].Do(req)
	if err != nil {
		h.t.Fatalf("%s %s over HTTP/%d: %v", req.Method, req.URL.Path, version, err)
	}
	defer res.Body.Close()
	all, err := io.ReadAll(res.Body)
	return &reply{res, string(all), err}
}

// raw returns a connection to the server.
func (h *host) raw() net.Conn {
	h.t.Helper()
	nc, err := h.Listener.Dial(h.t.Context(), "tcp", "in-process:1")
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { nc.Close() })
	return nc
}

// peer returns a peer that can send any HTTP/2.
func (h *host) peer() *rawpeer.Peer { return rawpeer.Client(h.t, h.raw()) }

// over runs test with each version of HTTP.
func over(t *testing.T, test func(t *testing.T, version int)) {
	for version := 1; version <= 2; version++ {
		t.Run("HTTP"+strconv.Itoa(version), func(t *testing.T) { test(t, version) })
	}
}

const jsonType = "application/json"

// pieces is a body that comes in pieces until their channel is closed.
type pieces struct {
	from <-chan string
	rest string
}

func (p *pieces) Read(b []byte) (int, error) {
	if p.rest == "" {
		var ok bool
		if p.rest, ok = <-p.from; !ok {
			return 0, io.EOF
		}
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

// serveError returns what Serve says that is wrong with a server; nil if it would serve.
func serveError(s *curlew.Server) error {
	s.Close()
	if err := s.Serve(curlewtest.Listen(0)); err != curlew.ErrServerClosed {
		return err
	}
	return nil
}

// certificates returns configurations of a server and a client that show each other who
// they are.
func certificates(t testing.TB) (server, client *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "in-process"}, DNSNames: []string{"in-process"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	tmpl, err = x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(tmpl)
	pair := []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}
	return &tls.Config{Certificates: pair, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert},
		&tls.Config{Certificates: pair, RootCAs: pool, ServerName: "in-process"}
}

// quietLog has a server log warnings and errors to w.
func quietLog(w io.Writer) curlew.ServerOption {
	return curlew.WithLogger(slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelWarn})))
}
