// Server serves grpc.testing.TestService and curlew.interop.v1.PeerService by
// Curlew, with health checking and reflection and the flags of the other stacks'
// interoperability servers. It stops at SIGINT and SIGTERM.
package main

import (
	"context"
	"crypto/tls"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"google.golang.org/grpc/testdata"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/health"
	"github.com/curlew-rpc/curlew/interop/internal/peerpb/peerpbcurlew"
	"github.com/curlew-rpc/curlew/interop/internal/testcurlew"
	"github.com/curlew-rpc/curlew/interop/peerservice"
	"github.com/curlew-rpc/curlew/interop/testservice"
	"github.com/curlew-rpc/curlew/reflection"
)

var (
	host     = flag.String("host", "127.0.0.1", "the interface to listen on; empty for all")
	port     = flag.Int("port", 10000, "the port to listen on; 0 for any that is free")
	useTLS   = flag.Bool("use_tls", false, "whether to use TLS")
	certFile = flag.String("tls_cert_file", "", "the certificate's file; by default that of the field's test certificates")
	keyFile  = flag.String("tls_key_file", "", "the key's file, likewise")
)

func main() {
	flag.Parse()
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "server:", err)
		os.Exit(1)
	}
}

func run() error {
	opts := append(testservice.Options(),
		curlew.WithMaxReceiveBytes(peerservice.MaxMessage),
		curlew.WithLogger(slog.New(slog.NewTextHandler(os.Stderr, nil))))
	if *useTLS {
		cert, err := tls.LoadX509KeyPair(or(*certFile, testdata.Path("server1.pem")), or(*keyFile, testdata.Path("server1.key")))
		if err != nil {
			return err
		}
		opts = append(opts, curlew.WithTLS(&tls.Config{Certificates: []tls.Certificate{cert}}))
	}
	srv := curlew.NewServer(opts...)
	testservice.Register(srv)
	peerservice.Register(srv)
	reflection.Register(srv)
	checker := health.New()
	for _, name := range []string{testcurlew.TestServiceName, peerpbcurlew.PeerServiceName} {
		checker.Set(name, health.Serving)
	}
	checker.Register(srv)
	l, err := net.Listen("tcp", net.JoinHostPort(*host, strconv.Itoa(*port)))
	if err != nil {
		return err
	}
	fmt.Println("listening on", l.Addr()) // for who started it with port 0

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	srv.Shutdown(ctx) // what is left after that second is cut off
	return nil
}

func or(name, otherwise string) string {
	if name != "" {
		return name
	}
	return otherwise
}
