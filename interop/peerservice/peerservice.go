// Package peerservice is curlew.interop.v1.PeerService on Curlew: see its .proto
// file.
package peerservice

import (
	"context"
	"iter"
	"strings"
	"sync/atomic"
	"time"

	_ "google.golang.org/genproto/googleapis/rpc/errdetails" // details that clients ask for

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/interop/internal/peerpb"
	"github.com/curlew-rpc/curlew/interop/internal/peerpb/peerpbcurlew"
)

// MaxMessage is the largest message, in bytes, that servers of the service take.
const MaxMessage = 32 << 20

// Register has s serve the service.
func Register(s *curlew.Server) {
	peerpbcurlew.RegisterPeerService(s, new(service))
}

type service struct{ running atomic.Int32 }

// A call is one call under way, as the four methods need it.
type call struct {
	svc      *service
	template *peerpb.Response // what all its responses tell
}

// begin counts a call and answers its metadata. end must be called.
func (s *service) begin(ctx context.Context) *call {
	s.running.Add(1)
	c := &call{s, &peerpb.Response{RemainingMs: -1}}
	if end, ok := ctx.Deadline(); ok {
		c.template.RemainingMs = time.Until(end).Milliseconds()
	}
	info := curlew.CallFrom(ctx)
	for name, value := range info.RequestHeader().All() {
		if strings.HasPrefix(name, "x-") {
			c.template.Metadata = append(c.template.Metadata, &peerpb.Metadata{Name: name, Value: []byte(value)})
			info.ResponseHeader().Add(name, value)
			info.Trailer().Add("t"+name, value)
		}
	}
	return c
}

func (c *call) end() { c.svc.running.Add(-1) }

// take counts a request.
func (c *call) take(req *peerpb.Request) {
	c.template.Requests++
	c.template.RequestBytes += int64(len(req.Payload))
}

// response returns a response to req, after its delay.
func (c *call) response(req *peerpb.Request) *peerpb.Response {
	t := c.template
	res := &peerpb.Response{
		Payload:      req.Payload,
		Requests:     t.Requests,
		RequestBytes: t.RequestBytes,
		Metadata:     t.Metadata,
		RemainingMs:  t.RemainingMs,
	}
	if req.ResponseSize > 0 {
		res.Payload = Payload(int(req.ResponseSize))
	}
	return res
}

// Payload returns n bytes that a shifted or mixed up message would not have.
func Payload(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i % 251)
	}
	return b
}

// wait waits for as long as req says.
func wait(ctx context.Context, req *peerpb.Request) error {
	if req.DelayMs <= 0 {
		return nil
	}
	select {
	case <-time.After(time.Duration(req.DelayMs) * time.Millisecond):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// failure returns the error that req asks for, or nil.
func failure(req *peerpb.Request) error {
	f := req.GetFailure()
	if f == nil {
		return nil
	}
	e := curlew.Errorf(curlew.Code(f.Code), "%s", f.Message)
	for _, d := range f.Details {
		m, err := d.UnmarshalNew()
		if err != nil {
			return curlew.Errorf(curlew.InvalidArgument, "detail: %v", err)
		}
		e = e.With(m)
	}
	return e
}

// Unary answers one request.
func (s *service) Unary(ctx context.Context, req *peerpb.Request) (*peerpb.Response, error) {
	c := s.begin(ctx)
	defer c.end()
	c.take(req)
	if err := wait(ctx, req); err != nil {
		return nil, err
	}
	if err := failure(req); err != nil {
		return nil, err
	}
	return c.response(req), nil
}

// ClientStream answers when all requests are there, by the last.
func (s *service) ClientStream(ctx context.Context, reqs iter.Seq2[*peerpb.Request, error]) (*peerpb.Response, error) {
	c := s.begin(ctx)
	defer c.end()
	last := &peerpb.Request{}
	for req, err := range reqs {
		if err != nil {
			return nil, err
		}
		c.take(req)
		last = req
		if err := failure(req); err != nil {
			return nil, err
		}
	}
	if err := wait(ctx, last); err != nil {
		return nil, err
	}
	return c.response(last), nil
}

// ServerStream sends as many responses as the request says.
func (s *service) ServerStream(ctx context.Context, req *peerpb.Request, out curlew.Sender[*peerpb.Response]) error {
	c := s.begin(ctx)
	defer c.end()
	c.take(req)
	return c.answer(ctx, req, out)
}

// Bidi answers each request as it comes.
func (s *service) Bidi(ctx context.Context, d *curlew.Duplex[*peerpb.Request, *peerpb.Response]) error {
	c := s.begin(ctx)
	defer c.end()
	for req, err := range d.All() {
		if err != nil {
			return err
		}
		c.take(req)
		if err := c.answer(ctx, req, d); err != nil {
			return err
		}
	}
	return nil
}

// answer sends the responses to req and returns its failure.
func (c *call) answer(ctx context.Context, req *peerpb.Request, out curlew.Sender[*peerpb.Response]) error {
	if err := wait(ctx, req); err != nil {
		return err
	}
	for range req.Responses {
		if err := out.Send(c.response(req)); err != nil {
			return err
		}
	}
	return failure(req)
}

// Running tells how many calls have not ended.
func (s *service) Running(context.Context, *peerpb.RunningRequest) (*peerpb.RunningResponse, error) {
	return &peerpb.RunningResponse{Calls: s.running.Load()}, nil
}
