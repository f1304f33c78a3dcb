package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/curlew-rpc/curlew"
	pb "github.com/curlew-rpc/curlew/interop/connectconformance/internal/gen/connectrpc/conformance/v1"
	"github.com/curlew-rpc/curlew/interop/connectconformance/internal/suite"
)

// A call is one call under way.
type call struct {
	ctx    context.Context
	cancel context.CancelFunc
	req    *pb.ClientCompatRequest
	client pb.ConformanceServiceClient
	result *pb.ClientResponseResult
}

// methods are the methods of the suite's service, by their names.
var methods = map[string]func(*call) error{
	"Unary": func(c *call) error {
		return unary(c, c.client.Unary, (*pb.UnaryResponse).GetPayload)
	},
	"IdempotentUnary": func(c *call) error {
		return unary(c, c.client.IdempotentUnary, (*pb.IdempotentUnaryResponse).GetPayload)
	},
	"Unimplemented": func(c *call) error {
		return unary(c, c.client.Unimplemented, func(*pb.UnimplementedResponse) *pb.ConformancePayload { return nil })
	},
	"ServerStream": (*call).serverStream,
	"ClientStream": (*call).clientStream,
	"BidiStream":   (*call).bidiStream,
}

// perform makes the call that req describes. An error means that it could not even
// be begun.
func perform(ctx context.Context, conns *connections, req *pb.ClientCompatRequest) (*pb.ClientResponseResult, error) {
	method := methods[req.GetMethod()]
	if req.GetService() != pb.ConformanceServiceName || method == nil {
		return nil, fmt.Errorf("there is no method %s of %s", req.GetMethod(), req.GetService())
	}
	client, err := conns.get(req)
	if err != nil {
		return nil, err
	}
	var header, trailer curlew.Header
	opts, err := callOptions(req)
	if err != nil {
		return nil, err
	}
	opts = append(opts, curlew.CaptureHeader(&header), curlew.CaptureTrailer(&trailer))
	c := &call{
		req:    req,
		client: pb.NewConformanceServiceClient(client).With(opts...),
		result: new(pb.ClientResponseResult),
	}
	if req.TimeoutMs != nil {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, milliseconds(req.GetTimeoutMs()))
		defer stop()
	}
	c.ctx, c.cancel = context.WithCancel(ctx)
	defer c.cancel()
	if err := method(c); err != nil {
		return nil, err
	}
	c.result.ResponseHeaders = suite.Header(&header)
	c.result.ResponseTrailers = suite.Header(&trailer)
	return c.result, nil
}

func milliseconds(n uint32) time.Duration { return time.Duration(n) * time.Millisecond }

// callOptions returns what req asks of the call itself.
func callOptions(req *pb.ClientCompatRequest) ([]curlew.CallOption, error) {
	compression, err := suite.Compression(req.Compression)
	if err != nil {
		return nil, err
	}
	codec, ok := suite.Codecs[req.Codec]
	if !ok {
		return nil, fmt.Errorf("%v is not supported", req.Codec)
	}
	opts := []curlew.CallOption{curlew.Compression(compression), curlew.Codec(codec)}
	if req.MessageReceiveLimit > 0 {
		opts = append(opts, curlew.MaxReceiveBytes(int(req.MessageReceiveLimit)))
	}
	err = suite.Fields(req.RequestHeaders, func(name string, values ...string) {
		opts = append(opts, curlew.AddHeader(name, values...))
	})
	return opts, err
}

// requests returns the request messages, which are all of one type.
func requests[Req proto.Message](c *call) ([]Req, error) {
	var reqs []Req
	for _, a := range c.req.RequestMessages {
		m, err := a.UnmarshalNew()
		if err != nil {
			return nil, err
		}
		req, ok := m.(Req)
		if !ok {
			return nil, fmt.Errorf("%s takes no %T", c.req.GetMethod(), m)
		}
		reqs = append(reqs, req)
	}
	return reqs, nil
}

// request returns the one request message.
func request[Req proto.Message](c *call) (req Req, err error) {
	reqs, err := requests[Req](c)
	if err != nil {
		return req, err
	}
	if len(reqs) != 1 {
		return req, fmt.Errorf("%s takes one request, not %d", c.req.GetMethod(), len(reqs))
	}
	return reqs[0], nil
}

// take adds a response to the result, and cancels the call if it was to be cancelled
// then.
func (c *call) take(p *pb.ConformancePayload) {
	if p == nil {
		p = new(pb.ConformancePayload)
	}
	c.result.Payloads = append(c.result.Payloads, p)
	if n := c.req.Cancel.GetAfterNumResponses(); n > 0 && len(c.result.Payloads) == int(n) {
		c.cancel()
	}
}

// end notes how the call has ended.
func (c *call) end(err error) {
	if err != nil && !errors.Is(err, io.EOF) && c.result.Error == nil {
		c.result.Error = suite.FromError(err)
	}
}

// cancelAfterCloseSend has the call cancelled, if it was to be, so long after now,
// which is when all has been sent.
func (c *call) cancelAfterCloseSend() {
	switch t := c.req.GetCancel().GetCancelTiming().(type) {
	case *pb.ClientCompatRequest_Cancel_AfterCloseSendMs:
		time.AfterFunc(milliseconds(t.AfterCloseSendMs), c.cancel)
	case nil:
		if c.req.Cancel != nil {
			c.cancel()
		}
	}
}

// cancelBeforeCloseSend cancels the call if it was to be cancelled now.
func (c *call) cancelBeforeCloseSend() {
	if c.req.GetCancel().GetBeforeCloseSend() != nil {
		c.cancel()
	}
}

// pause waits before a message is sent.
func (c *call) pause() {
	if c.req.RequestDelayMs == 0 {
		return
	}
	select {
	case <-time.After(milliseconds(c.req.RequestDelayMs)):
	case <-c.ctx.Done():
	}
}

func unary[Req, Res proto.Message](c *call, method func(context.Context, Req) (Res, error), payload func(Res) *pb.ConformancePayload) error {
	req, err := request[Req](c)
	if err != nil {
		return err
	}
	c.pause()
	c.cancelAfterCloseSend()
	res, err := method(c.ctx, req)
	if err != nil {
		c.end(err)
		return nil
	}
	c.take(payload(res))
	return nil
}

func (c *call) serverStream() error {
	req, err := request[*pb.ServerStreamRequest](c)
	if err != nil {
		return err
	}
	c.pause()
	c.cancelAfterCloseSend()
	for res, err := range c.client.ServerStream(c.ctx, req) {
		if err != nil {
			c.end(err)
			break
		}
		c.take(res.Payload)
	}
	return nil
}

func (c *call) clientStream() error {
	reqs, err := requests[*pb.ClientStreamRequest](c)
	if err != nil {
		return err
	}
	unsent := len(reqs)
	var in iter.Seq2[*pb.ClientStreamRequest, error] = func(yield func(*pb.ClientStreamRequest, error) bool) {
		for _, req := range reqs {
			c.pause()
			if !yield(req, nil) {
				return
			}
			unsent--
		}
		c.cancelBeforeCloseSend()
		c.cancelAfterCloseSend()
	}
	res, err := c.client.ClientStream(c.ctx, in)
	c.result.NumUnsentRequests = int32(unsent)
	if err != nil {
		c.end(err)
		return nil
	}
	c.take(res.Payload)
	return nil
}

func (c *call) bidiStream() error {
	reqs, err := requests[*pb.BidiStreamRequest](c)
	if err != nil {
		return err
	}
	stream, err := c.client.BidiStream(c.ctx)
	if err != nil {
		c.end(err)
		return nil
	}
	defer stream.Close()
	fullDuplex := c.req.StreamType == pb.StreamType_STREAM_TYPE_FULL_DUPLEX_BIDI_STREAM
	for i, req := range reqs {
		c.pause()
		if err := stream.Send(req); err != nil {
			c.result.NumUnsentRequests = int32(len(reqs) - i)
			break // Recv tells why
		}
		if fullDuplex {
			res, err := stream.Recv()
			if err != nil {
				c.result.NumUnsentRequests = int32(len(reqs) - i - 1)
				c.end(err)
				return nil
			}
			c.take(res.Payload)
		}
	}
	c.cancelBeforeCloseSend()
	if err := stream.CloseSend(); err == nil {
		c.cancelAfterCloseSend()
	}
	for res, err := range stream.All() {
		if err != nil {
			c.end(err)
			break
		}
		c.take(res.Payload)
	}
	return nil
}
