package curlew_test

import (
	"context"
	"fmt"
	"log"

	"github.com/curlew-rpc/curlew"
	echov1 "github.com/curlew-rpc/curlew/internal/testproto/echo/v1"
)

// One kind of interceptor serves both sides and all four kinds of call.
func ExampleInterceptor() {
	var logCalls curlew.Interceptor = func(ctx context.Context, call *curlew.Call, next curlew.Handler) error {
		err := next(ctx, call)
		side := "client"
		if call.IsServer() {
			side = "server"
		}
		fmt.Println(side, call.Method().Path, curlew.CodeOf(err))
		return err
	}
	address, stop := serveEcho(echo{}, curlew.WithInterceptors(logCalls))
	client, err := curlew.NewClient(address, curlew.WithInterceptors(logCalls))
	if err != nil {
		log.Fatal(err)
	}
	echov1.NewEchoServiceClient(client).Unary(context.Background(), &echov1.EchoRequest{})
	client.Close()
	stop()
	// Unordered output:
	// server /curlew.test.echo.v1.EchoService/Unary INVALID_ARGUMENT
	// client /curlew.test.echo.v1.EchoService/Unary INVALID_ARGUMENT
}

// counting counts the messages of a stream.
type counting struct {
	curlew.Stream
	received int
}

func (c *counting) Recv(msg any) error {
	err := c.Stream.Recv(msg)
	if err == nil {
		c.received++
	}
	return err
}

// An interceptor that puts a stream of its own in the place of the call's sees
// the messages.
func ExampleStream() {
	client, stop := newEcho(echo{}, curlew.WithInterceptors(func(ctx context.Context, call *curlew.Call, next curlew.Handler) error {
		stream := &counting{Stream: call.Stream}
		call.Stream = stream
		err := next(ctx, call)
		call.Trailer().Set("x-received", fmt.Sprint(stream.received))
		return err
	}))
	defer stop()
	var trailer curlew.Header
	_, err := client.With(curlew.CaptureTrailer(&trailer)).ClientStream(context.Background(),
		curlew.Values(&echov1.EchoRequest{}, &echov1.EchoRequest{}, &echov1.EchoRequest{}))
	fmt.Println(trailer.Get("x-received"), err)
	// Output: 3 <nil>
}

type knowing struct{ echo }

func (knowing) Unary(ctx context.Context, _ *echov1.EchoRequest) (*echov1.EchoResponse, error) {
	call := curlew.CallFrom(ctx)
	call.ResponseHeader().Set("x-greeting", "welcome")
	return &echov1.EchoResponse{Text: call.RequestHeader().Get("x-name") + " called " + call.Method().Path}, nil
}

// A handler finds its call in its context.
func ExampleCallFrom() {
	client, stop := newEcho(knowing{})
	defer stop()
	var header curlew.Header
	res, err := client.With(curlew.SetHeader("x-name", "Ada"), curlew.CaptureHeader(&header)).
		Unary(context.Background(), &echov1.EchoRequest{})
	fmt.Println(res.GetText(), err)
	fmt.Println(header.Get("x-greeting"))
	// Output:
	// Ada called /curlew.test.echo.v1.EchoService/Unary <nil>
	// welcome
}

// Names of a header are in lower case, binary values are given as they are.
func ExampleHeader() {
	var h curlew.Header
	h.Set("X-Trace", "7")
	h.Add("x-tag", "a", "b")
	h.Set("x-key-bin", "\x00\xff")
	for name, value := range h.All() {
		fmt.Printf("%s: %q\n", name, value)
	}
	// Output:
	// x-trace: "7"
	// x-tag: "a"
	// x-tag: "b"
	// x-key-bin: "\x00\xff"
}

// Tokens are asked for call by call, and are sent over TLS alone unless the
// client says otherwise.
func ExampleToken() {
	address, stop := serveEcho(echo{}, curlew.WithInterceptors(func(ctx context.Context, call *curlew.Call, next curlew.Handler) error {
		if call.RequestHeader().Get("authorization") != "Bearer s3cret" {
			return curlew.Errorf(curlew.Unauthenticated, "who are you?")
		}
		return next(ctx, call)
	}))
	defer stop()
	token := curlew.Token(curlew.StaticToken("s3cret"))
	for _, opts := range [][]curlew.ClientOption{
		{},
		{curlew.WithCallOptions(token)},
		{curlew.WithCallOptions(token), curlew.AllowTokenOverCleartext()},
	} {
		client, err := curlew.NewClient(address, opts...)
		if err != nil {
			log.Fatal(err)
		}
		_, err = echov1.NewEchoServiceClient(client).Unary(context.Background(), &echov1.EchoRequest{Text: "hello"})
		fmt.Println(curlew.CodeOf(err))
		client.Close()
	}
	// Output:
	// UNAUTHENTICATED
	// UNAUTHENTICATED
	// OK
}
