package curlew_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/curlew-rpc/curlew"
	echov1 "github.com/curlew-rpc/curlew/internal/testproto/echo/v1"
)

// A code is a target of errors.Is; the error has the rest.
func ExampleErrorf() {
	client, stop := newEcho(echo{})
	defer stop()
	_, err := client.Unary(context.Background(), &echov1.EchoRequest{})
	fmt.Println(errors.Is(err, curlew.InvalidArgument))
	if e, ok := errors.AsType[*curlew.Error](err); ok {
		fmt.Println(e.Code(), "-", e.Message(), "-", e.Remote())
	}
	// Output:
	// true
	// INVALID_ARGUMENT - there is no text to echo - true
}

type busy struct{ echo }

func (busy) Unary(context.Context, *echov1.EchoRequest) (*echov1.EchoResponse, error) {
	return nil, curlew.Errorf(curlew.ResourceExhausted, "too many calls").With(durationpb.New(3 * time.Second))
}

// Details are messages that an error carries, for programs to read.
func ExampleError_With() {
	client, stop := newEcho(busy{})
	defer stop()
	_, err := client.Unary(context.Background(), &echov1.EchoRequest{Text: "hello"})
	fmt.Println(err)
	for wait := range curlew.Details[*durationpb.Duration](err) {
		fmt.Println("again in", wait.AsDuration())
	}
	// Output:
	// RESOURCE_EXHAUSTED: too many calls
	// again in 3s
}

// A cause is for this process alone.
func ExampleError_Because() {
	_, cause := os.Open("/nonexistent")
	err := curlew.Errorf(curlew.NotFound, "no such user").Because(cause)
	fmt.Println(err.Message(), errors.Is(err, os.ErrNotExist))
	// Output: no such user true
}

type careless struct{ echo }

func (careless) Unary(context.Context, *echov1.EchoRequest) (*echov1.EchoResponse, error) {
	return nil, errors.New("connecting to db-7 as admin:hunter2: timeout")
}

// The text of an error that was not made to be sent is not.
func ExampleCodeOf() {
	client, stop := newEcho(careless{})
	defer stop()
	_, err := client.Unary(context.Background(), &echov1.EchoRequest{Text: "hello"})
	fmt.Println(err)
	fmt.Println(curlew.CodeOf(err), curlew.CodeOf(nil), curlew.CodeOf(context.Canceled))
	// Output:
	// UNKNOWN: the handler failed
	// UNKNOWN OK CANCELLED
}
