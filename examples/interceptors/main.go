// Interceptors shows what surrounds calls on both sides: a log with times,
// authentication that tells the handler who calls, and a stream that is looked
// into as it passes.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"os"
	"time"

	"github.com/curlew-rpc/curlew"
	greetv1 "github.com/curlew-rpc/curlew/examples/proto/greet/v1"
)

// greeter implements greetv1.GreetService; it greets the caller, whatever name
// the request has.
type greeter struct{}

func (greeter) Greet(ctx context.Context, _ *greetv1.GreetRequest) (*greetv1.GreetResponse, error) {
	return &greetv1.GreetResponse{Greeting: "Hello, " + userOf(ctx) + "!"}, nil
}

func main() {
	if err := run(os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(out io.Writer) error {
	serverLog := slog.New(slog.NewTextHandler(out, nil)).With("side", "server")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	// The first is outermost: the log sees the calls that authentication refuses.
	srv := curlew.NewServer(curlew.WithInterceptors(
		logCalls(serverLog),
		authenticate(map[string]string{"k-1815": "Ada"}),
		limitSize(100),
	))
	greetv1.RegisterGreetService(srv, greeter{})
	go srv.Serve(l)
	defer srv.Close()

	for _, key := range []string{"k-1815", "k-0000"} {
		client, err := curlew.NewClient(l.Addr().String(), curlew.WithInterceptors(addKey(key)))
		if err != nil {
			return err
		}
		greet := greetv1.NewGreetServiceClient(client).With(curlew.Timeout(5 * time.Second))
		res, err := greet.Greet(context.Background(), &greetv1.GreetRequest{})
		fmt.Fprintf(out, "%s: %s %v\n", key, res.GetGreeting(), err)
		if err := client.Close(); err != nil {
			return err
		}
	}
	return nil
}
