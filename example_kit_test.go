package curlew_test

import (
	"context"
	"fmt"
	"iter"
	"log"
	"net"

	"github.com/curlew-rpc/curlew"
	echov1 "github.com/curlew-rpc/curlew/internal/testproto/echo/v1"
)

// echo implements the service that the examples call. Its interface is
// generated: echov1.EchoService.
type echo struct{}

func (echo) Unary(_ context.Context, req *echov1.EchoRequest) (*echov1.EchoResponse, error) {
	if req.GetText() == "" {
		return nil, curlew.Errorf(curlew.InvalidArgument, "there is no text to echo")
	}
	return &echov1.EchoResponse{Text: req.GetText()}, nil
}

func (echo) ServerStream(_ context.Context, req *echov1.EchoRequest, out curlew.Sender[*echov1.EchoResponse]) error {
	for i := range req.GetRepeat() {
		if err := out.Send(&echov1.EchoResponse{Text: req.GetText(), Count: i + 1}); err != nil {
			return err
		}
	}
	return nil
}

func (echo) ClientStream(_ context.Context, reqs iter.Seq2[*echov1.EchoRequest, error]) (*echov1.EchoResponse, error) {
	res := new(echov1.EchoResponse)
	for req, err := range reqs {
		if err != nil {
			return nil, err
		}
		res.Text += req.GetText()
		res.Count++
	}
	return res, nil
}

func (echo) Bidi(_ context.Context, stream *curlew.Duplex[*echov1.EchoRequest, *echov1.EchoResponse]) error {
	for req, err := range stream.All() {
		if err != nil {
			return err
		}
		if err := stream.Send(&echov1.EchoResponse{Text: req.GetText()}); err != nil {
			return err
		}
	}
	return nil
}

// serveEcho serves impl on a port of its own until stop is called.
func serveEcho(impl echov1.EchoService, opts ...curlew.ServerOption) (address string, stop func()) {
	srv := curlew.NewServer(opts...)
	echov1.RegisterEchoService(srv, impl)
	address, served := listenAndServe(srv)
	return address, func() {
		srv.Close()
		if err := <-served; err != curlew.ErrServerClosed {
			fmt.Println(err)
		}
	}
}

// listenAndServe has a server serve on a port that is free.
func listenAndServe(srv *curlew.Server) (address string, served <-chan error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	return l.Addr().String(), done
}

// newEcho returns a client of a server that it starts.
func newEcho(impl echov1.EchoService, opts ...curlew.ServerOption) (client echov1.EchoServiceClient, stop func()) {
	address, stopServer := serveEcho(impl, opts...)
	c, err := curlew.NewClient(address)
	if err != nil {
		log.Fatal(err)
	}
	return echov1.NewEchoServiceClient(c), func() {
		c.Close()
		stopServer()
	}
}
