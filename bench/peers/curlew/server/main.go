// Server is the bench's curlew server.
package main

import (
	"context"
	"flag"
	"fmt"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/bench/benchpb"
	"github.com/curlew-rpc/curlew/bench/benchpb/benchpbcurlew"
	"github.com/curlew-rpc/curlew/bench/internal/peer"
	"github.com/curlew-rpc/curlew/bench/peers/curlew/benchcurlew"
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
	benchpbcurlew.RegisterBench(srv, benchcurlew.Bench{})
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
		service.Methods = append(service.Methods, curlew.HandleUnary(method, benchcurlew.Bench{}.Echo))
	}
	return service
}
