package curlew_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/balance"
	echov1 "github.com/curlew-rpc/curlew/internal/testproto/echo/v1"
)

// A client finds the endpoints of its target and spreads calls over them.
func ExampleNewClient() {
	first, stop := serveEcho(echo{})
	defer stop()
	second, stop := serveEcho(echo{})
	defer stop()

	client, err := curlew.NewClient("static:///"+first+","+second, // or "dns:///echo.internal:8080"
		curlew.WithBalancer(balance.RoundRobin()))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()

	answered := map[string]bool{}
	for len(answered) < 2 && ctx.Err() == nil {
		var peer curlew.Peer
		c := echov1.NewEchoServiceClient(client).With(curlew.CapturePeer(&peer))
		if _, err := c.Unary(ctx, &echov1.EchoRequest{Text: "hello"}); err != nil {
			log.Fatal(err)
		}
		answered[peer.Addr.String()] = true
	}
	fmt.Println(answered[first], answered[second])
	// Output: true true
}

// NewClient does no I/O; Ready says whether the target can be reached.
func ExampleClient_Ready() {
	client, err := curlew.NewClient("unix:/nonexistent/socket")
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	err = client.Ready(ctx)
	fmt.Println(errors.Is(err, curlew.DeadlineExceeded), strings.Contains(err.Error(), "/nonexistent/socket"))
	fmt.Println(client.State())
	// Output:
	// true true
	// TRANSIENT_FAILURE
}

// With gives a generated client settings; the client it was made of stays as it is.
func ExampleCaller_With() {
	client, stop := newEcho(echo{}, curlew.WithInterceptors(func(ctx context.Context, call *curlew.Call, next curlew.Handler) error {
		call.ResponseHeader().Set("x-you-said", call.RequestHeader().Get("x-tenant"))
		call.Trailer().Set("x-cost", "3")
		return next(ctx, call)
	}))
	defer stop()

	client = client.With(curlew.SetHeader("x-tenant", "seven"), curlew.Timeout(5*time.Second))

	var header, trailer curlew.Header
	_, err := client.With(curlew.CaptureHeader(&header), curlew.CaptureTrailer(&trailer), curlew.Compression("gzip")).
		Unary(context.Background(), &echov1.EchoRequest{Text: "hello"})
	fmt.Println(header.Get("x-you-said"), trailer.Get("x-cost"), err)
	// Output: seven 3 <nil>
}

// Any method can be called without generated code of its service.
func ExampleCaller_Invoke() {
	address, stop := serveEcho(echo{})
	defer stop()
	client, err := curlew.NewClient(address)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	method := &curlew.Method{Path: "/curlew.test.echo.v1.EchoService/Unary"}
	res := new(echov1.EchoResponse)
	err = client.Caller().Invoke(context.Background(), method, &echov1.EchoRequest{Text: "by its path"}, res)
	fmt.Println(res.GetText(), err)
	// Output: by its path <nil>
}

// Go calls without waiting, here twice at once.
func ExampleGo() {
	client, stop := newEcho(echo{})
	defer stop()
	ctx := context.Background()

	a := curlew.Go(ctx, client.Unary, &echov1.EchoRequest{Text: "one"})
	b := curlew.Go(ctx, client.Unary, &echov1.EchoRequest{Text: "two"})
	first, err := a.Wait(ctx)
	fmt.Println(first.GetText(), err)
	second, err := b.Wait(ctx)
	fmt.Println(second.GetText(), err)
	// Output:
	// one <nil>
	// two <nil>
}

// A one-way call returns when the request is written, whatever becomes of it.
func ExampleOneWay() {
	arrived := make(chan string, 1)
	client, stop := newEcho(noting{arrived: arrived})
	defer stop()
	_, err := client.With(curlew.OneWay()).Unary(context.Background(), &echov1.EchoRequest{Text: "for your information"})
	fmt.Println(err)
	fmt.Println(<-arrived)
	// Output:
	// <nil>
	// for your information
}

type noting struct {
	echo
	arrived chan<- string
}

func (n noting) Unary(_ context.Context, req *echov1.EchoRequest) (*echov1.EchoResponse, error) {
	n.arrived <- req.GetText()
	return nil, curlew.Errorf(curlew.Internal, "nobody hears of this")
}

// The deadline of a call holds for the calls that its handler makes with the
// handler's context.
func ExampleTimeout() {
	back, stop := newEcho(hanging{})
	defer stop()
	front, stop := newEcho(forwarding{to: back})
	defer stop()

	_, err := front.With(curlew.Timeout(20*time.Millisecond)).Unary(context.Background(), &echov1.EchoRequest{Text: "hello"})
	fmt.Println(errors.Is(err, curlew.DeadlineExceeded), errors.Is(err, context.DeadlineExceeded))
	// Output: true true
}

type hanging struct{ echo }

func (hanging) Unary(ctx context.Context, _ *echov1.EchoRequest) (*echov1.EchoResponse, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

type forwarding struct {
	echo
	to echov1.EchoServiceClient
}

func (f forwarding) Unary(ctx context.Context, req *echov1.EchoRequest) (*echov1.EchoResponse, error) {
	return f.to.Unary(ctx, req)
}
