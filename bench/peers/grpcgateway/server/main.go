// Server is the bench's grpc-gateway server: REST, translated within the process, without a connection to a gRPC server.
package main

import (
	"context"

	"github.com/curlew-rpc/curlew/bench/benchpb"
	"github.com/curlew-rpc/curlew/bench/internal/peer"
	"github.com/curlew-rpc/curlew/bench/internal/peer/peerhttp"
	"github.com/curlew-rpc/curlew/bench/peers/grpcgateway/gatewaypb"
	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
)

func main() {
	config := peer.ParseServer()
	mux := runtime.NewServeMux()
	peer.Check(gatewaypb.RegisterUsersHandlerServer(context.Background(), mux, users{}))
	peer.Check(peerhttp.Serve(config, mux))
}

type users struct {
	gatewaypb.UnimplementedUsersServer
}

func (users) Find(_ context.Context, req *gatewaypb.FindRequest) (*benchpb.User, error) {
	return peer.FindUser(req.GetId(), req.GetLocale(), req.GetWithTags()), nil
}

func (users) Create(_ context.Context, user *benchpb.User) (*benchpb.User, error) {
	return user, nil
}
