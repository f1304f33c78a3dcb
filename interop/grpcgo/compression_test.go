package grpcgo

import (
	"context"
	"io"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/interop"
	testgrpc "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/curlew-rpc/curlew/interop/internal/marked"
	"github.com/curlew-rpc/curlew/interop/internal/testcert"
	"github.com/curlew-rpc/curlew/interop/testservice"
)

// The reference stack compresses whole calls, not single messages. So where it is
// the one that sends, a stream's messages are all compressed or none; Python's and
// Node's switch within a stream.

// A markedGzip is the reference stack's gzip, leaving marks.
type markedGzip struct{ encoding.Compressor }

func (c markedGzip) Decompress(r io.Reader) (io.Reader, error) {
	r, err := c.Compressor.Decompress(r)
	if err != nil {
		return nil, err
	}
	return marked.Reader(r), nil
}

func init() {
	encoding.RegisterCompressor(markedGzip{encoding.GetCompressor(gzip.Name)})
}

// A compressing server is the reference server with what it lacks.
type compressingServer struct{ testgrpc.TestServiceServer }

func expectCompressed(want *testgrpc.BoolValue, m proto.Message) error {
	if was := marked.Was(m); want != nil && want.Value != was {
		return status.Errorf(codes.InvalidArgument, "compressed is %t, want %t", was, want.Value)
	}
	return nil
}

func (s compressingServer) UnaryCall(ctx context.Context, req *testgrpc.SimpleRequest) (*testgrpc.SimpleResponse, error) {
	if err := expectCompressed(req.ExpectCompressed, req); err != nil {
		return nil, err
	}
	name := encoding.Identity
	if req.GetResponseCompressed().GetValue() {
		name = gzip.Name
	}
	if err := grpc.SetSendCompressor(ctx, name); err != nil {
		return nil, err
	}
	return s.TestServiceServer.UnaryCall(ctx, req)
}

type checkedInput struct {
	grpc.ClientStreamingServer[testgrpc.StreamingInputCallRequest, testgrpc.StreamingInputCallResponse]
}

func (s checkedInput) Recv() (*testgrpc.StreamingInputCallRequest, error) {
	req, err := s.ClientStreamingServer.Recv()
	if err != nil {
		return nil, err
	}
	return req, expectCompressed(req.ExpectCompressed, req)
}

func (s compressingServer) StreamingInputCall(stream testgrpc.TestService_StreamingInputCallServer) error {
	return s.TestServiceServer.StreamingInputCall(checkedInput{stream})
}

// Our client against a reference server that compresses.
func TestClientCompression(t *testing.T) {
	securities(t, func(t *testing.T, pair *testcert.Pair) {
		addr := grpcServer(t, pair, func(s *grpc.Server) {
			testgrpc.RegisterTestServiceServer(s, compressingServer{interop.NewTestServer()})
		})
		runCases(t, addr, pair, standard(func(name string) bool {
			switch name {
			case "client_compressed_unary", "server_compressed_unary", "client_compressed_streaming":
				return true
			}
			return false
		}))
	})
}

const (
	largeRequest  = 271828
	largeResponse = 314159
)

// A reference client that compresses against our server.
func TestServerCompression(t *testing.T) {
	securities(t, func(t *testing.T, pair *testcert.Pair) {
		tc := testgrpc.NewTestServiceClient(grpcConn(t, curlewServer(t, pair, testservice.Register), pair))
		t.Run("client_compressed_unary", func(t *testing.T) { doClientCompressedUnary(t, tc) })
		t.Run("server_compressed_unary", func(t *testing.T) { doServerCompressedUnary(t, tc) })
		t.Run("client_compressed_streaming", func(t *testing.T) { doClientCompressedStreaming(t, tc) })
		t.Run("server_compressed_streaming", func(t *testing.T) { doServerCompressedStreaming(t, tc) })
	})
}

func doClientCompressedUnary(t *testing.T, tc testgrpc.TestServiceClient) {
	req := &testgrpc.SimpleRequest{
		ExpectCompressed: &testgrpc.BoolValue{Value: true},
		ResponseSize:     largeResponse,
		Payload:          interop.ClientNewPayload(testgrpc.PayloadType_COMPRESSABLE, largeRequest),
	}
	if _, err := tc.UnaryCall(bounded(t), req); status.Code(err) != codes.InvalidArgument {
		t.Errorf("an uncompressed message instead of a compressed one: error %v", err)
	}
	res, err := tc.UnaryCall(bounded(t), req, grpc.UseCompressor(gzip.Name))
	if err != nil || len(res.Payload.Body) != largeResponse {
		t.Fatalf("compressed: %d bytes, error %v", len(res.GetPayload().GetBody()), err)
	}
	if !marked.Was(res) {
		t.Error("the server does not compress for a client that does")
	}
	req.ExpectCompressed.Value = false
	res, err = tc.UnaryCall(bounded(t), req)
	if err != nil || len(res.Payload.Body) != largeResponse {
		t.Fatalf("uncompressed: %d bytes, error %v", len(res.GetPayload().GetBody()), err)
	}
}

func doServerCompressedUnary(t *testing.T, tc testgrpc.TestServiceClient) {
	for _, compressed := range []bool{true, false} {
		res, err := tc.UnaryCall(bounded(t), &testgrpc.SimpleRequest{
			ResponseCompressed: &testgrpc.BoolValue{Value: compressed},
			ResponseSize:       largeResponse,
		})
		if err != nil || len(res.Payload.Body) != largeResponse || marked.Was(res) != compressed {
			t.Errorf("want compressed %t: %t, %d bytes, error %v", compressed, marked.Was(res), len(res.GetPayload().GetBody()), err)
		}
	}
}

func doClientCompressedStreaming(t *testing.T, tc testgrpc.TestServiceClient) {
	send := func(opts ...grpc.CallOption) (*testgrpc.StreamingInputCallResponse, error) {
		stream, err := tc.StreamingInputCall(bounded(t), opts...)
		if err != nil {
			return nil, err
		}
		for _, n := range []int{27182, 45904} {
			err := stream.Send(&testgrpc.StreamingInputCallRequest{
				ExpectCompressed: &testgrpc.BoolValue{Value: true},
				Payload:          interop.ClientNewPayload(testgrpc.PayloadType_COMPRESSABLE, n),
			})
			if err != nil {
				break // CloseAndRecv tells why
			}
		}
		return stream.CloseAndRecv()
	}
	if _, err := send(); status.Code(err) != codes.InvalidArgument {
		t.Errorf("uncompressed messages instead of compressed ones: error %v", err)
	}
	if res, err := send(grpc.UseCompressor(gzip.Name)); err != nil || res.AggregatedPayloadSize != 27182+45904 {
		t.Errorf("compressed: %v, error %v", res, err)
	}
}

func doServerCompressedStreaming(t *testing.T, tc testgrpc.TestServiceClient) {
	want := []*testgrpc.ResponseParameters{
		{Size: 31415, Compressed: &testgrpc.BoolValue{Value: true}},
		{Size: 92653, Compressed: &testgrpc.BoolValue{Value: false}},
		{Size: 100, Compressed: &testgrpc.BoolValue{Value: true}},
	}
	stream, err := tc.StreamingOutputCall(bounded(t), &testgrpc.StreamingOutputCallRequest{ResponseParameters: want})
	if err != nil {
		t.Fatal(err)
	}
	for i, w := range want {
		res, err := stream.Recv()
		if err != nil || len(res.Payload.Body) != int(w.Size) || marked.Was(res) != w.Compressed.Value {
			t.Fatalf("response %d, want %v: compressed %t, %d bytes, error %v", i, w, marked.Was(res), len(res.GetPayload().GetBody()), err)
		}
	}
	if _, err := stream.Recv(); err != io.EOF {
		t.Error(err)
	}
}
