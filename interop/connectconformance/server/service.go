package main

import (
	"context"
	"iter"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/curlew-rpc/curlew"
	pb "github.com/curlew-rpc/curlew/interop/connectconformance/internal/gen/connectrpc/conformance/v1"
	"github.com/curlew-rpc/curlew/interop/connectconformance/internal/suite"
)

// register has srv serve the suite's service, but for the method that is called to
// see how a server answers for one that it does not have.
func register(srv *curlew.Server) {
	pb.RegisterConformanceService(srv, service{})
}

// A service answers as each request asks for, and tells what it has received.
type service struct {
	pb.UnimplementedConformanceService
}

// Unary answers one request by one response or error.
func (service) Unary(ctx context.Context, req *pb.UnaryRequest) (*pb.UnaryResponse, error) {
	payload, err := single(ctx, req.ResponseDefinition, req)
	if err != nil {
		return nil, err
	}
	return &pb.UnaryResponse{Payload: payload}, nil
}

// IdempotentUnary is Unary for a method without side effects.
func (service) IdempotentUnary(ctx context.Context, req *pb.IdempotentUnaryRequest) (*pb.IdempotentUnaryResponse, error) {
	payload, err := single(ctx, req.ResponseDefinition, req)
	if err != nil {
		return nil, err
	}
	return &pb.IdempotentUnaryResponse{Payload: payload}, nil
}

// ClientStream answers all requests as the first one says.
func (service) ClientStream(ctx context.Context, in iter.Seq2[*pb.ClientStreamRequest, error]) (*pb.ClientStreamResponse, error) {
	var def *pb.UnaryResponseDefinition
	var reqs []proto.Message
	for req, err := range in {
		if err != nil {
			return nil, err
		}
		if len(reqs) == 0 {
			def = req.ResponseDefinition
		}
		reqs = append(reqs, req)
	}
	payload, err := single(ctx, def, reqs...)
	if err != nil {
		return nil, err
	}
	return &pb.ClientStreamResponse{Payload: payload}, nil
}

// single returns the one response to requests.
func single(ctx context.Context, def *pb.UnaryResponseDefinition, reqs ...proto.Message) (*pb.ConformancePayload, error) {
	info, err := requestInfo(ctx, reqs)
	if err != nil {
		return nil, err
	}
	if err := setMetadata(ctx, def.GetResponseHeaders(), def.GetResponseTrailers()); err != nil {
		return nil, err
	}
	if err := wait(ctx, def.GetResponseDelayMs()); err != nil {
		return nil, err
	}
	if e := def.GetError(); e != nil {
		return nil, suite.ToError(e, info)
	}
	return &pb.ConformancePayload{Data: def.GetResponseData(), RequestInfo: info}, nil
}

// ServerStream answers one request by any number of responses.
func (service) ServerStream(ctx context.Context, req *pb.ServerStreamRequest, out curlew.Sender[*pb.ServerStreamResponse]) error {
	r := responses{ctx: ctx, send: func(p *pb.ConformancePayload) error {
		return out.Send(&pb.ServerStreamResponse{Payload: p})
	}}
	if err := r.begin(req.ResponseDefinition); err != nil {
		return err
	}
	r.reqs = append(r.reqs, req)
	return r.finish()
}

// BidiStream answers each request as it comes, or all when they are there.
func (service) BidiStream(ctx context.Context, d *curlew.Duplex[*pb.BidiStreamRequest, *pb.BidiStreamResponse]) error {
	r := responses{ctx: ctx, send: func(p *pb.ConformancePayload) error {
		return d.Send(&pb.BidiStreamResponse{Payload: p})
	}}
	first, fullDuplex := true, false
	for req, err := range d.All() {
		if err != nil {
			return err
		}
		if first {
			first, fullDuplex = false, req.FullDuplex
			if err := r.begin(req.ResponseDefinition); err != nil {
				return err
			}
		}
		r.reqs = append(r.reqs, req)
		if !fullDuplex {
			continue
		}
		if r.sent == len(r.def.GetResponseData()) {
			break
		}
		if err := r.next(); err != nil {
			return err
		}
		r.reqs = nil
	}
	return r.finish()
}

// responses are those to a call that may have several.
type responses struct {
	ctx  context.Context
	send func(*pb.ConformancePayload) error
	def  *pb.StreamResponseDefinition
	reqs []proto.Message // what the next response tells of
	sent int
}

// begin sends the header.
func (r *responses) begin(def *pb.StreamResponseDefinition) error {
	r.def = def
	if def == nil {
		return nil
	}
	if err := setMetadata(r.ctx, def.ResponseHeaders, def.ResponseTrailers); err != nil {
		return err
	}
	return curlew.CallFrom(r.ctx).SendHeader()
}

// next sends the next response. The first tells everything about the call; later
// ones, the requests since then.
func (r *responses) next() error {
	payload := &pb.ConformancePayload{Data: r.def.ResponseData[r.sent]}
	if len(r.reqs) > 0 {
		info, err := requestInfo(r.ctx, r.reqs)
		if err != nil {
			return err
		}
		if r.sent > 0 {
			info = &pb.ConformancePayload_RequestInfo{Requests: info.Requests}
		}
		payload.RequestInfo = info
	}
	if err := wait(r.ctx, r.def.ResponseDelayMs); err != nil {
		return err
	}
	r.sent++
	return r.send(payload)
}

// finish sends the responses that are left, and returns the error.
func (r *responses) finish() error {
	for r.sent < len(r.def.GetResponseData()) {
		if err := r.next(); err != nil {
			return err
		}
		r.reqs = nil
	}
	switch e := r.def.GetError(); {
	case e == nil:
		return nil
	case r.sent > 0:
		return suite.ToError(e)
	default:
		info, err := requestInfo(r.ctx, r.reqs)
		if err != nil {
			return err
		}
		return suite.ToError(e, info)
	}
}

// requestInfo tells what was received.
func requestInfo(ctx context.Context, reqs []proto.Message) (*pb.ConformancePayload_RequestInfo, error) {
	info := &pb.ConformancePayload_RequestInfo{RequestHeaders: suite.Header(curlew.CallFrom(ctx).RequestHeader())}
	if end, ok := ctx.Deadline(); ok {
		info.TimeoutMs = proto.Int64(time.Until(end).Milliseconds())
	}
	for _, req := range reqs {
		a, err := anypb.New(req)
		if err != nil {
			return nil, err
		}
		info.Requests = append(info.Requests, a)
	}
	return info, nil
}

// setMetadata sets the response's header and trailer.
func setMetadata(ctx context.Context, header, trailer []*pb.Header) error {
	call := curlew.CallFrom(ctx)
	if err := suite.Fields(header, call.ResponseHeader().Add); err != nil {
		return err
	}
	return suite.Fields(trailer, call.Trailer().Add)
}

// wait waits for so many milliseconds, or until the call has ended.
func wait(ctx context.Context, ms uint32) error {
	if ms == 0 {
		return nil
	}
	select {
	case <-time.After(time.Duration(ms) * time.Millisecond):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
