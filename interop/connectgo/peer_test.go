package connectgo

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/curlew-rpc/curlew/interop/internal/peerpb"
	"github.com/curlew-rpc/curlew/interop/peerservice"
)

type (
	request  = peerpb.Request
	response = peerpb.Response
)

// A peerServer is PeerService on connect-go.
type peerServer struct{ running atomic.Int32 }

// handler returns the service's HTTP handler.
func (s *peerServer) handler() http.Handler {
	const prefix = "/curlew.interop.v1.PeerService/"
	mux := http.NewServeMux()
	limit := connect.WithReadMaxBytes(peerservice.MaxMessage)
	mux.Handle(prefix+"Unary", connect.NewUnaryHandler(prefix+"Unary", s.unary, limit))
	mux.Handle(prefix+"ClientStream", connect.NewClientStreamHandler(prefix+"ClientStream", s.clientStream, limit))
	mux.Handle(prefix+"ServerStream", connect.NewServerStreamHandler(prefix+"ServerStream", s.serverStream, limit))
	mux.Handle(prefix+"Bidi", connect.NewBidiStreamHandler(prefix+"Bidi", s.bidi, limit))
	mux.Handle(prefix+"Running", connect.NewUnaryHandler(prefix+"Running",
		func(context.Context, *connect.Request[peerpb.RunningRequest]) (*connect.Response[peerpb.RunningResponse], error) {
			return connect.NewResponse(&peerpb.RunningResponse{Calls: s.running.Load()}), nil
		}))
	return mux
}

// begin counts a call, answers its metadata, and returns what all its responses tell.
func (s *peerServer) begin(ctx context.Context, in, header, trailer http.Header) *response {
	s.running.Add(1)
	t := &response{RemainingMs: -1}
	if end, ok := ctx.Deadline(); ok {
		t.RemainingMs = time.Until(end).Milliseconds()
	}
	for name, values := range in {
		name = strings.ToLower(name)
		if !strings.HasPrefix(name, "x-") {
			continue
		}
		for _, v := range values {
			header.Add(name, v)
			trailer.Add("t"+name, v)
			if strings.HasSuffix(name, "-bin") {
				b, err := connect.DecodeBinaryHeader(v)
				if err != nil {
					continue // it is missed by who sent it
				}
				v = string(b)
			}
			t.Metadata = append(t.Metadata, &peerpb.Metadata{Name: name, Value: []byte(v)})
		}
	}
	return t
}

func (s *peerServer) end() { s.running.Add(-1) }

func count(t *response, req *request) {
	t.Requests++
	t.RequestBytes += int64(len(req.Payload))
}

func respond(t *response, req *request) *response {
	res := proto.CloneOf(t)
	res.Payload = req.Payload
	if req.ResponseSize > 0 {
		res.Payload = peerservice.Payload(int(req.ResponseSize))
	}
	return res
}

func delay(ctx context.Context, req *request) error {
	select {
	case <-time.After(time.Duration(req.DelayMs) * time.Millisecond):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func fail(req *request) error {
	f := req.GetFailure()
	if f == nil {
		return nil
	}
	err := connect.NewError(connect.Code(f.Code), errors.New(f.Message))
	for _, d := range f.Details {
		detail, derr := connect.NewErrorDetail(&anypb.Any{TypeUrl: d.TypeUrl, Value: d.Value})
		if derr != nil {
			return derr
		}
		err.AddDetail(detail)
	}
	return err
}

// withTrailer gives the error of a unary call the trailer that the response would have
// had. In Connect an error's metadata is in the header, where trailers have a prefix that
// connect-go leaves to us.
func withTrailer(err error, protocol string, trailer http.Header) error {
	var ce *connect.Error
	if !errors.As(err, &ce) {
		return err
	}
	prefix := ""
	if protocol == connect.ProtocolConnect {
		prefix = "Trailer-"
	}
	for name, values := range trailer {
		for _, v := range values {
			ce.Meta().Add(prefix+name, v)
		}
	}
	return ce
}

func (s *peerServer) unary(ctx context.Context, req *connect.Request[request]) (*connect.Response[response], error) {
	header, trailer := http.Header{}, http.Header{}
	t := s.begin(ctx, req.Header(), header, trailer)
	defer s.end()
	count(t, req.Msg)
	if err := delay(ctx, req.Msg); err != nil {
		return nil, err
	}
	if err := fail(req.Msg); err != nil {
		return nil, withTrailer(err, req.Peer().Protocol, trailer)
	}
	res := connect.NewResponse(respond(t, req.Msg))
	for name, values := range header {
		res.Header()[name] = values
	}
	for name, values := range trailer {
		res.Trailer()[name] = values
	}
	return res, nil
}

func (s *peerServer) clientStream(ctx context.Context, in *connect.ClientStream[request]) (*connect.Response[response], error) {
	header, trailer := http.Header{}, http.Header{}
	t := s.begin(ctx, in.RequestHeader(), header, trailer)
	defer s.end()
	last := new(request)
	for in.Receive() {
		last = proto.CloneOf(in.Msg())
		count(t, last)
		if err := fail(last); err != nil {
			return nil, err
		}
	}
	if err := in.Err(); err != nil {
		return nil, err
	}
	if err := delay(ctx, last); err != nil {
		return nil, err
	}
	return connect.NewResponse(respond(t, last)), nil
}

func (s *peerServer) serverStream(ctx context.Context, req *connect.Request[request], out *connect.ServerStream[response]) error {
	t := s.begin(ctx, req.Header(), out.ResponseHeader(), out.ResponseTrailer())
	defer s.end()
	count(t, req.Msg)
	return answer(ctx, t, req.Msg, out.Send)
}

func (s *peerServer) bidi(ctx context.Context, stream *connect.BidiStream[request, response]) error {
	t := s.begin(ctx, stream.RequestHeader(), stream.ResponseHeader(), stream.ResponseTrailer())
	defer s.end()
	for {
		req, err := stream.Receive()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		count(t, req)
		if err := answer(ctx, t, req, stream.Send); err != nil {
			return err
		}
	}
}

func answer(ctx context.Context, t *response, req *request, send func(*response) error) error {
	if err := delay(ctx, req); err != nil {
		return err
	}
	for range req.Responses {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := send(respond(t, req)); err != nil {
			return err
		}
	}
	return fail(req)
}
