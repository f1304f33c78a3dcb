// Server is the bench's connect-go server.
package main

import (
	"context"
	"errors"
	"io"
	"net/http"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"github.com/curlew-rpc/curlew/bench/benchpb"
	"github.com/curlew-rpc/curlew/bench/benchpb/benchpbconnect"
	"github.com/curlew-rpc/curlew/bench/internal/peer"
	"github.com/curlew-rpc/curlew/bench/internal/peer/peerhttp"
)

func main() {
	config := peer.ParseServer()
	srv := connect.NewServer()
	benchpbconnect.RegisterBenchHandler(srv, bench{})
	mux := http.NewServeMux()
	// By default it compresses answers for clients that can read gzip; no other stack does.
	connecthttp.Mount(mux, srv, connecthttp.WithReadMaxBytes(peer.MessageLimit), connecthttp.WithCompressors())
	peer.Check(peerhttp.Serve(config, mux))
}

type bench struct{}

func (bench) GetUser(_ context.Context, req *benchpb.GetUserRequest) (*benchpb.User, error) {
	return peer.NewUser(req.GetId()), nil
}

func (bench) Echo(_ context.Context, req *benchpb.Payload) (*benchpb.Payload, error) {
	return req, nil
}

func (bench) List(_ context.Context, req *benchpb.ListRequest, stream benchpbconnect.BenchListServerStream) error {
	return peer.List(req, stream.Send)
}

func (bench) Import(_ context.Context, stream benchpbconnect.BenchImportServerStream) (*benchpb.Summary, error) {
	sum := new(benchpb.Summary)
	for {
		msg, err := stream.Receive()
		if errors.Is(err, io.EOF) {
			return sum, nil
		}
		if err != nil {
			return nil, err
		}
		sum.Count++
		sum.Bytes += int64(len(msg.GetData()))
	}
}

func (bench) Chat(_ context.Context, stream benchpbconnect.BenchChatServerStream) error {
	for {
		msg, err := stream.Receive()
		if errors.Is(err, io.EOF) {
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
