// Server is the server under test of the Connect project's conformance suite. The
// suite's runner starts it, tells it by standard input how to listen, and ends it by
// SIGTERM.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/http3"
	pb "github.com/curlew-rpc/curlew/interop/connectconformance/internal/gen/connectrpc/conformance/v1"
	"github.com/curlew-rpc/curlew/interop/connectconformance/internal/suite"
	"github.com/curlew-rpc/curlew/web"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "server under test:", err)
		os.Exit(1)
	}
}

// run serves as the request on in says, says on out where, and returns when ctx
// ends.
func run(ctx context.Context, in io.Reader, out io.Writer) error {
	req := new(pb.ServerCompatRequest)
	if err := suite.Read(in, req); err != nil {
		return fmt.Errorf("reading the request: %w", err)
	}
	opts, err := options(req)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	addr := netip.MustParseAddrPort(l.Addr().String())
	if req.HttpVersion == pb.HTTPVersion_HTTP_VERSION_3 {
		udp, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			return errors.Join(err, l.Close())
		}
		opts = append(opts, http3.Enable(http3.WithPacketConn(udp)))
		addr = netip.MustParseAddrPort(udp.LocalAddr().String())
	}
	srv := curlew.NewServer(opts...)
	register(srv)
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()

	res := &pb.ServerCompatResponse{Host: addr.Addr().String(), Port: uint32(addr.Port())}
	if req.UseTls {
		res.PemCert = req.GetServerCreds().GetCert()
	}
	if err := suite.Write(out, res); err != nil {
		return errors.Join(err, srv.Close())
	}
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

// options returns what the request asks of the server.
func options(req *pb.ServerCompatRequest) ([]curlew.ServerOption, error) {
	if _, err := suite.Find(req.Protocol, req.HttpVersion); err != nil {
		return nil, err
	}
	opts := []curlew.ServerOption{
		suite.Compressors(),
		web.Enable(),
		curlew.WithLogger(slog.New(slog.NewTextHandler(os.Stderr, nil))),
	}
	if req.MessageReceiveLimit > 0 {
		opts = append(opts, curlew.WithMaxReceiveBytes(int(req.MessageReceiveLimit)))
	}
	if !req.UseTls {
		return opts, nil
	}
	cert, err := tls.X509KeyPair(req.GetServerCreds().GetCert(), req.GetServerCreds().GetKey())
	if err != nil {
		return nil, err
	}
	cfg := &tls.Config{Certificates: []tls.Certificate{cert}}
	if len(req.ClientTlsCert) > 0 {
		cfg.ClientAuth = tls.RequireAndVerifyClientCert
		cfg.ClientCAs = x509.NewCertPool()
		if !cfg.ClientCAs.AppendCertsFromPEM(req.ClientTlsCert) {
			return nil, errors.New("the client's certificate is not one")
		}
	}
	return append(opts, curlew.WithTLS(cfg)), nil
}
