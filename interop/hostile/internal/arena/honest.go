package arena

import (
	"context"
	"crypto/tls"
	"fmt"
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
		for _, call := range []func(context.Context, testcurlew.TestServiceClient) error{unary, stream} {
			wg.Go(func() { h.run(ctx, service, call) })
		}
		t.Cleanup(func() { c.Close() })
	}
	h.stop = sync.OnceFunc(func() { cancel(); wg.Wait() })
	t.Cleanup(h.stop)
	return h
}

// run calls until ctx ends or a call fails.
func (h *honest) run(ctx context.Context, c testcurlew.TestServiceClient, call func(context.Context, testcurlew.TestServiceClient) error) {
	for ctx.Err() == nil {
		begun := time.Now()
		bounded, cancel := context.WithTimeout(context.Background(), latency)
		err := call(bounded, c)
		cancel()
		if err != nil {
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

func unary(ctx context.Context, c testcurlew.TestServiceClient) error {
	resp, err := c.UnaryCall(ctx, &testpb.SimpleRequest{ResponseSize: 1000})
	if n := len(resp.GetPayload().GetBody()); err == nil && n != 1000 {
		err = fmt.Errorf("a response of %d bytes", n)
	}
	return err
}

func stream(ctx context.Context, c testcurlew.TestServiceClient) error {
	sizes := []*testpb.ResponseParameters{{Size: 10}, {Size: 20000}, {Size: 1}}
	n := 0
	for _, err := range c.StreamingOutputCall(ctx, &testpb.StreamingOutputCallRequest{ResponseParameters: sizes}) {
		if err != nil {
			return err
		}
		n++
	}
	if n != len(sizes) {
		return fmt.Errorf("%d responses", n)
	}
	return nil
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
