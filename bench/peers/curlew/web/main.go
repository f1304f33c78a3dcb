// Server is the bench's curlew server with the web's protocols beside gRPC: a program of its own, for these link net/http,
// which the other does without.
package main

import (
	"context"
	"flag"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/bench/benchpb"
	"github.com/curlew-rpc/curlew/bench/benchpb/benchpbcurlew"
	"github.com/curlew-rpc/curlew/bench/internal/peer"
	"github.com/curlew-rpc/curlew/bench/peers/curlew/benchcurlew"
	"github.com/curlew-rpc/curlew/bench/restpb"
	"github.com/curlew-rpc/curlew/bench/restpb/restpbcurlew"
	"github.com/curlew-rpc/curlew/web"
)

func main() {
	enable := flag.Bool("web", true, "serve the web's protocols beside gRPC")
	config := peer.ParseServer()

	opts := []curlew.ServerOption{curlew.WithMaxReceiveBytes(peer.MessageLimit)}
	if tls := config.TLS(); tls != nil {
		opts = append(opts, curlew.WithTLS(tls))
	}
	if *enable {
		opts = append(opts, web.Enable())
	}
	srv := curlew.NewServer(opts...)
	benchpbcurlew.RegisterBench(srv, benchcurlew.Bench{})
	restpbcurlew.RegisterUsers(srv, users{})
	peer.Check(srv.Serve(config.Listen()))
}

type users struct{}

func (users) Find(_ context.Context, req *restpb.FindRequest) (*benchpb.User, error) {
	return peer.FindUser(req.GetId(), req.GetLocale(), req.GetWithTags()), nil
}

func (users) Create(_ context.Context, user *benchpb.User) (*benchpb.User, error) {
	return user, nil
}
