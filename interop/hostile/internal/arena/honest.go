package arena

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	testpb "google.golang.org/grpc/interop/grpc_testing"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
	"github.com/curlew-rpc/curlew/interop/internal/testcurlew"
)

// latency bounds a call of an honest client. It is the call's deadline too, and far
// above what one takes on a loaded machine with the race detector.
const latency = 10 * time.Second

// honest clients call all the while.
type honest struct {
	calls  atomic.Int64
	worst  atomic.Int64 // nanoseconds that a call took
	failed atomic.Pointer[error]
	stop   func()
}

func newHonest(t testing.TB, addr string, secure *tls.Config) *honest {
	t.Helper()
	var opts []curlew.ClientOption
	if secure != nil {
		opts = append(opts, curlew.WithTLS(secure))
	}
	h := new(honest)
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for range 2 {
		c, err := curlew.NewClient(addr, opts...)
		if err != nil {
			t.Fatal(err)
		}
		service := testcurlew.NewTestServiceClient(c)
		for first := range 2 {
			wg.Go(func() { h.run(ctx, service, first*len(kinds)/2) })
		}
		t.Cleanup(func() { c.Close() })
	}
	h.stop = sync.OnceFunc(func() { cancel(); wg.Wait() })
	t.Cleanup(h.stop)
	return h
}

// run calls by all kinds in turn until ctx ends or a call fails.
func (h *honest) run(ctx context.Context, c testcurlew.TestServiceClient, first int) {
	for i := first; ctx.Err() == nil; i++ {
		kind := kinds[i%len(kinds)]
		begun := time.Now()
		bounded, cancel := context.WithTimeout(context.Background(), latency)
		err := kind.call(bounded, c)
		cancel()
		if err != nil {
			err = fmt.Errorf("%s: %w", kind.name, err)
			h.failed.CompareAndSwap(nil, &err)
			return
		}
		took := int64(time.Since(begun))
		for worst := h.worst.Load(); took > worst && !h.worst.CompareAndSwap(worst, took); {
			worst = h.worst.Load()
		}
		h.calls.Add(1)
		time.Sleep(time.Millisecond) // they want to be served, not to be a load
	}
}

// sizes are of the payloads of a stream, requested or sent.
var sizes = []int32{10, 20000, 1}

// kinds are the four kinds of calls, each made and checked in full.
var kinds = []struct {
	name string
	call func(context.Context, testcurlew.TestServiceClient) error
}{
	{"unary", func(ctx context.Context, c testcurlew.TestServiceClient) error {
		resp, err := c.UnaryCall(ctx, &testpb.SimpleRequest{ResponseSize: sizes[1]})
		return answered(err, resp.GetPayload(), sizes[1])
	}},
	{"client-streaming", func(ctx context.Context, c testcurlew.TestServiceClient) error {
		var reqs []*testpb.StreamingInputCallRequest
		var sum int32
		for _, size := range sizes {
			reqs = append(reqs, &testpb.StreamingInputCallRequest{Payload: &testpb.Payload{Body: make([]byte, size)}})
			sum += size
		}
		resp, err := c.StreamingInputCall(ctx, curlew.Values(reqs...))
		if got := resp.GetAggregatedPayloadSize(); err == nil && got != sum {
			err = fmt.Errorf("%d bytes arrived, want %d", got, sum)
		}
		return err
	}},
	{"server-streaming", func(ctx context.Context, c testcurlew.TestServiceClient) error {
		req := new(testpb.StreamingOutputCallRequest)
		for _, size := range sizes {
			req.ResponseParameters = append(req.ResponseParameters, &testpb.ResponseParameters{Size: size})
		}
		n := 0
		for resp, err := range c.StreamingOutputCall(ctx, req) {
			if err == nil && n == len(sizes) {
				err = errors.New("more responses than requested")
			}
			if err = answered(err, resp.GetPayload(), sizes[min(n, len(sizes)-1)]); err != nil {
				return err
			}
			n++
		}
		if n != len(sizes) {
			return fmt.Errorf("%d responses, want %d", n, len(sizes))
		}
		return nil
	}},
	{"bidi", func(ctx context.Context, c testcurlew.TestServiceClient) error {
		call, err := c.FullDuplexCall(ctx)
		if err != nil {
			return err
		}
		defer call.Close()
		for _, size := range sizes {
			req := &testpb.StreamingOutputCallRequest{ResponseParameters: []*testpb.ResponseParameters{{Size: size}}}
			if err := call.Send(req); err != nil {
				return err
			}
			resp, err := call.Recv()
			if err = answered(err, resp.GetPayload(), size); err != nil {
				return err
			}
		}
		if err := call.CloseSend(); err != nil {
			return err
		}
		if _, err := call.Recv(); err != io.EOF {
			return fmt.Errorf("after the last response: %v, want EOF", err)
		}
		return nil
	}},
}

// answered checks that a call brought a payload of the size that was requested.
func answered(err error, p *testpb.Payload, want int32) error {
	if n := len(p.GetBody()); err == nil && n != int(want) {
		return fmt.Errorf("a response of %d bytes, want %d", n, want)
	}
	return err
}

func (h *honest) awaitCalls(t testing.TB, n int64) {
	t.Helper()
	deadline := time.Now().Add(2 * rawpeer.Patience)
	for before := h.calls.Load(); h.calls.Load() < before+n; time.Sleep(time.Millisecond) {
		if err := h.failed.Load(); err != nil {
			t.Fatalf("an honest client lost a call: %v", *err)
		}
		if time.Now().After(deadline) {
			t.Fatal("the honest clients do not get on")
		}
	}
}

// check ends the clients, which must have lost no call.
func (h *honest) check(t testing.TB) {
	t.Helper()
	h.awaitCalls(t, 50) // after the attack
	h.stop()
	if err := h.failed.Load(); err != nil {
		t.Errorf("an honest client lost a call: %v", *err)
	}
}
