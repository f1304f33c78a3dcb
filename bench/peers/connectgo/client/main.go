// Client is the bench's connect-go client, which speaks gRPC.
package main

import (
	"context"
	"net/http"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"github.com/curlew-rpc/curlew/bench/benchpb"
	"github.com/curlew-rpc/curlew/bench/benchpb/benchpbconnect"
	"github.com/curlew-rpc/curlew/bench/internal/peer"
	"github.com/curlew-rpc/curlew/bench/internal/peer/peerhttp"
)

func main() { peer.RunClient(dial) }

func dial(ctx context.Context, target peer.Target) (peer.Client, error) {
	transport, url := peerhttp.Connect(target)
	conn := connect.NewClient(connecthttp.NewTransport(&http.Client{Transport: transport}, url,
		connecthttp.WithGRPC(), connecthttp.WithReadMaxBytes(peer.MessageLimit), connecthttp.WithCompressors()))
	c := client{benchpbconnect.NewBenchClient(conn)}
	_, err := c.GetUser(ctx, &benchpb.GetUserRequest{Id: peer.UserID}) // connects
	return c, err
}

type client struct{ benchpbconnect.BenchClient }

func (c client) List(ctx context.Context, req *benchpb.ListRequest, receive func(*benchpb.Payload)) error {
	stream, err := c.BenchClient.List(ctx, req)
	if err != nil {
		return err
	}
	defer stream.Close()
	for {
		msg, err := stream.Receive()
		if err != nil {
			return err
		}
		receive(msg)
	}
}

func (c client) Import(ctx context.Context, next func() *benchpb.Payload) (*benchpb.Summary, error) {
	stream, err := c.BenchClient.Import(ctx)
	if err != nil {
		return nil, err
	}
	for msg := next(); msg != nil; msg = next() {
		if err := stream.Send(msg); err != nil {
			break // CloseAndReceive says why
		}
	}
	return stream.CloseAndReceive()
}

type chat struct {
	benchpbconnect.BenchChatClientStream
}

func (c chat) Recv() (*benchpb.Payload, error) {
	return c.Receive()
}

func (c client) Chat(ctx context.Context) (peer.Chat, error) {
	stream, err := c.BenchClient.Chat(ctx)
	return chat{stream}, err
}
