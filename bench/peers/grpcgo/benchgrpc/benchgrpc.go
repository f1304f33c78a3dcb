// Package benchgrpc is the service in terms of grpc-go: what protoc-gen-go-grpc makes of it, but in a package of its own,
// which that has no option for.
package benchgrpc

import (
	"context"

	"github.com/curlew-rpc/curlew/bench/benchpb"
	"github.com/curlew-rpc/curlew/bench/internal/peer"
	"google.golang.org/grpc"
)

// The names of the methods.
const (
	GetUser = "/" + peer.Service + "/GetUser"
	List    = "/" + peer.Service + "/List"
	Import  = "/" + peer.Service + "/Import"
	Chat    = "/" + peer.Service + "/Chat"
	Echo    = "/" + peer.Service + "/Echo"
)

// Server is what a server implements.
type Server interface {
	GetUser(context.Context, *benchpb.GetUserRequest) (*benchpb.User, error)
	List(*benchpb.ListRequest, grpc.ServerStreamingServer[benchpb.Payload]) error
	Import(grpc.ClientStreamingServer[benchpb.Payload, benchpb.Summary]) error
	Chat(grpc.BidiStreamingServer[benchpb.Payload, benchpb.Payload]) error
	Echo(context.Context, *benchpb.Payload) (*benchpb.Payload, error)
}

// Desc describes the service.
var Desc = grpc.ServiceDesc{
	ServiceName: peer.Service,
	HandlerType: (*Server)(nil),
	Methods: []grpc.MethodDesc{
		{MethodName: "GetUser", Handler: unary(GetUser, Server.GetUser)},
		{MethodName: "Echo", Handler: unary(Echo, Server.Echo)},
	},
	Streams: []grpc.StreamDesc{
		{StreamName: "List", Handler: list, ServerStreams: true},
		{StreamName: "Import", Handler: imports, ClientStreams: true},
		{StreamName: "Chat", Handler: chat, ServerStreams: true, ClientStreams: true},
	},
	Metadata: "bench.proto",
}

func unary[Req, Res any](name string, method func(Server, context.Context, *Req) (*Res, error)) grpc.MethodHandler {
	return func(srv any, ctx context.Context, decode func(any) error, interceptor grpc.UnaryServerInterceptor) (any, error) {
		in := new(Req)
		if err := decode(in); err != nil {
			return nil, err
		}
		if interceptor == nil {
			return method(srv.(Server), ctx, in)
		}
		info := &grpc.UnaryServerInfo{Server: srv, FullMethod: name}
		return interceptor(ctx, in, info, func(ctx context.Context, req any) (any, error) {
			return method(srv.(Server), ctx, req.(*Req))
		})
	}
}

func list(srv any, stream grpc.ServerStream) error {
	req := new(benchpb.ListRequest)
	if err := stream.RecvMsg(req); err != nil {
		return err
	}
	return srv.(Server).List(req, &grpc.GenericServerStream[benchpb.ListRequest, benchpb.Payload]{ServerStream: stream})
}

func imports(srv any, stream grpc.ServerStream) error {
	return srv.(Server).Import(&grpc.GenericServerStream[benchpb.Payload, benchpb.Summary]{ServerStream: stream})
}

func chat(srv any, stream grpc.ServerStream) error {
	return srv.(Server).Chat(&grpc.GenericServerStream[benchpb.Payload, benchpb.Payload]{ServerStream: stream})
}
