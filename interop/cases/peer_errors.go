package cases

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/interop/internal/peerpb"
)

func failWith(code curlew.Code, message string) *peerpb.Request {
	return &peerpb.Request{Failure: &peerpb.Failure{Code: int32(code), Message: message}}
}

func peerCodes(ctx context.Context, e *Env) error {
	for code := curlew.Canceled; code <= curlew.Unauthenticated; code++ {
		_, err := e.peer().Unary(ctx, failWith(code, "message of "+code.String()))
		if err := checkError("Unary", err, code, "message of "+code.String()); err != nil {
			return err
		}
	}
	return nil
}

func peerMessages(ctx context.Context, e *Env) error {
	for _, message := range []string{
		"",
		"100% of it, %41, %zz, %",
		"Größe ≥ 1 € 😈 日本語",
		"\ttab\nline\r\nend",
		"\x00\x01\x7f",
		" spaces at both ends ",
		string(slices.Repeat([]byte("long "), 500)),
	} {
		_, err := e.peer().Unary(ctx, failWith(curlew.DataLoss, message))
		if err := checkError("Unary", err, curlew.DataLoss, message); err != nil {
			return err
		}
	}
	return nil
}

func peerDetails(ctx context.Context, e *Env) error {
	retry := &errdetails.RetryInfo{RetryDelay: durationpb.New(1500 * time.Millisecond)}
	bad := &errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{{Field: "größe", Description: "≥ 1"}}}
	req := failWith(curlew.InvalidArgument, "wrong: größe")
	for _, m := range []proto.Message{bad, retry, bad} {
		detail, err := anypb.New(m)
		if err != nil {
			return err
		}
		req.Failure.Details = append(req.Failure.Details, detail)
	}
	_, err := e.peer().Unary(ctx, req)
	if err := checkDetails("Unary", err, bad, retry); err != nil {
		return err
	}
	req.Responses = 1 // so that it is not a response of trailers only
	for _, err = range e.peer().ServerStream(ctx, req) {
	}
	return checkDetails("ServerStream", err, bad, retry)
}

func checkDetails(what string, err error, bad, retry proto.Message) error {
	if err := checkError(what, err, curlew.InvalidArgument, "wrong: größe"); err != nil {
		return err
	}
	var got []proto.Message
	for d := range curlew.Details[*errdetails.BadRequest](err) {
		got = append(got, d)
	}
	for d := range curlew.Details[*errdetails.RetryInfo](err) {
		got = append(got, d)
	}
	if !slices.EqualFunc(got, []proto.Message{bad, bad, retry}, proto.Equal) {
		return fmt.Errorf("%s: details %v", what, got)
	}
	return nil
}

func peerErrorWithinStream(ctx context.Context, e *Env) error {
	req := failWith(curlew.OutOfRange, "that was all")
	req.Responses, req.ResponseSize = 10, 100000
	n := 0
	var last error
	for _, err := range e.peer().ServerStream(ctx, req) {
		if last = err; err == nil {
			n++
		}
	}
	if n != 10 {
		return fmt.Errorf("%d responses before the error %v, want 10", n, last)
	}
	return checkError("ServerStream", last, curlew.OutOfRange, "that was all")
}

// peerEarlyError has the server end calls whose client is still sending.
func peerEarlyError(ctx context.Context, e *Env) error {
	const enough = 10000 // times 10 kB never leave: the windows fill up first
	sent := 0
	_, err := e.peer().ClientStream(ctx, func(yield func(*peerpb.Request, error) bool) {
		if !yield(failWith(curlew.ResourceExhausted, "no more"), nil) {
			return
		}
		for req := (&peerpb.Request{Payload: make([]byte, 10000)}); sent < enough && yield(req, nil); {
			sent++
		}
	})
	if err := checkError("ClientStream", err, curlew.ResourceExhausted, "no more"); err != nil {
		return err
	}
	if sent == enough {
		return errors.New("the server's answer did not stop the client")
	}
	call, err := e.peer().Bidi(ctx)
	if err != nil {
		return err
	}
	defer call.Close()
	if err := call.Send(failWith(curlew.Aborted, "stop")); err != nil {
		return err
	}
	_, err = call.Recv()
	if err := checkError("Bidi", err, curlew.Aborted, "stop"); err != nil {
		return err
	}
	if err := call.Send(&peerpb.Request{}); err != io.EOF {
		return fmt.Errorf("Send after the call's end: error %v, want EOF", err)
	}
	return idle(ctx, e)
}
