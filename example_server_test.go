package curlew_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/curlew-rpc/curlew"
	echov1 "github.com/curlew-rpc/curlew/internal/testproto/echo/v1"
)

// A server runs until its context ends, for instance that of signal.NotifyContext,
// and then gives its calls time to finish.
func ExampleServer_ListenAndServe() {
	dir, err := os.MkdirTemp("", "echo")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	address := "unix:" + filepath.Join(dir, "socket") // or ":8080"

	ctx, cancel := context.WithCancel(context.Background())
	srv := curlew.NewServer(curlew.WithMaxReceiveBytes(1 << 20))
	echov1.RegisterEchoService(srv, echo{})
	stopped := make(chan error)
	go func() { stopped <- srv.ListenAndServe(ctx, address) }()

	client, err := curlew.NewClient(address)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	c := echov1.NewEchoServiceClient(client).With(curlew.WaitForReady(), curlew.Timeout(5*time.Second))
	res, err := c.Unary(context.Background(), &echov1.EchoRequest{Text: "over a socket file"})
	fmt.Println(res.GetText(), err)

	cancel()
	fmt.Println(<-stopped)
	// Output:
	// over a socket file <nil>
	// <nil>
}

// What is wrong with an option is said when the server is to serve.
func ExampleServer_Serve() {
	srv := curlew.NewServer(curlew.WithMaxStreams(0))
	fmt.Println(srv.ListenAndServe(context.Background(), "127.0.0.1:0"))
	// Output: curlew: WithMaxStreams(0): the limit must be from 1 to 1048576
}

// slowEcho takes its time.
type slowEcho struct{ echo }

func (e slowEcho) Unary(ctx context.Context, req *echov1.EchoRequest) (*echov1.EchoResponse, error) {
	time.Sleep(50 * time.Millisecond)
	return e.echo.Unary(ctx, req)
}

// Shutdown waits for the calls that are open.
func ExampleServer_Shutdown() {
	called := make(chan struct{})
	srv := curlew.NewServer(curlew.WithInterceptors(func(ctx context.Context, call *curlew.Call, next curlew.Handler) error {
		close(called)
		return next(ctx, call)
	}))
	echov1.RegisterEchoService(srv, slowEcho{})
	address, served := listenAndServe(srv)

	client, err := curlew.NewClient(address)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	answer := curlew.Go(context.Background(), echov1.NewEchoServiceClient(client).Unary, &echov1.EchoRequest{Text: "not lost"})
	<-called

	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	fmt.Println("Shutdown:", srv.Shutdown(ctx))
	fmt.Println("Serve:", errors.Is(<-served, curlew.ErrServerClosed))
	res, err := answer.Wait(ctx)
	fmt.Println("the call:", res.GetText(), err)
	// Output:
	// Shutdown: <nil>
	// Serve: true
	// the call: not lost <nil>
}

// The server is silent unless it has a logger.
func ExampleWithLogger() {
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		Level: slog.LevelError,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Key == "stack" {
				return slog.Attr{}
			}
			return a
		},
	}))
	client, stop := newEcho(panicking{}, curlew.WithLogger(logger))
	defer stop()
	_, err := client.Unary(context.Background(), &echov1.EchoRequest{Text: "hello"})
	fmt.Println(err)
	// Output:
	// level=ERROR msg="panic in a handler" method=/curlew.test.echo.v1.EchoService/Unary panic="a bug"
	// INTERNAL: the handler panicked
}

type panicking struct{ echo }

func (panicking) Unary(context.Context, *echov1.EchoRequest) (*echov1.EchoResponse, error) {
	panic("a bug")
}
