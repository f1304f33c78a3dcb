package orca_test

import (
	"context"
	"fmt"
	"log"
	"net"
	"time"

	"github.com/curlew-rpc/curlew"
	echov1 "github.com/curlew-rpc/curlew/internal/testproto/echo/v1"
	"github.com/curlew-rpc/curlew/orca"
)

// orders has one method, which says what each call costs.
type orders struct {
	echov1.UnimplementedEchoService
}

func (orders) Unary(ctx context.Context, req *echov1.EchoRequest) (*echov1.EchoResponse, error) {
	orca.CallFrom(ctx).SetCost("rows", float64(len(req.GetText())))
	return &echov1.EchoResponse{}, nil
}

func Example() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	load := orca.NewReporter(
		orca.WithProcessCPU(),                // what clients go by, unless SetApplication is called
		orca.WithMinInterval(10*time.Second), // for clients that ask, rather than call
	)
	srv := curlew.NewServer(curlew.WithInterceptors(load.Interceptor()))
	load.Register(srv)
	echov1.RegisterEchoService(srv, orders{})
	go srv.Serve(l)

	load.SetUtilization("pool", 0.25) // whenever it changes

	client, err := curlew.NewClient("passthrough:///" + l.Addr().String())
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	var trailer curlew.Header
	_, err = echov1.NewEchoServiceClient(client).With(curlew.CaptureTrailer(&trailer)).Unary(context.Background(), &echov1.EchoRequest{Text: "abc"})
	fmt.Println(err, trailer.Has("endpoint-load-metrics-bin"))
	fmt.Println(srv.Shutdown(context.Background()))
	// Output:
	// <nil> true
	// <nil>
}
