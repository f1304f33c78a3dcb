package curlewtest_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	echov1 "github.com/curlew-rpc/curlew/internal/testproto/echo/v1"
)

// Many calls at once through a pipe that holds far less than they send, both ways.
func TestManyCallsThroughASmallPipe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		curlewtest.NoLeaks(t)
		s := curlewtest.NewServer(t, echo{}.register, curlewtest.WithPipeBytes(4096))
		manyCalls(t, s)
	})
}

func manyCalls(t *testing.T, s *curlewtest.Server) {
	t.Helper()
	client := echov1.NewEchoServiceClient(s.Client).With(curlew.Timeout(time.Hour))
	text := strings.Repeat("x", 64<<10)
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			res, err := client.Unary(t.Context(), &echov1.EchoRequest{Text: text})
			if err != nil || res.GetText() != text {
				t.Errorf("%d bytes, %v", len(res.GetText()), err)
			}
		})
	}
	all.Wait()
}

func TestTLS(t *testing.T) {
	curlewtest.NoLeaks(t)
	server, client := certificate(t)
	s := curlewtest.NewServer(t, echo{}.register,
		curlewtest.WithPipeBytes(4096), curlewtest.WithServer(curlew.WithTLS(server)), curlewtest.WithClient(curlew.WithTLS(client)))
	manyCalls(t, s)
	var peer curlew.Peer
	if _, err := echov1.NewEchoServiceClient(s.Client).With(curlew.CapturePeer(&peer)).Unary(t.Context(), new(echov1.EchoRequest)); err != nil || peer.TLS == nil {
		t.Errorf("%v, TLS %v", err, peer.TLS)
	}
}

// certificate makes a certificate for the host that NewServer's clients call.
func certificate(t *testing.T) (server, client *tls.Config) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"in-process"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: private}}}, &tls.Config{RootCAs: roots}
}
