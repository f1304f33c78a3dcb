package health_test

import (
	"context"
	"fmt"
	"log"
	"net"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/health"
)

func Example() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	checker := health.New()
	srv := curlew.NewServer()
	checker.Register(srv)
	checker.Set("shop.v1.Orders", health.NotServing) // until its database is there
	go srv.Serve(l)

	client, err := curlew.NewClient("passthrough:///" + l.Addr().String())
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	for status, err := range health.NewClient(client).Watch(context.Background(), "shop.v1.Orders") {
		if err != nil {
			fmt.Println(curlew.CodeOf(err))
			break
		}
		fmt.Println(status)
		switch status {
		case health.NotServing:
			checker.Set("shop.v1.Orders", health.Serving)
		case health.Serving:
			checker.Set("shop.v1.Orders", health.Unknown)
		default:
			checker.Shutdown()
			go srv.Shutdown(context.Background())
		}
	}
	// Output:
	// NOT_SERVING
	// SERVING
	// UNKNOWN
	// NOT_SERVING
	// UNAVAILABLE
}
