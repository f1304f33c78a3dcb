// Loadbalancing shows where calls go when a service has three servers: evenly by
// round_robin, away from a slow one by least_request and peak_ewma, and to other
// servers when the list of them changes.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/balance"
	greetv1 "github.com/curlew-rpc/curlew/examples/proto/greet/v1"
	"github.com/curlew-rpc/curlew/resolve"
)

// A server implements greetv1.GreetService; it answers with its name.
type server struct {
	name    string
	address string
	slow    atomic.Bool
}

func (s *server) Greet(ctx context.Context, _ *greetv1.GreetRequest) (*greetv1.GreetResponse, error) {
	if s.slow.Load() {
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return &greetv1.GreetResponse{Greeting: s.name}, nil
}

func main() {
	if err := run(os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(out io.Writer) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var servers []*server
	for _, name := range []string{"a", "b", "c"} {
		s, stop, err := serve(name)
		if err != nil {
			return err
		}
		defer stop()
		servers = append(servers, s)
	}

	calls, err := spread(ctx, servers, balance.RoundRobin())
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "round_robin:", calls)

	servers[2].slow.Store(true)
	calls, err = spread(ctx, servers, balance.RoundRobin())
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "round_robin, and c is slow:", calls)
	for _, p := range []struct {
		name   string
		policy balance.Policy
	}{
		{"least_request", balance.LeastRequest(balance.LeastRequestConfig{})},
		{"peak_ewma", balance.PeakEWMA(balance.PeakEWMAConfig{})},
	} {
		calls, err = spread(ctx, servers, p.policy)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s, and c is slow: c has fewer than a tenth of the calls: %t\n", p.name, calls["c"] < total/10)
	}
	servers[2].slow.Store(false)
	return follow(ctx, out, servers)
}

// total is how many calls are counted.
const total = 120

// spread makes calls through a client of all servers, eight at a time, and returns how
// many each server had.
func spread(ctx context.Context, servers []*server, policy balance.Policy) (counts, error) {
	var addresses []string
	for _, s := range servers {
		addresses = append(addresses, s.address)
	}
	client, err := curlew.NewClient("static:///"+strings.Join(addresses, ","), curlew.WithBalancer(policy))
	if err != nil {
		return nil, err
	}
	defer client.Close()
	if err := everybody(ctx, client, "a", "b", "c"); err != nil {
		return nil, err
	}
	return count(ctx, client)
}

// everybody calls until each of the servers has answered: connections are made one by
// one, and calls do not wait for the last.
func everybody(ctx context.Context, client *curlew.Client, names ...string) error {
	greet := greetv1.NewGreetServiceClient(client)
	for seen := map[string]bool{}; ; {
		res, err := greet.Greet(ctx, &greetv1.GreetRequest{})
		if err != nil {
			return err
		}
		seen[res.GetGreeting()] = true
		missing := 0
		for _, name := range names {
			if !seen[name] {
				missing++
			}
		}
		if missing == 0 {
			return nil
		}
	}
}

// count makes the calls that are counted.
func count(ctx context.Context, client *curlew.Client) (counts, error) {
	greet := greetv1.NewGreetServiceClient(client)
	var (
		mu    sync.Mutex
		got   = counts{}
		first error
		left  atomic.Int32
		wg    sync.WaitGroup
	)
	left.Store(total)
	for range 8 {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				res, err := greet.Greet(ctx, &greetv1.GreetRequest{})
				mu.Lock()
				if err != nil {
					first = err
				}
				got[res.GetGreeting()]++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return got, first
}

// counts are calls by the server's name.
type counts map[string]int

// String lists the servers in the order of their names.
func (c counts) String() string { return strings.TrimPrefix(fmt.Sprint(map[string]int(c)), "map") }

// follow has a client read the servers from a file, which changes.
func follow(ctx context.Context, out io.Writer, servers []*server) error {
	dir, err := os.MkdirTemp("", "endpoints")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "greet.json")
	if err := write(path, servers[0], servers[1]); err != nil {
		return err
	}
	// "file:" and the path would be enough, if once a second is often enough.
	client, err := curlew.NewClient("file:"+path,
		curlew.WithResolver(resolve.File(resolve.FileConfig{Interval: 10 * time.Millisecond})))
	if err != nil {
		return err
	}
	defer client.Close()
	if err := everybody(ctx, client, "a", "b"); err != nil {
		return err
	}
	calls, err := count(ctx, client)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "the file names a and b:", calls)
	if err := write(path, servers[1], servers[2]); err != nil {
		return err
	}
	if err := everybody(ctx, client, "c"); err != nil { // soon
		return err
	}
	if calls, err = count(ctx, client); err != nil {
		return err
	}
	fmt.Fprintln(out, "the file names b and c:", calls)
	return nil
}

// write replaces the file at once, so that nobody reads a half of it.
func write(path string, servers ...*server) error {
	type endpoint struct {
		Address string `json:"address"`
	}
	var file struct {
		Endpoints     []endpoint      `json:"endpoints"`
		ServiceConfig json.RawMessage `json:"serviceConfig"`
	}
	for _, s := range servers {
		file.Endpoints = append(file.Endpoints, endpoint{s.address})
	}
	file.ServiceConfig = json.RawMessage(`{"loadBalancingConfig": [{"round_robin": {}}]}`)
	text, err := json.Marshal(file)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", text, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// serve starts a server.
func serve(name string) (*server, func(), error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	s := &server{name: name, address: l.Addr().String()}
	srv := curlew.NewServer()
	greetv1.RegisterGreetService(srv, s)
	go srv.Serve(l)
	return s, func() { srv.Close() }, nil
}
