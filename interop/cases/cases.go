// Package cases has interoperability cases as Curlew's client performs them: the
// field's own, against any server of grpc.testing.TestService
// (github.com/grpc/grpc/blob/master/doc/interop-test-descriptions.md), and those of
// curlew.interop.v1.PeerService.
package cases

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	testpb "google.golang.org/grpc/interop/grpc_testing"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/interop/internal/marked"
	"github.com/curlew-rpc/curlew/interop/internal/testcurlew"
	"github.com/curlew-rpc/curlew/interop/peerservice"
)

// An Env is what cases run with.
type Env struct {
	// Client is a client of the server, made with Options.
	Client *curlew.Client
	// Dial makes another such client.
	Dial func() (*curlew.Client, error)
	// Soak bounds the cases that repeat a call.
	Soak Soak
	// JoinsMetadata says that the server's stack makes one value of repeated
	// metadata, as HTTP allows (RFC 9110 §5.3).
	JoinsMetadata bool
}

// Options returns the options that a client for the cases needs: with other
// compressors it cannot tell whether a message was compressed, and by an
// interceptor it chooses which messages are.
func Options() []curlew.ClientOption {
	return []curlew.ClientOption{
		curlew.WithCompressors(marked.Gzip()),
		curlew.WithInterceptors(compressAsExpected),
		curlew.WithMaxReceiveBytes(peerservice.MaxMessage),
	}
}

func (e *Env) service() testcurlew.TestServiceClient {
	return testcurlew.NewTestServiceClient(e.Client)
}

// A Case is one case. Run returns what went wrong.
type Case struct {
	Name string
	Run  func(ctx context.Context, e *Env) error
}

// Standard returns the field's cases in the order of their description.
func Standard() []Case {
	return slices.Clone(standard)
}

var standard = []Case{
	{"empty_unary", emptyUnary},
	{"large_unary", largeUnary},
	{"client_compressed_unary", clientCompressedUnary},
	{"server_compressed_unary", serverCompressedUnary},
	{"client_streaming", clientStreaming},
	{"client_compressed_streaming", clientCompressedStreaming},
	{"server_streaming", serverStreaming},
	{"server_compressed_streaming", serverCompressedStreaming},
	{"ping_pong", pingPong},
	{"empty_stream", emptyStream},
	{"custom_metadata", customMetadata},
	{"status_code_and_message", statusCodeAndMessage},
	{"special_status_message", specialStatusMessage},
	{"unimplemented_method", unimplementedMethod},
	{"unimplemented_service", unimplementedService},
	{"cancel_after_begin", cancelAfterBegin},
	{"cancel_after_first_response", cancelAfterFirstResponse},
	{"timeout_on_sleeping_server", timeoutOnSleepingServer},
	{"concurrent_large_unary", concurrentLargeUnary},
	{"rpc_soak", rpcSoak},
	{"channel_soak", channelSoak},
}

const (
	largeRequest  = 271828
	largeResponse = 314159
)

var (
	requestSizes  = []int32{27182, 8, 1828, 45904}
	responseSizes = []int32{31415, 9, 2653, 58979}
)

func payload(size int32) *testpb.Payload { return &testpb.Payload{Body: make([]byte, size)} }

func largeSimpleRequest() *testpb.SimpleRequest {
	return &testpb.SimpleRequest{ResponseSize: largeResponse, Payload: payload(largeRequest)}
}

func checkSize(what string, p *testpb.Payload, want int32) error {
	if len(p.GetBody()) != int(want) || p.GetType() != testpb.PayloadType_COMPRESSABLE {
		return fmt.Errorf("%s: a payload of %d bytes and type %v, want %d bytes", what, len(p.GetBody()), p.GetType(), want)
	}
	return nil
}

// checkError checks that a call has failed as the server was asked to have it fail.
func checkError(what string, err error, code curlew.Code, message string) error {
	var e *curlew.Error
	if !errors.As(err, &e) || e.Code() != code || e.Message() != message {
		return fmt.Errorf("%s: error %v, want %v: %q", what, err, code, message)
	}
	return nil
}

func checkCode(what string, err error, code curlew.Code) error {
	if curlew.CodeOf(err) != code {
		return fmt.Errorf("%s: error %v, want %v", what, err, code)
	}
	return nil
}

func emptyUnary(ctx context.Context, e *Env) error {
	_, err := e.service().EmptyCall(ctx, &testpb.Empty{})
	return err
}

func largeUnary(ctx context.Context, e *Env) error {
	return doLargeUnary(ctx, e.service())
}

func doLargeUnary(ctx context.Context, svc testcurlew.TestServiceClient) error {
	res, err := svc.UnaryCall(ctx, largeSimpleRequest())
	if err != nil {
		return err
	}
	return checkSize("UnaryCall", res.Payload, largeResponse)
}

func clientStreaming(ctx context.Context, e *Env) error {
	var sum int32
	var reqs []*testpb.StreamingInputCallRequest
	for _, n := range requestSizes {
		reqs = append(reqs, &testpb.StreamingInputCallRequest{Payload: payload(n)})
		sum += n
	}
	res, err := e.service().StreamingInputCall(ctx, curlew.Values(reqs...))
	if err != nil {
		return err
	}
	if res.AggregatedPayloadSize != sum {
		return fmt.Errorf("the sum is %d, want %d", res.AggregatedPayloadSize, sum)
	}
	return nil
}

func serverStreaming(ctx context.Context, e *Env) error {
	req := &testpb.StreamingOutputCallRequest{}
	for _, n := range responseSizes {
		req.ResponseParameters = append(req.ResponseParameters, &testpb.ResponseParameters{Size: n})
	}
	n := 0
	for res, err := range e.service().StreamingOutputCall(ctx, req) {
		if err != nil {
			return err
		}
		if n == len(responseSizes) {
			return errors.New("too many responses")
		}
		if err := checkSize(fmt.Sprint("response ", n), res.Payload, responseSizes[n]); err != nil {
			return err
		}
		n++
	}
	if n != len(responseSizes) {
		return fmt.Errorf("%d responses, want %d", n, len(responseSizes))
	}
	return nil
}

func pingPong(ctx context.Context, e *Env) error {
	call, err := e.service().FullDuplexCall(ctx)
	if err != nil {
		return err
	}
	defer call.Close()
	for i := range requestSizes {
		if err := pingOnce(call, requestSizes[i], responseSizes[i]); err != nil {
			return fmt.Errorf("message %d: %w", i, err)
		}
	}
	return finish(call)
}

type duplexCall = curlew.BidiCall[*testpb.StreamingOutputCallRequest, *testpb.StreamingOutputCallResponse]

func pingOnce(call *duplexCall, request, response int32) error {
	err := call.Send(&testpb.StreamingOutputCallRequest{
		Payload:            payload(request),
		ResponseParameters: []*testpb.ResponseParameters{{Size: response}},
	})
	if err != nil {
		return err
	}
	res, err := call.Recv()
	if err != nil {
		return err
	}
	return checkSize("FullDuplexCall", res.Payload, response)
}

// finish ends a call of which everything has been received.
func finish(call *duplexCall) error {
	if err := call.CloseSend(); err != nil {
		return err
	}
	if res, err := call.Recv(); err != io.EOF {
		return fmt.Errorf("at the end: response %v, error %v, want EOF", res, err)
	}
	return call.Close()
}

func emptyStream(ctx context.Context, e *Env) error {
	call, err := e.service().FullDuplexCall(ctx)
	if err != nil {
		return err
	}
	defer call.Close()
	return finish(call)
}

func unimplementedMethod(ctx context.Context, e *Env) error {
	_, err := e.service().UnimplementedCall(ctx, &testpb.Empty{})
	return checkCode("UnimplementedCall", err, curlew.Unimplemented)
}

func unimplementedService(ctx context.Context, e *Env) error {
	_, err := testcurlew.NewUnimplementedServiceClient(e.Client).UnimplementedCall(ctx, &testpb.Empty{})
	return checkCode("UnimplementedCall", err, curlew.Unimplemented)
}

func cancelAfterBegin(ctx context.Context, e *Env) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	never := func(func(*testpb.StreamingInputCallRequest, error) bool) { cancel() }
	_, err := e.service().StreamingInputCall(ctx, never)
	return checkCode("StreamingInputCall", err, curlew.Canceled)
}

func cancelAfterFirstResponse(ctx context.Context, e *Env) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	call, err := e.service().FullDuplexCall(ctx)
	if err != nil {
		return err
	}
	defer call.Close()
	if err := pingOnce(call, requestSizes[0], responseSizes[0]); err != nil {
		return err
	}
	cancel()
	_, err = call.Recv()
	return checkCode("Recv after cancel", err, curlew.Canceled)
}

func timeoutOnSleepingServer(ctx context.Context, e *Env) error {
	call, err := e.service().With(curlew.Timeout(time.Millisecond)).FullDuplexCall(ctx)
	if err != nil {
		return checkCode("FullDuplexCall", err, curlew.DeadlineExceeded)
	}
	defer call.Close()
	if err := call.Send(&testpb.StreamingOutputCallRequest{Payload: payload(27182)}); err != nil && err != io.EOF {
		return checkCode("Send", err, curlew.DeadlineExceeded)
	}
	_, err = call.Recv()
	return checkCode("Recv", err, curlew.DeadlineExceeded)
}
