package cases

import (
	"context"
	"fmt"
	"slices"

	testpb "google.golang.org/grpc/interop/grpc_testing"

	"github.com/curlew-rpc/curlew"
)

const (
	echoHeader       = "x-grpc-test-echo-initial"
	echoTrailer      = "x-grpc-test-echo-trailing-bin"
	echoHeaderValue  = "test_initial_metadata_value"
	echoTrailerValue = "\x0a\x0b\x0a\x0b\x0a\x0b"
)

func customMetadata(ctx context.Context, e *Env) error {
	var header, trailer curlew.Header
	svc := e.service().With(
		curlew.SetHeader(echoHeader, echoHeaderValue),
		curlew.SetHeader(echoTrailer, echoTrailerValue),
		curlew.CaptureHeader(&header),
		curlew.CaptureTrailer(&trailer),
	)
	if _, err := svc.UnaryCall(ctx, &testpb.SimpleRequest{ResponseSize: 1, Payload: payload(1)}); err != nil {
		return err
	}
	if err := checkEcho("UnaryCall", &header, &trailer); err != nil {
		return err
	}
	header, trailer = curlew.Header{}, curlew.Header{}
	call, err := svc.FullDuplexCall(ctx)
	if err != nil {
		return err
	}
	defer call.Close()
	if err := pingOnce(call, 1, 1); err != nil {
		return err
	}
	if err := finish(call); err != nil {
		return err
	}
	return checkEcho("FullDuplexCall", &header, &trailer)
}

func checkEcho(what string, header, trailer *curlew.Header) error {
	if got := slices.Collect(header.Values(echoHeader)); !slices.Equal(got, []string{echoHeaderValue}) {
		return fmt.Errorf("%s: the header's %s is %q, want %q", what, echoHeader, got, echoHeaderValue)
	}
	if got := slices.Collect(trailer.Values(echoTrailer)); !slices.Equal(got, []string{echoTrailerValue}) {
		return fmt.Errorf("%s: the trailer's %s is %q, want %q", what, echoTrailer, got, echoTrailerValue)
	}
	return nil
}

func statusCodeAndMessage(ctx context.Context, e *Env) error {
	const message = "test status message"
	want := &testpb.EchoStatus{Code: int32(curlew.Unknown), Message: message}
	_, err := e.service().UnaryCall(ctx, &testpb.SimpleRequest{ResponseStatus: want})
	if err := checkError("UnaryCall", err, curlew.Unknown, message); err != nil {
		return err
	}
	call, err := e.service().FullDuplexCall(ctx)
	if err != nil {
		return err
	}
	defer call.Close()
	if err := call.Send(&testpb.StreamingOutputCallRequest{ResponseStatus: want}); err != nil {
		return err
	}
	if err := call.CloseSend(); err != nil {
		return err
	}
	_, err = call.Recv()
	return checkError("FullDuplexCall", err, curlew.Unknown, message)
}

func specialStatusMessage(ctx context.Context, e *Env) error {
	const message = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"
	_, err := e.service().UnaryCall(ctx, &testpb.SimpleRequest{
		ResponseStatus: &testpb.EchoStatus{Code: int32(curlew.Unknown), Message: message},
	})
	return checkError("UnaryCall", err, curlew.Unknown, message)
}
