package cases

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/interop/internal/peerpb"
)

const long = 60000 // milliseconds, longer than a case may take

func peerDeadline(ctx context.Context, e *Env) error {
	svc := e.peer().With(curlew.Timeout(100 * time.Millisecond))
	_, err := svc.Unary(ctx, &peerpb.Request{DelayMs: long})
	if err := checkDeadline("Unary", err); err != nil {
		return err
	}
	_, err = svc.ClientStream(ctx, curlew.Values(&peerpb.Request{DelayMs: long}))
	if err := checkDeadline("ClientStream", err); err != nil {
		return err
	}
	for _, err = range svc.ServerStream(ctx, &peerpb.Request{DelayMs: long}) {
	}
	if err := checkDeadline("ServerStream", err); err != nil {
		return err
	}
	call, err := svc.Bidi(ctx)
	if err != nil {
		return err
	}
	defer call.Close()
	_, err = call.Recv()
	if err := checkDeadline("Bidi", err); err != nil {
		return err
	}
	return idle(ctx, e)
}

func checkDeadline(what string, err error) error {
	if !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%s: error %v is no context.DeadlineExceeded", what, err)
	}
	return checkCode(what, err, curlew.DeadlineExceeded)
}

func peerDeadlineTold(ctx context.Context, e *Env) error {
	for _, d := range []time.Duration{time.Second, 90 * time.Second, 3 * time.Hour} {
		// The context of the case has a deadline of its own.
		callCtx := context.WithoutCancel(ctx)
		res, err := e.peer().With(curlew.Timeout(d)).Unary(callCtx, &peerpb.Request{})
		if err != nil {
			return err
		}
		if ms := d.Milliseconds(); res.RemainingMs > ms || res.RemainingMs < ms-900 {
			return fmt.Errorf("the server has %d of %d milliseconds", res.RemainingMs, ms)
		}
	}
	res, err := e.peer().Unary(context.WithoutCancel(ctx), &peerpb.Request{})
	if err != nil {
		return err
	}
	if res.RemainingMs != -1 {
		return fmt.Errorf("the server has a deadline in %d milliseconds, where there is none", res.RemainingMs)
	}
	return nil
}

func peerCancel(ctx context.Context, e *Env) error {
	cancelled, cancel := context.WithCancel(ctx)
	defer cancel()
	time.AfterFunc(100*time.Millisecond, cancel)
	_, err := e.peer().Unary(cancelled, &peerpb.Request{DelayMs: long})
	if err := checkCanceled("Unary", err); err != nil {
		return err
	}
	bidi, cancelBidi := context.WithCancel(ctx)
	defer cancelBidi()
	call, err := e.peer().Bidi(bidi)
	if err != nil {
		return err
	}
	defer call.Close()
	if err := call.Send(&peerpb.Request{Responses: 1}); err != nil {
		return err
	}
	if _, err := call.Recv(); err != nil {
		return err
	}
	cancelBidi()
	_, err = call.Recv()
	if err := checkCanceled("Bidi", err); err != nil {
		return err
	}
	return idle(ctx, e)
}

func checkCanceled(what string, err error) error {
	if !errors.Is(err, context.Canceled) {
		return fmt.Errorf("%s: error %v is no context.Canceled", what, err)
	}
	return checkCode(what, err, curlew.Canceled)
}

func peerLeaveLoop(ctx context.Context, e *Env) error {
	n := 0
	for _, err := range e.peer().ServerStream(ctx, &peerpb.Request{ResponseSize: 1000, Responses: 1 << 20}) {
		if err != nil {
			return err
		}
		if n++; n == 3 {
			break
		}
	}
	return idle(ctx, e)
}
