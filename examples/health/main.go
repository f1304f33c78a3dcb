// Health shows a server that tells how it is, and clients that ask, or that watch it and
// call only servers that are well.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/balance"
	greetv1 "github.com/curlew-rpc/curlew/examples/proto/greet/v1"
	"github.com/curlew-rpc/curlew/health"
)

// service is the name by which clients ask for the greeter's health.
const service = "greet.v1.GreetService"

// A server implements greetv1.GreetService; it answers with its name.
type server struct {
	name    string
	address string
	health  *health.Checker
}

func (s *server) Greet(context.Context, *greetv1.GreetRequest) (*greetv1.GreetResponse, error) {
	return &greetv1.GreetResponse{Greeting: s.name}, nil
}

func main() {
	if err := run(os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(out io.Writer) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	a, stop, err := serve("a")
	if err != nil {
		return err
	}
	defer stop()
	b, stop, err := serve("b")
	if err != nil {
		return err
	}
	defer stop()
	if err := ask(ctx, out, a); err != nil {
		return err
	}
	return watch(ctx, out, a, b)
}

// ask has a client ask one server, as a load balancer or a person would.
func ask(ctx context.Context, out io.Writer, s *server) error {
	client, err := curlew.NewClient(s.address)
	if err != nil {
		return err
	}
	defer client.Close()
	asks := health.NewClient(client)
	status, err := asks.Check(ctx, service)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "a is asked:", status)
	_, err = asks.Check(ctx, "no.such.Service")
	fmt.Fprintln(out, "about a service that it does not have:", curlew.CodeOf(err))
	n := 0
	for status, err := range asks.Watch(ctx, service) {
		if err != nil {
			return err
		}
		fmt.Fprintln(out, "a is watched:", status)
		switch n++; n {
		case 1:
			s.health.Set(service, health.NotServing) // its database has gone, say
		case 2:
			s.health.Set(service, health.Serving)
		case 3:
			return nil
		}
	}
	return errors.New("the watch has ended")
}

// watch has a client call only those servers that are well.
func watch(ctx context.Context, out io.Writer, a, b *server) error {
	client, err := curlew.NewClient("static:///"+a.address+","+b.address,
		curlew.WithServiceConfig(curlew.ServiceConfig{
			// Pick-first would not watch: it stays with a server that answers.
			Balancer: balance.RoundRobin(),
			Health:   &curlew.HealthConfig{Service: service},
		}))
	if err != nil {
		return err
	}
	defer client.Close()
	greet := greetv1.NewGreetServiceClient(client)

	if err := until(ctx, greet, "a", "b"); err != nil {
		return err
	}
	fmt.Fprintln(out, "both serve: calls go to a and b")

	b.health.Set(service, health.NotServing)
	if err := until(ctx, greet, "a"); err != nil {
		return err
	}
	fmt.Fprintln(out, "b does not: calls go to a, and none has failed")

	a.health.Set(service, health.NotServing)
	for err == nil {
		_, err = greet.Greet(ctx, &greetv1.GreetRequest{})
	}
	fmt.Fprintln(out, "none serves:", curlew.CodeOf(err))

	b.health.Set(service, health.Serving)
	if err := until(ctx, greet.With(curlew.WaitForReady()), "b"); err != nil {
		return err
	}
	fmt.Fprintln(out, "b serves again: a call that waits for that goes to b")
	return nil
}

// until calls until ten calls in a row have gone to these servers and to no others.
// Clients hear of a change within a round trip.
func until(ctx context.Context, greet greetv1.GreetServiceClient, names ...string) error {
	for {
		seen := map[string]bool{}
		for range 10 {
			res, err := greet.Greet(ctx, &greetv1.GreetRequest{})
			if err != nil {
				return err
			}
			seen[res.GetGreeting()] = true
		}
		good := len(seen) == len(names)
		for _, name := range names {
			good = good && seen[name]
		}
		if good {
			return nil
		}
	}
}

// serve starts a server that tells how it is.
func serve(name string) (*server, func(), error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	s := &server{name: name, address: l.Addr().String(), health: health.New()}
	s.health.Set(service, health.Serving)
	srv := curlew.NewServer()
	greetv1.RegisterGreetService(srv, s)
	s.health.Register(srv)
	go srv.Serve(l)
	return s, func() { srv.Close() }, nil
}
