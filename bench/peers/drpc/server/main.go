// Server is the bench's drpc server.
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"io"

	"github.com/curlew-rpc/curlew/bench/benchpb"
	"github.com/curlew-rpc/curlew/bench/internal/peer"
	"github.com/curlew-rpc/curlew/bench/peers/drpc/benchdrpc"
	"storj.io/drpc"
	"storj.io/drpc/drpcmux"
	"storj.io/drpc/drpcserver"
)

func main() {
	config := peer.ParseServer()
	l := config.Listen()
	if settings := config.TLS(); settings != nil {
		settings.NextProtos = nil // it is not HTTP/2
		l = tls.NewListener(l, settings)
	}
	mux := drpcmux.New()
	peer.Check(mux.Register(bench{}, benchdrpc.Description{}))
	srv := drpcserver.NewWithOptions(mux, drpcserver.Options{Manager: benchdrpc.Limits()})
	peer.Check(srv.Serve(context.Background(), l))
}

type bench struct{}

func (bench) GetUser(_ context.Context, req *benchpb.GetUserRequest) (*benchpb.User, error) {
	return peer.NewUser(req.GetId()), nil
}

func (bench) Echo(_ context.Context, req *benchpb.Payload) (*benchpb.Payload, error) {
	return req, nil
}

func (bench) List(req *benchpb.ListRequest, stream drpc.Stream) error {
	return peer.List(req, func(msg *benchpb.Payload) error { return benchdrpc.Send(stream, msg) })
}

func (bench) Import(stream drpc.Stream) error {
	sum := new(benchpb.Summary)
	for {
		msg, err := benchdrpc.Recv[benchpb.Payload](stream)
		if errors.Is(err, io.EOF) {
			return benchdrpc.Send(stream, sum)
		}
		if err != nil {
			return err
		}
		sum.Count++
		sum.Bytes += int64(len(msg.GetData()))
	}
}

func (bench) Chat(stream drpc.Stream) error {
	for {
		msg, err := benchdrpc.Recv[benchpb.Payload](stream)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := benchdrpc.Send(stream, msg); err != nil {
			return err
		}
	}
}
