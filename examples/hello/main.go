// Hello starts a server and calls it.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"time"

	"github.com/curlew-rpc/curlew"
	greetv1 "github.com/curlew-rpc/curlew/examples/proto/greet/v1"
)

// greeter implements the generated interface greetv1.GreetService.
type greeter struct{}

func (greeter) Greet(_ context.Context, req *greetv1.GreetRequest) (*greetv1.GreetResponse, error) {
	if req.GetName() == "" {
		return nil, curlew.Errorf(curlew.InvalidArgument, "whom shall I greet?")
	}
	return &greetv1.GreetResponse{Greeting: "Hello, " + req.GetName() + "!"}, nil
}

func main() {
	if err := run(os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(out io.Writer) error {
	// A program that only serves would say srv.ListenAndServe(ctx, ":8080").
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	srv := curlew.NewServer()
	greetv1.RegisterGreetService(srv, greeter{})
	go srv.Serve(l)
	defer srv.Close()

	client, err := curlew.NewClient(l.Addr().String())
	if err != nil {
		return err
	}
	defer client.Close()
	greet := greetv1.NewGreetServiceClient(client)

	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	res, err := greet.Greet(ctx, &greetv1.GreetRequest{Name: "curlew"})
	if err != nil {
		return err
	}
	fmt.Fprintln(out, res.GetGreeting())

	_, err = greet.Greet(ctx, &greetv1.GreetRequest{})
	fmt.Fprintln(out, err)
	return nil
}
