// Tls-mtls shows a server and a client that each prove who they are by a
// certificate, what the handler sees of the client's, and a server whose
// certificate is replaced while it runs.
package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/examples/internal/certs"
	greetv1 "github.com/curlew-rpc/curlew/examples/proto/greet/v1"
)

// greeter implements greetv1.GreetService; it greets whom the certificate names.
type greeter struct{}

func (greeter) Greet(ctx context.Context, _ *greetv1.GreetRequest) (*greetv1.GreetResponse, error) {
	// TLS has verified the chain: with RequireAndVerifyClientCert there always is one.
	cert := curlew.CallFrom(ctx).Peer().TLS.PeerCertificates[0]
	return &greetv1.GreetResponse{Greeting: "Hello, " + cert.Subject.CommonName + "!"}, nil
}

func main() {
	if err := run(os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(out io.Writer) error {
	ca, err := certs.NewAuthority()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "certs")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	certFile, keyFile := filepath.Join(dir, "server.pem"), filepath.Join(dir, "server.key")
	if err := ca.WriteFiles("server, first certificate", certFile, keyFile); err != nil {
		return err
	}

	address, stop, err := serve(ca, certFile, keyFile)
	if err != nil {
		return err
	}
	defer stop()

	alice, err := ca.Certificate("alice")
	if err != nil {
		return err
	}
	withCertificate := &tls.Config{RootCAs: ca.Pool, Certificates: []tls.Certificate{alice}}
	greeting, server, err := greet(address, withCertificate)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s (by %s)\n", greeting, server)

	_, _, err = greet(address, &tls.Config{RootCAs: ca.Pool})
	fmt.Fprintln(out, "without a certificate:", curlew.CodeOf(err))

	// A certificate manager writes new files; new connections have the new
	// certificate, and those that are open go on.
	if err := ca.WriteFiles("server, second certificate", certFile, keyFile); err != nil {
		return err
	}
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		first := server
		if greeting, server, err = greet(address, withCertificate); err != nil {
			return err
		}
		if server != first {
			fmt.Fprintf(out, "%s (by %s)\n", greeting, server)
			return nil
		}
	}
	return fmt.Errorf("the server still has its first certificate")
}

func serve(ca *certs.Authority, certFile, keyFile string) (address string, stop func(), err error) {
	cert, err := curlew.LoadCertificate(certFile, keyFile)
	if err != nil {
		return "", nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	srv := curlew.NewServer(curlew.WithTLS(&tls.Config{
		GetCertificate: cert.GetCertificate, // looks at the files again when they change
		ClientAuth:     tls.RequireAndVerifyClientCert,
		ClientCAs:      ca.Pool,
	}))
	greetv1.RegisterGreetService(srv, greeter{})
	go srv.Serve(l)
	return l.Addr().String(), func() { srv.Close() }, nil
}

// greet calls over a connection of its own, and returns the greeting and the name
// in the server's certificate.
func greet(address string, cfg *tls.Config) (greeting, server string, err error) {
	client, err := curlew.NewClient(address, curlew.WithTLS(cfg))
	if err != nil {
		return "", "", err
	}
	defer client.Close()
	var peer curlew.Peer
	c := greetv1.NewGreetServiceClient(client).With(curlew.Timeout(5*time.Second), curlew.CapturePeer(&peer))
	res, err := c.Greet(context.Background(), &greetv1.GreetRequest{})
	if err != nil {
		return "", "", err
	}
	return res.GetGreeting(), peer.TLS.PeerCertificates[0].Subject.CommonName, nil
}
