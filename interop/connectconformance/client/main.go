// Client is the client under test of the Connect project's conformance suite. The
// suite's runner tells it by standard input which calls to make, and it tells by
// standard output how each of them ended.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"

	pb "github.com/curlew-rpc/curlew/interop/connectconformance/internal/gen/connectrpc/conformance/v1"
	"github.com/curlew-rpc/curlew/interop/connectconformance/internal/suite"
)

var (
	parallel = flag.Int("p", 16, "calls to make at once")
	borrowed = flag.Bool("borrowed", false, "make HTTP/2 requests through net/http too")
)

func main() {
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Stdin, os.Stdout, *parallel, *borrowed); err != nil {
		fmt.Fprintln(os.Stderr, "client under test:", err)
		os.Exit(1)
	}
}

// run makes the calls that in asks for, and tells out of them, until in ends.
func run(ctx context.Context, in io.Reader, out io.Writer, parallel int, borrowed bool) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	conns := connections{borrowed: borrowed, byKey: map[string]*connection{}}
	defer conns.close()
	var wg sync.WaitGroup
	defer wg.Wait()
	var writing sync.Mutex
	slots := make(chan struct{}, parallel)
	r := bufio.NewReader(in)
	for {
		req := new(pb.ClientCompatRequest)
		if err := suite.Read(r, req); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return fmt.Errorf("reading a request: %w", err)
		}
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		wg.Go(func() {
			defer func() { <-slots }()
			res := answer(ctx, &conns, req)
			writing.Lock()
			defer writing.Unlock()
			if err := suite.Write(out, res); err != nil {
				cancel(fmt.Errorf("writing a response: %w", err))
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

// answer performs one case.
func answer(ctx context.Context, conns *connections, req *pb.ClientCompatRequest) *pb.ClientCompatResponse {
	res := &pb.ClientCompatResponse{TestName: req.TestName}
	result, err := perform(ctx, conns, req)
	if err != nil {
		res.Result = &pb.ClientCompatResponse_Error{Error: &pb.ClientErrorResult{Message: err.Error()}}
	} else {
		res.Result = &pb.ClientCompatResponse_Response{Response: result}
	}
	return res
}
