package cases

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	testpb "google.golang.org/grpc/interop/grpc_testing"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/interop/internal/testcurlew"
)

// A Soak says how often calls are repeated, and how much may go wrong.
type Soak struct {
	Concurrent  int // calls at once of concurrent_large_unary
	Iterations  int
	Threads     int           // that share the iterations
	MaxFailures int           // iterations that may fail
	MaxLatency  time.Duration // above which an iteration has failed
	Overall     time.Duration // for all iterations
	MinInterval time.Duration // between the starts of two iterations of a thread
	Request     int32         // bytes
	Response    int32         // bytes
}

// DefaultSoak is the field's default.
func DefaultSoak() Soak {
	return Soak{
		Concurrent: 1000,
		Iterations: 10,
		Threads:    1,
		MaxLatency: time.Second,
		Overall:    10 * time.Second,
		Request:    largeRequest,
		Response:   largeResponse,
	}
}

// concurrentLargeUnary is in the description by name only: many large_unary at once.
func concurrentLargeUnary(ctx context.Context, e *Env) error {
	errs := make([]error, e.Soak.Concurrent)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = doLargeUnary(ctx, e.service()) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

func rpcSoak(ctx context.Context, e *Env) error {
	return e.Soak.run(ctx, func(ctx context.Context) error {
		return e.Soak.iterate(ctx, e.Client)
	})
}

func channelSoak(ctx context.Context, e *Env) error {
	return e.Soak.run(ctx, func(ctx context.Context) error {
		client, err := e.Dial()
		if err != nil {
			return err
		}
		defer client.Close()
		return e.Soak.iterate(ctx, client)
	})
}

// iterate makes the call that is repeated.
func (s *Soak) iterate(ctx context.Context, client *curlew.Client) error {
	req := &testpb.SimpleRequest{ResponseSize: s.Response, Payload: payload(s.Request)}
	start := time.Now()
	res, err := testcurlew.NewTestServiceClient(client).UnaryCall(ctx, req)
	if err != nil {
		return err
	}
	if took := time.Since(start); took > s.MaxLatency {
		return fmt.Errorf("the call took %v", took)
	}
	return checkSize("UnaryCall", res.Payload, s.Response)
}

// run has the threads iterate.
func (s *Soak) run(ctx context.Context, iterate func(context.Context) error) error {
	if s.Threads < 1 || s.Iterations%s.Threads != 0 {
		return fmt.Errorf("%d iterations cannot be shared evenly by %d threads", s.Iterations, s.Threads)
	}
	ctx, cancel := context.WithTimeout(ctx, s.Overall)
	defer cancel()
	failures := make([][]error, s.Threads)
	var wg sync.WaitGroup
	for thread := range s.Threads {
		wg.Go(func() {
			for range s.Iterations / s.Threads {
				next := time.Now().Add(s.MinInterval)
				if err := iterate(ctx); err != nil {
					failures[thread] = append(failures[thread], err)
				}
				time.Sleep(time.Until(next))
			}
		})
	}
	wg.Wait()
	var errs []error
	for _, f := range failures {
		errs = append(errs, f...)
	}
	if len(errs) > s.MaxFailures {
		return fmt.Errorf("%d of %d iterations failed, more than %d; the first: %w", len(errs), s.Iterations, s.MaxFailures, errs[0])
	}
	return nil
}
