// Package testservice is grpc.testing.TestService on Curlew, the service that the
// field's interoperability clients call:
// github.com/grpc/grpc/blob/master/doc/interop-test-descriptions.md#server.
package testservice

import (
	"context"
	"iter"
	"strconv"
	"time"

	testpb "google.golang.org/grpc/interop/grpc_testing"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/interop/internal/marked"
	"github.com/curlew-rpc/curlew/interop/internal/testcurlew"
	"github.com/curlew-rpc/curlew/orca"
)

// Options returns the options that a server with the service needs: with other
// compressors it cannot tell whether a message was compressed.
func Options() []curlew.ServerOption {
	return []curlew.ServerOption{curlew.WithCompressors(marked.Gzip())}
}

// Register has s serve the service, and that of load reports. UnimplementedService
// stays unknown to it, as the cases want.
func Register(s *curlew.Server) {
	// Calls report their own load alone, so that a client sees which way a report came.
	calls, server := orca.NewReporter(orca.WithoutRates()), orca.NewReporter(orca.WithMinInterval(time.Second))
	server.Register(s)
	testcurlew.RegisterTestService(s, service{
		id:   strconv.FormatInt(time.Now().UnixNano(), 36),
		load: newLoad(server),
	}, curlew.WithServiceInterceptors(calls.Interceptor()))
}

// A service knows its server's id, by which a client sees that it is always the
// same.
type service struct {
	testcurlew.UnimplementedTestService
	id   string
	load *load
}

const (
	echoHeader  = "x-grpc-test-echo-initial"
	echoTrailer = "x-grpc-test-echo-trailing-bin"
)

// echo answers the metadata that is to be answered.
func echo(ctx context.Context) {
	call := curlew.CallFrom(ctx)
	for v := range call.RequestHeader().Values(echoHeader) {
		call.ResponseHeader().Add(echoHeader, v)
	}
	for v := range call.RequestHeader().Values(echoTrailer) {
		call.Trailer().Add(echoTrailer, v)
	}
}

// status returns the error that a request asks for, if it does.
func status(s *testpb.EchoStatus) error {
	if s.GetCode() == 0 {
		return nil
	}
	return curlew.Errorf(curlew.Code(s.GetCode()), "%s", s.GetMessage())
}

// expect checks that a request was compressed if and only if it should be.
func expect(should *testpb.BoolValue, was bool) error {
	if should != nil && should.Value != was {
		return curlew.Errorf(curlew.InvalidArgument, "the request's compression is %t, not %t", was, should.Value)
	}
	return nil
}

// compression sets whether the response messages that follow are compressed.
func compression(ctx context.Context, want *testpb.BoolValue) error {
	switch {
	case want == nil:
		return nil
	case want.Value:
		return curlew.CallFrom(ctx).SetCompression("gzip")
	}
	return curlew.CallFrom(ctx).SetCompression("identity")
}

func payload(typ testpb.PayloadType, size int32) (*testpb.Payload, error) {
	if size < 0 || typ != testpb.PayloadType_COMPRESSABLE {
		return nil, curlew.Errorf(curlew.InvalidArgument, "no payload of type %v has %d bytes", typ, size)
	}
	return &testpb.Payload{Type: typ, Body: make([]byte, size)}, nil
}

// EmptyCall answers with nothing.
func (service) EmptyCall(ctx context.Context, _ *testpb.Empty) (*testpb.Empty, error) {
	echo(ctx)
	return &testpb.Empty{}, nil
}

// UnaryCall answers with a payload of the size asked for.
func (s service) UnaryCall(ctx context.Context, req *testpb.SimpleRequest) (*testpb.SimpleResponse, error) {
	echo(ctx)
	if err := expect(req.ExpectCompressed, marked.Was(req)); err != nil {
		return nil, err
	}
	if err := status(req.ResponseStatus); err != nil {
		return nil, err
	}
	if err := compression(ctx, req.ResponseCompressed); err != nil {
		return nil, err
	}
	p, err := payload(req.ResponseType, req.ResponseSize)
	if err != nil {
		return nil, err
	}
	reportCall(ctx, req.OrcaPerQueryReport)
	res := &testpb.SimpleResponse{Payload: p}
	if req.FillServerId {
		res.ServerId = s.id
	}
	return res, nil
}

// CacheableUnaryCall answers with the time, so that a cached answer is told from
// a new one.
func (service) CacheableUnaryCall(ctx context.Context, _ *testpb.SimpleRequest) (*testpb.SimpleResponse, error) {
	curlew.CallFrom(ctx).ResponseHeader().Set("cache-control", "max-age=60, public")
	now := strconv.AppendInt(nil, time.Now().UnixNano(), 10)
	return &testpb.SimpleResponse{Payload: &testpb.Payload{Body: now}}, nil
}

// StreamingOutputCall answers with payloads of the sizes asked for.
func (service) StreamingOutputCall(ctx context.Context, req *testpb.StreamingOutputCallRequest, out curlew.Sender[*testpb.StreamingOutputCallResponse]) error {
	echo(ctx)
	if err := status(req.ResponseStatus); err != nil {
		return err
	}
	return send(ctx, req, out)
}

// StreamingInputCall answers with the sum of the payloads' sizes.
func (service) StreamingInputCall(ctx context.Context, reqs iter.Seq2[*testpb.StreamingInputCallRequest, error]) (*testpb.StreamingInputCallResponse, error) {
	echo(ctx)
	var sum int
	for req, err := range reqs {
		if err != nil {
			return nil, err
		}
		if err := expect(req.ExpectCompressed, marked.Was(req)); err != nil {
			return nil, err
		}
		sum += len(req.GetPayload().GetBody())
	}
	return &testpb.StreamingInputCallResponse{AggregatedPayloadSize: int32(sum)}, nil
}

// FullDuplexCall answers each request as it comes.
func (s service) FullDuplexCall(ctx context.Context, d *curlew.Duplex[*testpb.StreamingOutputCallRequest, *testpb.StreamingOutputCallResponse]) error {
	echo(ctx)
	if curlew.CallFrom(ctx).RequestHeader().Has(echoHeader) {
		// The client may wait for it before it sends anything.
		if err := curlew.CallFrom(ctx).SendHeader(); err != nil {
			return err
		}
	}
	mine := false
	for req, err := range d.All() {
		if err != nil {
			return err
		}
		if err := status(req.ResponseStatus); err != nil {
			return err
		}
		if want := req.OrcaOobReport; want != nil {
			if !mine {
				if err := s.load.take(ctx); err != nil {
					return err
				}
				defer s.load.put()
				mine = true
			}
			set(&s.load.reporter.Metrics, want)
		}
		if err := send(ctx, req, d); err != nil {
			return err
		}
	}
	return nil
}

// HalfDuplexCall answers when all requests are there.
func (service) HalfDuplexCall(ctx context.Context, d *curlew.Duplex[*testpb.StreamingOutputCallRequest, *testpb.StreamingOutputCallResponse]) error {
	echo(ctx)
	var reqs []*testpb.StreamingOutputCallRequest
	for req, err := range d.All() {
		if err != nil {
			return err
		}
		reqs = append(reqs, req)
	}
	for _, req := range reqs {
		if err := send(ctx, req, d); err != nil {
			return err
		}
	}
	return nil
}

// send sends the responses that a request asks for, each after its interval.
func send(ctx context.Context, req *testpb.StreamingOutputCallRequest, out curlew.Sender[*testpb.StreamingOutputCallResponse]) error {
	for _, want := range req.ResponseParameters {
		if err := pause(ctx, time.Duration(want.IntervalUs)*time.Microsecond); err != nil {
			return err
		}
		if err := compression(ctx, want.Compressed); err != nil {
			return err
		}
		p, err := payload(req.ResponseType, want.Size)
		if err != nil {
			return err
		}
		if err := out.Send(&testpb.StreamingOutputCallResponse{Payload: p}); err != nil {
			return err
		}
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
