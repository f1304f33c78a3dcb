// Client is the bench's grpc-go client.
package main

import (
	"context"
	"fmt"

	"github.com/curlew-rpc/curlew/bench/benchpb"
	"github.com/curlew-rpc/curlew/bench/internal/peer"
	"github.com/curlew-rpc/curlew/bench/peers/grpcgo/benchgrpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
)

func main() { peer.RunClient(connect) }

func connect(ctx context.Context, target peer.Target) (peer.Client, error) {
	creds := insecure.NewCredentials()
	if target.TLS != nil {
		creds = credentials.NewTLS(target.TLS)
	}
	conn, err := grpc.NewClient(target.Addr, grpc.WithTransportCredentials(creds),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(peer.MessageLimit)))
	if err != nil {
		return nil, err
	}
	conn.Connect()
	for state := conn.GetState(); state != connectivity.Ready; state = conn.GetState() {
		if !conn.WaitForStateChange(ctx, state) {
			return nil, fmt.Errorf("cannot connect to %s: %w", target.Addr, ctx.Err())
		}
	}
	return client{conn}, nil
}

type client struct{ conn *grpc.ClientConn }

func (c client) GetUser(ctx context.Context, req *benchpb.GetUserRequest) (*benchpb.User, error) {
	user := new(benchpb.User)
	return user, c.conn.Invoke(ctx, benchgrpc.GetUser, req, user, grpc.StaticMethod())
}

func (c client) Echo(ctx context.Context, req *benchpb.Payload) (*benchpb.Payload, error) {
	res := new(benchpb.Payload)
	return res, c.conn.Invoke(ctx, benchgrpc.Echo, req, res, grpc.StaticMethod())
}

func (c client) List(ctx context.Context, req *benchpb.ListRequest, receive func(*benchpb.Payload)) error {
	s, err := c.conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, benchgrpc.List, grpc.StaticMethod())
	if err != nil {
		return err
	}
	stream := &grpc.GenericClientStream[benchpb.ListRequest, benchpb.Payload]{ClientStream: s}
	if err := stream.SendMsg(req); err != nil {
		return err
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	for {
		msg, err := stream.Recv()
		if err != nil {
			return err
		}
		receive(msg)
	}
}

func (c client) Import(ctx context.Context, next func() *benchpb.Payload) (*benchpb.Summary, error) {
	s, err := c.conn.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true}, benchgrpc.Import, grpc.StaticMethod())
	if err != nil {
		return nil, err
	}
	stream := &grpc.GenericClientStream[benchpb.Payload, benchpb.Summary]{ClientStream: s}
	for msg := next(); msg != nil; msg = next() {
		if err := stream.Send(msg); err != nil {
			break // CloseAndRecv says why
		}
	}
	return stream.CloseAndRecv()
}

func (c client) Chat(ctx context.Context) (peer.Chat, error) {
	s, err := c.conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}, benchgrpc.Chat, grpc.StaticMethod())
	return &grpc.GenericClientStream[benchpb.Payload, benchpb.Payload]{ClientStream: s}, err
}
