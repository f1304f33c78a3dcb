package grpcgo

import (
	"context"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	spb "google.golang.org/genproto/googleapis/rpc/status"

	"github.com/curlew-rpc/curlew/interop/internal/peerpb"
	"github.com/curlew-rpc/curlew/interop/peerservice"
)

// A peerServer is PeerService on the reference stack.
type peerServer struct {
	peerpb.UnimplementedPeerServiceServer
	running atomic.Int32
}

// begin counts a call and returns what all its responses tell, and the metadata
// to answer.
func (s *peerServer) begin(ctx context.Context) (t *peerpb.Response, header, trailer metadata.MD) {
	s.running.Add(1)
	t = &peerpb.Response{RemainingMs: -1}
	if end, ok := ctx.Deadline(); ok {
		t.RemainingMs = time.Until(end).Milliseconds()
	}
	header, trailer = metadata.MD{}, metadata.MD{}
	md, _ := metadata.FromIncomingContext(ctx)
	for name, values := range md {
		if strings.HasPrefix(name, "x-") {
			header[name], trailer["t"+name] = values, values
			for _, v := range values {
				t.Metadata = append(t.Metadata, &peerpb.Metadata{Name: name, Value: []byte(v)})
			}
		}
	}
	return t, header, trailer
}

func (s *peerServer) end() { s.running.Add(-1) }

func countRequest(t *peerpb.Response, req *peerpb.Request) {
	t.Requests++
	t.RequestBytes += int64(len(req.Payload))
}

func respond(ctx context.Context, t *peerpb.Response, req *peerpb.Request) (*peerpb.Response, error) {
	res := proto.CloneOf(t)
	res.Payload = req.Payload
	if req.ResponseSize > 0 {
		res.Payload = peerservice.Payload(int(req.ResponseSize))
	}
	return res, ctx.Err()
}

func delay(ctx context.Context, req *peerpb.Request) error {
	select {
	case <-time.After(time.Duration(req.DelayMs) * time.Millisecond):
		return nil
	case <-ctx.Done():
		return status.FromContextError(ctx.Err()).Err()
	}
}

func fail(req *peerpb.Request) error {
	f := req.GetFailure()
	if f == nil {
		return nil
	}
	return status.FromProto(&spb.Status{Code: f.Code, Message: f.Message, Details: f.Details}).Err()
}

func (s *peerServer) Unary(ctx context.Context, req *peerpb.Request) (*peerpb.Response, error) {
	t, header, trailer := s.begin(ctx)
	defer s.end()
	grpc.SetHeader(ctx, header)
	grpc.SetTrailer(ctx, trailer)
	countRequest(t, req)
	if err := delay(ctx, req); err != nil {
		return nil, err
	}
	if err := fail(req); err != nil {
		return nil, err
	}
	return respond(ctx, t, req)
}

func (s *peerServer) ClientStream(stream grpc.ClientStreamingServer[peerpb.Request, peerpb.Response]) error {
	ctx := stream.Context()
	t, header, trailer := s.begin(ctx)
	defer s.end()
	stream.SetHeader(header)
	stream.SetTrailer(trailer)
	last := &peerpb.Request{}
	for {
		req, err := stream.Recv()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		countRequest(t, req)
		last = req
		if err := fail(req); err != nil {
			return err
		}
	}
	if err := delay(ctx, last); err != nil {
		return err
	}
	res, err := respond(ctx, t, last)
	if err != nil {
		return err
	}
	return stream.SendAndClose(res)
}

func (s *peerServer) ServerStream(req *peerpb.Request, stream grpc.ServerStreamingServer[peerpb.Response]) error {
	t, header, trailer := s.begin(stream.Context())
	defer s.end()
	stream.SetHeader(header)
	stream.SetTrailer(trailer)
	countRequest(t, req)
	return answer(stream.Context(), t, req, stream.Send)
}

func (s *peerServer) Bidi(stream grpc.BidiStreamingServer[peerpb.Request, peerpb.Response]) error {
	t, header, trailer := s.begin(stream.Context())
	defer s.end()
	stream.SetHeader(header)
	stream.SetTrailer(trailer)
	for {
		req, err := stream.Recv()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		countRequest(t, req)
		if err := answer(stream.Context(), t, req, stream.Send); err != nil {
			return err
		}
	}
}

func answer(ctx context.Context, t *peerpb.Response, req *peerpb.Request, send func(*peerpb.Response) error) error {
	if err := delay(ctx, req); err != nil {
		return err
	}
	for range req.Responses {
		res, err := respond(ctx, t, req)
		if err != nil {
			return status.Error(codes.Canceled, "the call is over")
		}
		if err := send(res); err != nil {
			return err
		}
	}
	return fail(req)
}

func (s *peerServer) Running(context.Context, *peerpb.RunningRequest) (*peerpb.RunningResponse, error) {
	return &peerpb.RunningResponse{Calls: s.running.Load()}, nil
}
