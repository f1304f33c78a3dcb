// Retry-hedge shows when a call is made more than once: at once where its method is
// known to be idempotent, by a retry policy otherwise, within budgets, and beside a call
// that is slow. It prints what became of each attempt.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"sync/atomic"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/balance"
	greetv1 "github.com/curlew-rpc/curlew/examples/proto/greet/v1"
	shopv1 "github.com/curlew-rpc/curlew/examples/proto/shop/v1"
)

// A server implements greetv1.GreetService and shopv1.ShopService, both badly.
type server struct {
	failures atomic.Int32 // how many of the next calls fail
	hangs    bool
	address  string
}

func (s *server) fail(ctx context.Context) error {
	if s.hangs {
		<-ctx.Done() // until the client has its answer from elsewhere
		return ctx.Err()
	}
	if s.failures.Add(-1) >= 0 {
		return curlew.Errorf(curlew.Unavailable, "the till is closed")
	}
	return nil
}

func (s *server) Greet(ctx context.Context, req *greetv1.GreetRequest) (*greetv1.GreetResponse, error) {
	if err := s.fail(ctx); err != nil {
		return nil, err
	}
	return &greetv1.GreetResponse{Greeting: "Hello, " + req.GetName() + "!"}, nil
}

func (s *server) Order(ctx context.Context, _ *shopv1.OrderRequest) (*shopv1.OrderResponse, error) {
	if err := s.fail(ctx); err != nil {
		return nil, err
	}
	return &shopv1.OrderResponse{Shelf: "B7"}, nil
}

func main() {
	if err := run(os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(out io.Writer) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	s, stop, err := serve(false)
	if err != nil {
		return err
	}
	defer stop()
	for _, part := range []func(context.Context, io.Writer, *server) error{byDefault, byPolicy, throttled, hedged} {
		if err := part(ctx, out, s); err != nil {
			return err
		}
	}
	return nil
}

// byDefault retries only what is known to do no harm.
func byDefault(ctx context.Context, out io.Writer, s *server) error {
	client, err := curlew.NewClient(s.address)
	if err != nil {
		return err
	}
	defer client.Close()

	// Greet has the option idempotency_level in its .proto file, so it is tried three
	// times without being asked for.
	s.failures.Store(2)
	res, err := greetv1.NewGreetServiceClient(client).Greet(ctx, &greetv1.GreetRequest{Name: "curlew"})
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "two failures, and an idempotent method:", res.GetGreeting())

	// An order might be placed twice.
	s.failures.Store(1)
	_, err = shopv1.NewShopServiceClient(client).Order(ctx, &shopv1.OrderRequest{Article: "kettle"})
	fmt.Fprintln(out, "one failure, and any other:")
	explain(out, err)
	return nil
}

// byPolicy retries orders, which this shop takes only once however often it is told.
func byPolicy(ctx context.Context, out io.Writer, s *server) error {
	client, err := curlew.NewClient(s.address, curlew.WithServiceConfig(curlew.ServiceConfig{
		Methods: []curlew.MethodConfig{{
			Names: []curlew.MethodName{{Service: "shop.v1.ShopService"}},
			Retry: &curlew.RetryPolicy{
				MaxAttempts:       3,
				InitialBackoff:    10 * time.Millisecond,
				MaxBackoff:        100 * time.Millisecond,
				BackoffMultiplier: 2,
				Codes:             []curlew.Code{curlew.Unavailable},
			},
		}},
	}))
	if err != nil {
		return err
	}
	defer client.Close()
	orders := shopv1.NewShopServiceClient(client)
	s.failures.Store(2)
	res, err := orders.Order(ctx, &shopv1.OrderRequest{Article: "kettle"})
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "two failures, and a retry policy: shelf", res.GetShelf())
	s.failures.Store(3)
	_, err = orders.Order(ctx, &shopv1.OrderRequest{Article: "kettle"})
	fmt.Fprintln(out, "one failure too many:")
	explain(out, err)
	return nil
}

// throttled stops to retry when nearly everything fails: a service that cannot serve
// its calls is not to have three times as many.
func throttled(ctx context.Context, out io.Writer, s *server) error {
	// The same in gRPC's JSON, as a resolver brings it.
	config, err := curlew.ParseServiceConfig(`{
		"methodConfig": [{
			"name": [{"service": "shop.v1.ShopService"}],
			"retryPolicy": {
				"maxAttempts": 3, "initialBackoff": "0.01s", "maxBackoff": "0.1s", "backoffMultiplier": 2,
				"retryableStatusCodes": ["UNAVAILABLE"]
			}
		}],
		"retryThrottling": {"maxTokens": 10, "tokenRatio": 0.1}
	}`)
	if err != nil {
		return err
	}
	client, err := curlew.NewClient(s.address, curlew.WithServiceConfig(*config))
	if err != nil {
		return err
	}
	defer client.Close()
	orders := shopv1.NewShopServiceClient(client)
	const plenty = 1000
	s.failures.Store(plenty)
	for range 20 {
		_, err = orders.Order(ctx, &shopv1.OrderRequest{Article: "kettle"})
	}
	fmt.Fprintln(out, "attempts of 20 calls that fail:", plenty-s.failures.Load())
	explain(out, err)
	s.failures.Store(0)
	return nil
}

// hedged asks a second server when the first takes too long.
func hedged(ctx context.Context, out io.Writer, s *server) error {
	stuck, stop, err := serve(true)
	if err != nil {
		return err
	}
	defer stop()
	client, err := curlew.NewClient("static:///"+stuck.address+","+s.address,
		curlew.WithServiceConfig(curlew.ServiceConfig{
			Balancer: balance.RoundRobin(),
			Methods: []curlew.MethodConfig{{
				Names: []curlew.MethodName{{Service: "greet.v1.GreetService", Method: "Greet"}},
				// When 64 calls have been seen, the next attempt follows after the time
				// in which 95 of 100 were answered.
				Hedging: &curlew.HedgingPolicy{MaxAttempts: 2, Delay: 20 * time.Millisecond, Percentile: 0.95},
			}},
		}))
	if err != nil {
		return err
	}
	defer client.Close()
	greet := greetv1.NewGreetServiceClient(client)
	answered := 0
	for range 20 {
		if _, err := greet.Greet(ctx, &greetv1.GreetRequest{Name: "curlew"}); err != nil {
			explain(out, err)
			continue
		}
		answered++
	}
	fmt.Fprintf(out, "every other server hangs, and calls are hedged: %d of 20 are answered\n", answered)
	return nil
}

// explain prints what this process knows of a call that failed, but for times and
// addresses. Explanation.String prints those as well.
func explain(out io.Writer, err error) {
	why := curlew.Explain(err)
	if why == nil {
		fmt.Fprintln(out, "  ", err)
		return
	}
	for _, a := range why.Attempts {
		fmt.Fprintf(out, "   %v: %v: %s\n", a.Kind, a.Code, a.Message)
	}
	if why.Reason != "" {
		fmt.Fprintf(out, "   no further attempt: %s\n", why.Reason)
	}
}

// serve starts a server.
func serve(hangs bool) (*server, func(), error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	s := &server{hangs: hangs, address: l.Addr().String()}
	srv := curlew.NewServer()
	greetv1.RegisterGreetService(srv, s)
	shopv1.RegisterShopService(srv, s)
	go srv.Serve(l)
	return s, func() { srv.Close() }, nil
}
