// Server is the bench's kitex server, on its gRPC transport. It has no TLS.
package main

import (
	"context"
	"errors"
	"io"

	"github.com/cloudwego/kitex/pkg/klog"
	"github.com/cloudwego/kitex/server"
	"github.com/curlew-rpc/curlew/bench/internal/peer"
	"github.com/curlew-rpc/curlew/bench/peers/kitex/kitexpb/benchpb"
	benchservice "github.com/curlew-rpc/curlew/bench/peers/kitex/kitexpb/benchpb/bench"
)

func main() {
	config := peer.ParseServer()
	if config.TLS() != nil {
		peer.Fail("kitex has no TLS")
	}
	klog.SetLevel(klog.LevelError)
	srv := benchservice.NewServer(&bench{}, server.WithListener(config.Listen()),
		server.WithExitSignal(func() <-chan error { return nil })) // a signal ends it at once
	peer.Check(srv.Run())
}

type bench struct{}

func (*bench) GetUser(_ context.Context, req *benchpb.GetUserRequest) (*benchpb.User, error) {
	return &benchpb.User{
		Id:    req.GetId(),
		Name:  peer.UserName,
		Email: peer.UserEmail,
		Bio:   peer.UserBio,
		Tags:  peer.UserTags(),
	}, nil
}

func (*bench) Echo(_ context.Context, req *benchpb.Payload) (*benchpb.Payload, error) {
	return req, nil
}

func (*bench) List(ctx context.Context, req *benchpb.ListRequest, stream benchpb.Bench_ListServer) error {
	msg := &benchpb.Payload{Data: peer.NewPayload(int(req.GetSize())).GetData()}
	for sent := int32(0); req.GetCount() == 0 || sent < req.GetCount(); sent++ {
		if err := stream.Send(ctx, msg); err != nil {
			return err
		}
	}
	return nil
}

func (*bench) Import(ctx context.Context, stream benchpb.Bench_ImportServer) error {
	sum := new(benchpb.Summary)
	for {
		msg, err := stream.Recv(ctx)
		if errors.Is(err, io.EOF) {
			return stream.SendAndClose(ctx, sum)
		}
		if err != nil {
			return err
		}
		sum.Count++
		sum.Bytes += int64(len(msg.GetData()))
	}
}

func (*bench) Chat(ctx context.Context, stream benchpb.Bench_ChatServer) error {
	for {
		msg, err := stream.Recv(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := stream.Send(ctx, msg); err != nil {
			return err
		}
	}
}
