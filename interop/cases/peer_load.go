package cases

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/interop/internal/peerpb"
	"github.com/curlew-rpc/curlew/interop/peerservice"
)

func peerGzip(ctx context.Context, e *Env) error {
	svc := e.peer().With(curlew.Compression("gzip"))
	for _, size := range []int{0, 1, 100000} {
		payload := peerservice.Payload(size)
		res, err := svc.Unary(ctx, &peerpb.Request{Payload: payload})
		if err != nil {
			return fmt.Errorf("%d bytes: %w", size, err)
		}
		if err := checkResponse("Unary", res, payload, 1, int64(size)); err != nil {
			return err
		}
	}
	reqs, size := requests(50)
	res, err := svc.ClientStream(ctx, curlew.Values(reqs...))
	if err != nil {
		return err
	}
	if err := checkResponse("ClientStream", res, peerservice.Payload(49000), 50, size); err != nil {
		return err
	}
	return checkStream(svc.ServerStream(ctx, &peerpb.Request{ResponseSize: 100000, Responses: 10}), 10, 100000)
}

func peerLarge(ctx context.Context, e *Env) error {
	payload := peerservice.Payload(8 << 20)
	res, err := e.peer().Unary(ctx, &peerpb.Request{Payload: payload})
	if err != nil {
		return err
	}
	if err := checkResponse("Unary", res, payload, 1, int64(len(payload))); err != nil {
		return err
	}
	return checkStream(e.peer().ServerStream(ctx, &peerpb.Request{ResponseSize: 6 << 20, Responses: 5}), 5, 6<<20)
}

func peerLimit(ctx context.Context, e *Env) error {
	svc := e.peer().With(curlew.MaxReceiveBytes(100000))
	_, err := svc.Unary(ctx, &peerpb.Request{ResponseSize: 100001})
	if err := checkCode("a response over the client's limit", err, curlew.ResourceExhausted); err != nil {
		return err
	}
	_, err = e.peer().Unary(ctx, &peerpb.Request{Payload: make([]byte, peerservice.MaxMessage+1)})
	if err := checkCode("a request over the server's limit", err, curlew.ResourceExhausted); err != nil {
		return err
	}
	_, err = e.peer().Unary(ctx, &peerpb.Request{})
	if err != nil {
		return fmt.Errorf("a call after those: %w", err)
	}
	return nil
}

// peerConcurrent has a thousand calls at once, half of them streams.
func peerConcurrent(ctx context.Context, e *Env) error {
	errs := make([]error, 1000)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			payload := peerservice.Payload(i)
			if i%2 == 1 {
				errs[i] = checkStream(e.peer().ServerStream(ctx, &peerpb.Request{ResponseSize: int32(i), Responses: 5}), 5, i)
				return
			}
			res, err := e.peer().Unary(ctx, &peerpb.Request{Payload: payload, DelayMs: 50})
			if err == nil {
				err = checkResponse("Unary", res, payload, 1, int64(i))
			}
			errs[i] = err
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// peerSlowReader does not read a stream for a while: others on the connection must
// not notice, and the stream must lose nothing.
func peerSlowReader(ctx context.Context, e *Env) error {
	const responses, size = 100, 100000
	call, err := e.peer().Bidi(ctx)
	if err != nil {
		return err
	}
	defer call.Close()
	if err := call.Send(&peerpb.Request{ResponseSize: size, Responses: responses}); err != nil {
		return err
	}
	payload := peerservice.Payload(size)
	for i := range responses {
		if i%25 == 0 {
			time.Sleep(50 * time.Millisecond)
			if err := peerUnary(ctx, e); err != nil {
				return fmt.Errorf("a call beside the stream: %w", err)
			}
		}
		res, err := call.Recv()
		if err != nil {
			return fmt.Errorf("response %d: %w", i, err)
		}
		if err := checkResponse(fmt.Sprint("response ", i), res, payload, 1, 0); err != nil {
			return err
		}
	}
	return finishPeer(call)
}
