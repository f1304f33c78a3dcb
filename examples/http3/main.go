// Http3 shows a server that answers by HTTP/1.1, HTTP/2 and HTTP/3 on one port number, and
// a client that calls over HTTP/3.
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/examples/internal/certs"
	greetv1 "github.com/curlew-rpc/curlew/examples/proto/greet/v1"
	"github.com/curlew-rpc/curlew/http3"
	"github.com/curlew-rpc/curlew/web"
)

// greeter implements greetv1.GreetService; it says how it has been called.
type greeter struct{}

func (greeter) Greet(ctx context.Context, req *greetv1.GreetRequest) (*greetv1.GreetResponse, error) {
	peer := curlew.CallFrom(ctx).Peer()
	version := "HTTP/1.1"
	switch peer.TLS.NegotiatedProtocol {
	case "h2":
		version = "HTTP/2"
	case "h3":
		version = "HTTP/3"
	}
	return &greetv1.GreetResponse{Greeting: fmt.Sprintf("Hello, %s, by %s, %s!", req.GetName(), version, peer.Addr.Network())}, nil
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
	cert, err := ca.Certificate("server")
	if err != nil {
		return err
	}
	l, err := listen()
	if err != nil {
		return err
	}
	srv := curlew.NewServer(
		curlew.WithTLS(&tls.Config{Certificates: []tls.Certificate{cert}}), // HTTP/3 takes TLS
		web.Enable(),   // HTTP/1.1 beside HTTP/2, and Connect, gRPC-Web and REST beside gRPC
		http3.Enable(), // HTTP/3 at the UDP port of the same number, for all of them
	)
	greetv1.RegisterGreetService(srv, greeter{})
	go srv.Serve(l)
	defer srv.Close()

	trust := &tls.Config{RootCAs: ca.Pool}
	address := l.Addr().String()
	if err := overHTTP1(out, address, trust); err != nil {
		return err
	}
	if err := greet(out, "gRPC", address, curlew.WithTLS(trust)); err != nil {
		return err
	}
	for _, p := range []web.Protocol{web.GRPC, web.Connect} {
		err := greet(out, p.String(), "https://"+address, http3.WithHTTP3(), web.WithProtocol(p), curlew.WithTLS(trust))
		if err != nil {
			return err
		}
	}
	return nil
}

// listen listens at a TCP port of which the UDP port is free, too. A program has a port
// that it is told, and needs no such thing.
func listen() (net.Listener, error) {
	for range 10 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		if udp, err := net.ListenPacket("udp", l.Addr().String()); err == nil {
			return l, udp.Close()
		}
		l.Close()
	}
	return nil, errors.New("there are no ports")
}

// greet calls by the client that the options make.
func greet(out io.Writer, protocol, target string, opts ...curlew.ClientOption) error {
	client, err := curlew.NewClient(target, opts...)
	if err != nil {
		return err
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	res, err := greetv1.NewGreetServiceClient(client).Greet(ctx, &greetv1.GreetRequest{Name: protocol})
	if err != nil {
		return err
	}
	fmt.Fprintln(out, res.GetGreeting())
	return nil
}

// overHTTP1 calls as any HTTP client can, and shows how a browser comes to know of HTTP/3.
func overHTTP1(out io.Writer, address string, trust *tls.Config) error {
	rt := &http.Transport{TLSClientConfig: trust}
	defer rt.CloseIdleConnections()
	client := http.Client{Transport: rt, Timeout: 5 * time.Second}
	res, err := client.Post("https://"+address+"/greet.v1.GreetService/Greet", "application/json", strings.NewReader(`{"name":"curl"}`))
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s\nalt-svc: %s\n", body, strings.ReplaceAll(res.Header.Get("Alt-Svc"), port, "8443"))
	return nil
}
