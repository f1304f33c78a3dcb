package curlew_test

import (
	"context"
	"fmt"
	"log"
	"net"

	"github.com/curlew-rpc/curlew"
	echov1 "github.com/curlew-rpc/curlew/internal/testproto/echo/v1"
)

// A server and a client. The package echov1 is generated from a .proto file;
// echo implements its interface EchoService.
func Example() {
	srv := curlew.NewServer()
	echov1.RegisterEchoService(srv, echo{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go srv.Serve(l)
	defer srv.Close()

	client, err := curlew.NewClient(l.Addr().String())
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	res, err := echov1.NewEchoServiceClient(client).Unary(context.Background(), &echov1.EchoRequest{Text: "hello"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(res.GetText())
	// Output: hello
}
