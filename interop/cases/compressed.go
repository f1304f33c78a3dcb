package cases

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	testpb "google.golang.org/grpc/interop/grpc_testing"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/interop/internal/marked"
)

func boolean(v bool) *testpb.BoolValue { return &testpb.BoolValue{Value: v} }

// checkMark checks whether a response came compressed.
func checkMark(what string, m proto.Message, want bool) error {
	if got := marked.Was(m); got != want {
		return fmt.Errorf("%s: compressed is %t, want %t", what, got, want)
	}
	return nil
}

func clientCompressedUnary(ctx context.Context, e *Env) error {
	req := largeSimpleRequest()
	req.ExpectCompressed = boolean(true)
	// A server that does not look cannot pass this probe.
	_, err := e.service().UnaryCall(ctx, req)
	if err := checkCode("an uncompressed message instead of a compressed one", err, curlew.InvalidArgument); err != nil {
		return err
	}
	res, err := e.service().With(curlew.Compression("gzip")).UnaryCall(ctx, req)
	if err != nil {
		return err
	}
	if err := checkSize("compressed", res.Payload, largeResponse); err != nil {
		return err
	}
	req.ExpectCompressed = boolean(false)
	res, err = e.service().UnaryCall(ctx, req)
	if err != nil {
		return err
	}
	return checkSize("uncompressed", res.Payload, largeResponse)
}

func serverCompressedUnary(ctx context.Context, e *Env) error {
	for _, compressed := range []bool{true, false} {
		req := largeSimpleRequest()
		req.ResponseCompressed = boolean(compressed)
		res, err := e.service().UnaryCall(ctx, req)
		if err != nil {
			return err
		}
		if err := errors.Join(checkSize("UnaryCall", res.Payload, largeResponse), checkMark("UnaryCall", res, compressed)); err != nil {
			return err
		}
	}
	return nil
}

// asExpected is the key of a context whose calls compress those messages that say
// that they are.
type asExpected struct{}

// compressAsExpected is an interceptor that does so.
func compressAsExpected(ctx context.Context, call *curlew.Call, next curlew.Handler) error {
	if ctx.Value(asExpected{}) != nil {
		call.Stream = expecting{call.Stream, call}
	}
	return next(ctx, call)
}

type expecting struct {
	curlew.Stream
	call *curlew.Call
}

func (s expecting) Send(msg any) error {
	name := "identity"
	if req, ok := msg.(*testpb.StreamingInputCallRequest); ok && req.GetExpectCompressed().GetValue() {
		name = "gzip"
	}
	if err := s.call.SetCompression(name); err != nil {
		return err
	}
	return s.Stream.Send(msg)
}

func clientCompressedStreaming(ctx context.Context, e *Env) error {
	req := func(size int32, compressed bool) *testpb.StreamingInputCallRequest {
		return &testpb.StreamingInputCallRequest{Payload: payload(size), ExpectCompressed: boolean(compressed)}
	}
	_, err := e.service().StreamingInputCall(ctx, curlew.Values(req(27182, true)))
	if err := checkCode("an uncompressed message instead of a compressed one", err, curlew.InvalidArgument); err != nil {
		return err
	}
	ctx = context.WithValue(ctx, asExpected{}, true)
	res, err := e.service().StreamingInputCall(ctx, curlew.Values(req(27182, true), req(45904, false)))
	if err != nil {
		return err
	}
	if res.AggregatedPayloadSize != 27182+45904 {
		return fmt.Errorf("the sum is %d, want %d", res.AggregatedPayloadSize, 27182+45904)
	}
	return nil
}

func serverCompressedStreaming(ctx context.Context, e *Env) error {
	want := []*testpb.ResponseParameters{
		{Size: 31415, Compressed: boolean(true)},
		{Size: 92653, Compressed: boolean(false)},
	}
	n := 0
	for res, err := range e.service().StreamingOutputCall(ctx, &testpb.StreamingOutputCallRequest{ResponseParameters: want}) {
		if err != nil {
			return err
		}
		if n == len(want) {
			return errors.New("too many responses")
		}
		what := fmt.Sprint("response ", n)
		if err := errors.Join(checkSize(what, res.Payload, want[n].Size), checkMark(what, res, want[n].Compressed.Value)); err != nil {
			return err
		}
		n++
	}
	if n != len(want) {
		return fmt.Errorf("%d responses, want %d", n, len(want))
	}
	return nil
}
