// Server is the bench's curlew server.
package main

import (
	"context"
	"flag"
	"fmt"
	"iter"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/bench/benchpb"
	"github.com/curlew-rpc/curlew/bench/benchpb/benchpbcurlew"
	"github.com/curlew-rpc/curlew/bench/internal/peer"
)

func main() {
	interceptors := flag.Int("interceptors", 0, "`number` of interceptors, which do nothing")
	methods := flag.Int("methods", 0, "`number` of further methods that are registered")
	config := peer.ParseServer()

	opts := []curlew.ServerOption{curlew.WithMaxReceiveBytes(peer.MessageLimit)}
	if tls := config.TLS(); tls != nil {
		opts = append(opts, curlew.WithTLS(tls))
	}
	for range *interceptors {
		opts = append(opts, curlew.WithInterceptors(pass))
	}
	srv := curlew.NewServer(opts...)
	benchpbcurlew.RegisterBench(srv, bench{})
	if *methods > 0 {
		srv.Register(further(*methods))
	}
	peer.Check(srv.Serve(config.Listen()))
}

func pass(ctx context.Context, call *curlew.Call, next curlew.Handler) error {
	return next(ctx, call)
}

// further returns a service of n methods.
func further(n int) curlew.Service {
	const name = "curlew.bench.v1.Further"
	service := curlew.Service{Name: name}
	for i := range n {
		method := &curlew.MethodOf[*benchpb.Payload, *benchpb.Payload]{
			Method:      curlew.Method{Path: fmt.Sprintf("/%s/Echo%d", name, i), Kind: curlew.KindUnary},
			NewRequest:  func() *benchpb.Payload { return new(benchpb.Payload) },
			NewResponse: func() *benchpb.Payload { return new(benchpb.Payload) },
		}
		service.Methods = append(service.Methods, curlew.HandleUnary(method, bench{}.Echo))
	}
	return service
}

type bench struct{}

func (bench) GetUser(_ context.Context, req *benchpb.GetUserRequest) (*benchpb.User, error) {
	return peer.NewUser(req.GetId()), nil
}

func (bench) Echo(_ context.Context, req *benchpb.Payload) (*benchpb.Payload, error) {
	return req, nil
}

func (bench) List(_ context.Context, req *benchpb.ListRequest, stream curlew.Sender[*benchpb.Payload]) error {
	return peer.List(req, stream.Send)
}

func (bench) Import(_ context.Context, msgs iter.Seq2[*benchpb.Payload, error]) (*benchpb.Summary, error) {
	sum := new(benchpb.Summary)
	for msg, err := range msgs {
		if err != nil {
			return nil, err
		}
		sum.Count++
		sum.Bytes += int64(len(msg.GetData()))
	}
	return sum, nil
}

func (bench) Chat(_ context.Context, stream *curlew.Duplex[*benchpb.Payload, *benchpb.Payload]) error {
	for msg, err := range stream.All() {
		if err != nil {
			return err
		}
		if err := stream.Send(msg); err != nil {
			return err
		}
	}
	return nil
}
