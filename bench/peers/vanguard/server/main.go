// Server is the bench's vanguard server: REST, translated for handlers of connect-go.
package main

import (
	"context"
	"net/http"

	"connectrpc.com/connect"
	"connectrpc.com/vanguard"
	"github.com/curlew-rpc/curlew/bench/benchpb"
	"github.com/curlew-rpc/curlew/bench/internal/peer"
	"github.com/curlew-rpc/curlew/bench/internal/peer/peerhttp"
	"github.com/curlew-rpc/curlew/bench/restpb"
)

const service = "/curlew.bench.v1.Users/"

func main() {
	config := peer.ParseServer()
	handlers := http.NewServeMux()
	handlers.Handle(service+"Find", connect.NewUnaryHandler(service+"Find", find))
	handlers.Handle(service+"Create", connect.NewUnaryHandler(service+"Create", create))
	transcoder, err := vanguard.NewTranscoder([]*vanguard.Service{vanguard.NewService(service, handlers)})
	peer.Check(err)
	peer.Check(peerhttp.Serve(config, transcoder))
}

func find(_ context.Context, req *connect.Request[restpb.FindRequest]) (*connect.Response[benchpb.User], error) {
	return connect.NewResponse(peer.FindUser(req.Msg.GetId(), req.Msg.GetLocale(), req.Msg.GetWithTags())), nil
}

func create(_ context.Context, req *connect.Request[benchpb.User]) (*connect.Response[benchpb.User], error) {
	return connect.NewResponse(req.Msg), nil
}
