package curlew_test

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/curlew-rpc/curlew"
	echov1 "github.com/curlew-rpc/curlew/internal/testproto/echo/v1"
)

// A server-streaming call is a loop: it begins and ends with it. Leaving the
// loop cancels the call.
func ExampleCallServerStream() {
	client, stop := newEcho(echo{})
	defer stop()
	for res, err := range client.ServerStream(context.Background(), &echov1.EchoRequest{Text: "again", Repeat: 1000}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(res.GetText(), res.GetCount())
		if res.GetCount() == 3 {
			break
		}
	}
	// Output:
	// again 1
	// again 2
	// again 3
}

// The requests of a client-streaming call are an iterator. Values makes one of
// messages that are there already.
func ExampleValues() {
	client, stop := newEcho(echo{})
	defer stop()
	res, err := client.ClientStream(context.Background(), curlew.Values(
		&echov1.EchoRequest{Text: "a"},
		&echov1.EchoRequest{Text: "b"},
	))
	fmt.Println(res.GetText(), res.GetCount(), err)

	// Handlers take an iterator too, so they need no server to be tested.
	res, err = echo{}.ClientStream(context.Background(), curlew.Values(&echov1.EchoRequest{Text: "c"}))
	fmt.Println(res.GetText(), res.GetCount(), err)
	// Output:
	// ab 2 <nil>
	// c 1 <nil>
}

// A requests iterator that fails cancels the call; the error is returned as it is.
func ExampleCallClientStream() {
	client, stop := newEcho(echo{})
	defer stop()
	broken := errors.New("the disk is gone")
	_, err := client.ClientStream(context.Background(), func(yield func(*echov1.EchoRequest, error) bool) {
		if yield(&echov1.EchoRequest{Text: "a"}, nil) {
			yield(nil, broken)
		}
	})
	fmt.Println(err == broken)
	// Output: true
}

// Either side of a bidirectional call sends and receives as it likes.
func ExampleBidiCall() {
	client, stop := newEcho(echo{})
	defer stop()
	call, err := client.Bidi(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer call.Close()
	for _, text := range []string{"is anybody there?", "good night"} {
		if err := call.Send(&echov1.EchoRequest{Text: text}); err != nil {
			break // Recv tells why
		}
		res, err := call.Recv()
		fmt.Println(res.GetText(), err)
	}
	call.CloseSend()
	_, err = call.Recv()
	fmt.Println(err == io.EOF)
	// Output:
	// is anybody there? <nil>
	// good night <nil>
	// true
}

// A handler that sends a stream can be tested with a function.
func ExampleSenderFunc() {
	var got []string
	err := echo{}.ServerStream(context.Background(), &echov1.EchoRequest{Text: "x", Repeat: 2},
		curlew.SenderFunc[*echov1.EchoResponse](func(res *echov1.EchoResponse) error {
			got = append(got, res.GetText())
			return nil
		}))
	fmt.Println(got, err)
	// Output: [x x] <nil>
}
