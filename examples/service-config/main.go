// Service-config shows how a service tells its clients how to call it: in the file that
// names its servers, or by a TXT record in DNS. It changes while clients run, and one
// that is wrong is refused with the place of the mistake.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"github.com/curlew-rpc/curlew"
	greetv1 "github.com/curlew-rpc/curlew/examples/proto/greet/v1"
	"github.com/curlew-rpc/curlew/resolve"
)

// greeter implements greetv1.GreetService; it answers with how long it was given.
type greeter struct{}

func (greeter) Greet(ctx context.Context, _ *greetv1.GreetRequest) (*greetv1.GreetResponse, error) {
	end, ok := ctx.Deadline()
	if !ok {
		return &greetv1.GreetResponse{Greeting: "no deadline"}, nil
	}
	minutes := time.Until(end).Round(time.Minute) / time.Minute
	return &greetv1.GreetResponse{Greeting: fmt.Sprintf("a deadline of %d minutes", minutes)}, nil
}

// right has round_robin, and a timeout for each call. A program that cannot know the
// policy "newest" takes the next one.
const right = `{
	"loadBalancingConfig": [{"newest": {}}, {"round_robin": {}}],
	"methodConfig": [{"name": [{"service": "greet.v1.GreetService"}], "timeout": "%ds", "waitForReady": true}]
}`

// wrong has a mistake.
const wrong = `{
	"methodConfig": [{
		"name": [{"service": "greet.v1.GreetService"}],
		"retryPolicy": {"maxAttempts": 3, "initialBackoff": "0.1s", "maxBackoff": "1s", "backoffMultiplier": 2, "retryableStatusCodes": ["UNAVAILBLE"]}
	}]
}`

func main() {
	if err := run(os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(out io.Writer) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	srv := curlew.NewServer()
	greetv1.RegisterGreetService(srv, greeter{})
	go srv.Serve(l)
	defer srv.Close()
	_, err = curlew.ParseServiceConfig(wrong)
	fmt.Fprintln(out, err)
	if err := byFile(ctx, out, l.Addr().String()); err != nil {
		return err
	}
	return byDNS(ctx, out, l.Addr().String())
}

// byFile has the service config beside the addresses, in a file.
func byFile(ctx context.Context, out io.Writer, address string) error {
	dir, err := os.MkdirTemp("", "service")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "greet.json")
	write := func(serviceConfig string) error {
		text := fmt.Sprintf(`{"endpoints": [{"address": %q}], "serviceConfig": %s}`, address, serviceConfig)
		if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
			return err
		}
		return os.Rename(path+".new", path)
	}
	if err := write(fmt.Sprintf(right, 120)); err != nil {
		return err
	}
	warnings := make(warnings, 10)
	client, err := curlew.NewClient("file:"+path,
		curlew.WithResolver(resolve.File(resolve.FileConfig{Interval: 10 * time.Millisecond})),
		curlew.WithLogger(slog.New(warnings)))
	if err != nil {
		return err
	}
	defer client.Close()
	greet := greetv1.NewGreetServiceClient(client)
	res, err := greet.Greet(ctx, &greetv1.GreetRequest{})
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "by a file:", res.GetGreeting())

	if err := write(wrong); err != nil {
		return err
	}
	select {
	case w := <-warnings:
		fmt.Fprintln(out, "the log says:", w)
	case <-ctx.Done():
		return errors.New("nobody has looked at the file")
	}
	if res, err = greet.Greet(ctx, &greetv1.GreetRequest{}); err != nil {
		return err
	}
	fmt.Fprintln(out, "what was right stays:", res.GetGreeting())

	if err := write(fmt.Sprintf(right, 180)); err != nil {
		return err
	}
	for before := res.GetGreeting(); res.GetGreeting() == before; {
		if res, err = greet.Greet(ctx, &greetv1.GreetRequest{}); err != nil {
			return err
		}
	}
	fmt.Fprintln(out, "and the next one that is:", res.GetGreeting())
	return nil
}

// byDNS has it in DNS, as other gRPC clients read it: the TXT record of
// _grpc_config.greet.example says which clients it is for.
func byDNS(ctx context.Context, out io.Writer, address string) error {
	txt := "grpc_config=[" +
		`{"clientLanguage": ["java"], "serviceConfig": {}},` +
		`{"percentage": 0, "serviceConfig": {}},` + // what is to be tried by some clients first
		`{"serviceConfig": ` + fmt.Sprintf(right, 240) + `}]`
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	// A client of "dns:///greet.example" would ask the system's resolver for both.
	names := resolve.DNS(resolve.DNSConfig{
		Lookup: func(context.Context, string, string) ([]netip.Addr, time.Duration, error) {
			return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, time.Minute, nil
		},
		LookupTXT: func(_ context.Context, _, name string) ([]string, error) {
			fmt.Fprintln(out, "the client asks for the TXT records of", name)
			return []string{txt}, nil
		},
	})
	client, err := curlew.NewClient("dns:///greet.example:"+port, curlew.WithResolver(names))
	if err != nil {
		return err
	}
	defer client.Close()
	res, err := greetv1.NewGreetServiceClient(client).Greet(ctx, &greetv1.GreetRequest{})
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "by DNS:", res.GetGreeting())
	return nil
}

// warnings is a log of which only the errors of warnings are kept.
type warnings chan error

func (warnings) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }

func (w warnings) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if err, ok := a.Value.Any().(error); ok {
			select {
			case w <- fmt.Errorf("%s: %w", r.Message, err):
			default:
			}
		}
		return true
	})
	return nil
}

func (w warnings) WithAttrs([]slog.Attr) slog.Handler { return w }

func (w warnings) WithGroup(string) slog.Handler { return w }
