// Auth-token shows calls that carry a token: a source that keeps one until it
// expires, a server that checks it, and the refusal to send one where others
// could read it.
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/examples/internal/certs"
	greetv1 "github.com/curlew-rpc/curlew/examples/proto/greet/v1"
)

type greeter struct{}

func (greeter) Greet(_ context.Context, req *greetv1.GreetRequest) (*greetv1.GreetResponse, error) {
	return &greetv1.GreetResponse{Greeting: "Hello, " + req.GetName() + "!"}, nil
}

// An issuer hands out tokens that are good for a while. Yours is another service.
type issuer struct {
	mu     sync.Mutex
	issued int
	valid  map[string]time.Time // until when
}

func (i *issuer) issue(lifetime time.Duration) (token string, until time.Time) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.issued++
	token, until = fmt.Sprintf("token-%d", i.issued), time.Now().Add(lifetime)
	i.valid[token] = until
	return token, until
}

// check is the server's side: an interceptor that lets calls with a valid token pass.
func (i *issuer) check(ctx context.Context, call *curlew.Call, next curlew.Handler) error {
	token, ok := strings.CutPrefix(call.RequestHeader().Get("authorization"), "Bearer ")
	i.mu.Lock()
	until := i.valid[token]
	i.mu.Unlock()
	if !ok || time.Now().After(until) {
		return curlew.Errorf(curlew.Unauthenticated, "no valid token")
	}
	return next(ctx, call)
}

// A cache is the client's side: a curlew.TokenSource that asks for a token when it
// has none that will last.
type cache struct {
	issue func() (token string, until time.Time)

	mu    sync.Mutex
	token string
	until time.Time
}

// Token implements curlew.TokenSource. It is called for every call.
func (c *cache) Token(context.Context) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Until(c.until) < 10*time.Second {
		c.token, c.until = c.issue()
	}
	return c.token, nil
}

func main() {
	if err := run(os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(out io.Writer) error {
	ca, err := certs.NewAuthority()
	if err != nil {
		return err
	}
	cert, err := ca.Certificate("server")
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	tokens := &issuer{valid: map[string]time.Time{}}
	srv := curlew.NewServer(
		curlew.WithTLS(&tls.Config{Certificates: []tls.Certificate{cert}}),
		curlew.WithInterceptors(tokens.check),
	)
	greetv1.RegisterGreetService(srv, greeter{})
	go srv.Serve(l)
	defer srv.Close()

	source := &cache{issue: func() (string, time.Time) { return tokens.issue(time.Hour) }}
	secured := curlew.WithTLS(&tls.Config{RootCAs: ca.Pool})
	withToken := curlew.WithCallOptions(curlew.Token(source))
	for _, c := range []struct {
		what string
		opts []curlew.ClientOption
	}{
		{"with a token", []curlew.ClientOption{secured, withToken}},
		{"without one", []curlew.ClientOption{secured}},
		{"with a token in cleartext", []curlew.ClientOption{withToken}},
	} {
		if err := call(out, c.what, l.Addr().String(), c.opts); err != nil {
			return err
		}
	}
	fmt.Fprintln(out, "tokens issued:", tokens.issued)
	return nil
}

// call makes two calls and prints how they end.
func call(out io.Writer, what, address string, opts []curlew.ClientOption) error {
	client, err := curlew.NewClient(address, opts...)
	if err != nil {
		return err
	}
	defer client.Close()
	greet := greetv1.NewGreetServiceClient(client).With(curlew.Timeout(5 * time.Second))
	for _, name := range []string{"Ada", "Grace"} {
		res, err := greet.Greet(context.Background(), &greetv1.GreetRequest{Name: name})
		var e *curlew.Error
		switch {
		case err == nil:
			fmt.Fprintf(out, "%s: %s\n", what, res.GetGreeting())
		case errors.As(err, &e) && e.Remote():
			fmt.Fprintf(out, "%s: the server says %v\n", what, e)
			return nil
		default:
			fmt.Fprintf(out, "%s: the client says %v\n", what, curlew.CodeOf(err))
			return nil
		}
	}
	return nil
}
