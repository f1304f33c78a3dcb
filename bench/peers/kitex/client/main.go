// Client is the bench's kitex client, on its gRPC transport. Its messages are kitex's own.
package main

import (
	"context"
	"net"

	kitexclient "github.com/cloudwego/kitex/client"
	"github.com/cloudwego/kitex/pkg/klog"
	"github.com/cloudwego/kitex/transport"
	"github.com/curlew-rpc/curlew/bench/benchpb"
	"github.com/curlew-rpc/curlew/bench/internal/peer"
	kitexpb "github.com/curlew-rpc/curlew/bench/peers/kitex/kitexpb/benchpb"
	benchservice "github.com/curlew-rpc/curlew/bench/peers/kitex/kitexpb/benchpb/bench"
)

func main() {
	klog.SetLevel(klog.LevelError)
	peer.RunClient(connect)
}

func connect(ctx context.Context, target peer.Target) (peer.Client, error) {
	opts := []kitexclient.Option{
		kitexclient.WithHostPorts(target.Addr),
		kitexclient.WithTransportProtocol(transport.GRPC),
		kitexclient.WithGRPCConnPoolSize(1),
	}
	if target.TLS != nil {
		settings := target.TLS.Clone()
		settings.ServerName, _, _ = net.SplitHostPort(target.Addr)
		opts = append(opts, kitexclient.WithGRPCTLSConfig(settings))
	}
	conn, err := benchservice.NewClient(peer.Service, opts...)
	if err != nil {
		return nil, err
	}
	c := client{conn}
	_, err = c.GetUser(ctx, &benchpb.GetUserRequest{Id: peer.UserID}) // connects
	return c, err
}

type client struct{ conn benchservice.Client }

func (c client) GetUser(ctx context.Context, req *benchpb.GetUserRequest) (*benchpb.User, error) {
	_, err := c.conn.GetUser(ctx, &kitexpb.GetUserRequest{Id: req.GetId()})
	return nil, err
}

func (c client) Echo(ctx context.Context, req *benchpb.Payload) (*benchpb.Payload, error) {
	return payload(c.conn.Echo(ctx, &kitexpb.Payload{Data: req.GetData()}))
}

// payload returns a message that was received as the one that the measurement knows.
func payload(msg *kitexpb.Payload, err error) (*benchpb.Payload, error) {
	return &benchpb.Payload{Data: msg.GetData()}, err
}

func (c client) List(ctx context.Context, req *benchpb.ListRequest, receive func(*benchpb.Payload)) error {
	stream, err := c.conn.List(ctx, &kitexpb.ListRequest{Count: req.GetCount(), Size: req.GetSize()})
	if err != nil {
		return err
	}
	for {
		msg, err := payload(stream.Recv(ctx))
		if err != nil {
			return err
		}
		receive(msg)
	}
}

func (c client) Import(ctx context.Context, next func() *benchpb.Payload) (*benchpb.Summary, error) {
	stream, err := c.conn.Import(ctx)
	if err != nil {
		return nil, err
	}
	for msg := next(); msg != nil; msg = next() {
		if err := stream.Send(ctx, &kitexpb.Payload{Data: msg.GetData()}); err != nil {
			break // CloseAndRecv says why
		}
	}
	sum, err := stream.CloseAndRecv(ctx)
	return &benchpb.Summary{Count: sum.GetCount(), Bytes: sum.GetBytes()}, err
}

type chat struct {
	ctx    context.Context
	stream benchservice.Bench_ChatClient
}

func (c chat) Send(msg *benchpb.Payload) error {
	return c.stream.Send(c.ctx, &kitexpb.Payload{Data: msg.GetData()})
}

func (c chat) Recv() (*benchpb.Payload, error) { return payload(c.stream.Recv(c.ctx)) }

func (c chat) CloseSend() error { return c.stream.CloseSend(c.ctx) }

func (c client) Chat(ctx context.Context) (peer.Chat, error) {
	stream, err := c.conn.Chat(ctx)
	return chat{ctx, stream}, err
}
