// Server is the bench's grpc-go server.
package main

import (
	"context"
	"io"

	"github.com/curlew-rpc/curlew/bench/benchpb"
	"github.com/curlew-rpc/curlew/bench/internal/peer"
	"github.com/curlew-rpc/curlew/bench/peers/grpcgo/benchgrpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
)

func main() {
	config := peer.ParseServer()
	opts := []grpc.ServerOption{grpc.MaxRecvMsgSize(peer.MessageLimit)}
	if tls := config.TLS(); tls != nil {
		opts = append(opts, grpc.Creds(credentials.NewTLS(tls)))
	}
	srv := grpc.NewServer(opts...)
	srv.RegisterService(&benchgrpc.Desc, bench{})
	peer.Check(srv.Serve(config.Listen()))
}

type bench struct{}

func (bench) GetUser(_ context.Context, req *benchpb.GetUserRequest) (*benchpb.User, error) {
	return peer.NewUser(req.GetId()), nil
}

func (bench) Echo(_ context.Context, req *benchpb.Payload) (*benchpb.Payload, error) {
	return req, nil
}

func (bench) List(req *benchpb.ListRequest, stream grpc.ServerStreamingServer[benchpb.Payload]) error {
	return peer.List(req, stream.Send)
}

func (bench) Import(stream grpc.ClientStreamingServer[benchpb.Payload, benchpb.Summary]) error {
	sum := new(benchpb.Summary)
	for {
		msg, err := stream.Recv()
		if err == io.EOF {
			return stream.SendAndClose(sum)
		}
		if err != nil {
			return err
		}
		sum.Count++
		sum.Bytes += int64(len(msg.GetData()))
	}
}

func (bench) Chat(stream grpc.BidiStreamingServer[benchpb.Payload, benchpb.Payload]) error {
	for {
		msg, err := stream.Recv()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := stream.Send(msg); err != nil {
			return err
		}
	}
}
