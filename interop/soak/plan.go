package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/interop/internal/peerpb"
	"github.com/curlew-rpc/curlew/interop/internal/peerpb/peerpbcurlew"
	"github.com/curlew-rpc/curlew/interop/peerservice"
)

// A plan is a call to be made.
type plan struct {
	kind     *kind
	size     int           // of each message's payload
	messages int           // in each direction that streams
	cancel   time.Duration // after which the caller leaves; 0: never
	deadline time.Duration // 0: a long one
	delay    time.Duration // of the server's answer
	fail     curlew.Code   // that the server is asked for; 0: none
	leave    bool          // whether the caller leaves a stream of responses early
}

const maxSize = 1 << 20

func newPlan(random *rand.Rand) *plan {
	p := &plan{kind: &kinds[random.IntN(len(kinds))], messages: 1 + random.IntN(5)}
	// As many of some bytes as of some kilobytes as of hundreds of them; and none.
	if exponent := random.IntN(21); exponent > 0 {
		p.size = min(1<<exponent+random.IntN(1<<exponent), maxSize)
	}
	switch random.IntN(20) {
	case 0, 1, 2:
		p.cancel = time.Duration(1 + random.IntN(20_000_000)) // within 20 ms
	case 3, 4:
		p.deadline = time.Duration(1 + random.IntN(20_000_000))
		p.delay = time.Duration(random.IntN(20)) * time.Millisecond
	case 5:
		p.fail = curlew.Code(1 + random.IntN(16))
	case 6:
		p.leave = true
	}
	return p
}

// judge returns what is wrong with how the call ended, or nil.
func (p *plan) judge(err error) error {
	var allowed []curlew.Code
	switch {
	case p.fail != 0:
		allowed = []curlew.Code{p.fail}
	case p.cancel > 0:
		allowed = []curlew.Code{curlew.OK, curlew.Canceled}
	case p.deadline > 0:
		allowed = []curlew.Code{curlew.OK, curlew.DeadlineExceeded}
	default:
		allowed = []curlew.Code{curlew.OK}
	}
	if errors.Is(err, errWrong) || !slices.Contains(allowed, curlew.CodeOf(err)) {
		return fmt.Errorf("it ends with %w, want one of %v", err, allowed)
	}
	return nil
}

// errWrong is a response that is not the request's.
var errWrong = errors.New("another response than was asked for")

func (p *plan) check(res *peerpb.Response) error {
	if !bytes.Equal(res.GetPayload(), content[:p.size]) {
		return fmt.Errorf("%w: %d bytes for %d", errWrong, len(res.GetPayload()), p.size)
	}
	return nil
}

var content = peerservice.Payload(maxSize)

// request returns a request for some responses; the last of a call has its failure.
func (p *plan) request(responses int, last bool) *peerpb.Request {
	req := &peerpb.Request{Payload: content[:p.size], Responses: int32(responses), DelayMs: int32(p.delay.Milliseconds())}
	if last && p.fail != 0 {
		req.Failure = &peerpb.Failure{Code: int32(p.fail), Message: "as asked for"}
	}
	return req
}

// A kind makes a call of one kind.
type kind struct {
	name string
	run  func(context.Context, peerpbcurlew.PeerServiceClient, *plan) error
}

var kinds = []kind{
	{"unary", unary},
	{"client stream", clientStream},
	{"server stream", serverStream},
	{"bidi", bidi},
}

func unary(ctx context.Context, svc peerpbcurlew.PeerServiceClient, p *plan) error {
	res, err := svc.Unary(ctx, p.request(1, true))
	if err != nil {
		return err
	}
	return p.check(res)
}

func clientStream(ctx context.Context, svc peerpbcurlew.PeerServiceClient, p *plan) error {
	res, err := svc.ClientStream(ctx, func(yield func(*peerpb.Request, error) bool) {
		for i := range p.messages {
			if !yield(p.request(1, i == p.messages-1), nil) {
				return
			}
		}
	})
	if err != nil {
		return err
	}
	if want := int64(p.messages * p.size); res.GetRequestBytes() != want || int(res.GetRequests()) != p.messages {
		return fmt.Errorf("%w: %d messages, %d bytes, want %d, %d", errWrong, res.GetRequests(), res.GetRequestBytes(), p.messages, want)
	}
	return p.check(res)
}

func serverStream(ctx context.Context, svc peerpbcurlew.PeerServiceClient, p *plan) error {
	n := 0
	for res, err := range svc.ServerStream(ctx, p.request(p.messages, true)) {
		if err != nil {
			return err
		}
		if err := p.check(res); err != nil {
			return err
		}
		if n++; p.leave && n == (p.messages+1)/2 {
			return nil
		}
	}
	if n != p.messages {
		return fmt.Errorf("%w: %d messages, want %d", errWrong, n, p.messages)
	}
	return nil
}

func bidi(ctx context.Context, svc peerpbcurlew.PeerServiceClient, p *plan) error {
	call, err := svc.Bidi(ctx)
	if err != nil {
		return err
	}
	defer call.Close()
	for i := range p.messages {
		// io.EOF says that the call is over; Recv says why.
		if err := call.Send(p.request(1, i == p.messages-1)); err != nil && err != io.EOF {
			return err
		}
		res, err := call.Recv()
		if err != nil {
			return err
		}
		if err := p.check(res); err != nil {
			return err
		}
		if p.leave && i == p.messages/2 {
			return nil
		}
	}
	if err := call.CloseSend(); err != nil {
		return err
	}
	if _, err := call.Recv(); err == nil {
		return fmt.Errorf("%w: more messages than requests", errWrong)
	} else if err != io.EOF {
		return err
	}
	return nil
}
