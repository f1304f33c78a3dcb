package main

import (
	"bytes"
	"context"
	"iter"
	"net"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/curlew-rpc/curlew"
	pb "github.com/curlew-rpc/curlew/interop/connectconformance/internal/gen/connectrpc/conformance/v1"
	"github.com/curlew-rpc/curlew/interop/connectconformance/internal/suite"
)

// A double answers by what the requests' data are.
type double struct {
	pb.UnimplementedConformanceService
}

func (double) Unary(ctx context.Context, req *pb.UnaryRequest) (*pb.UnaryResponse, error) {
	call := curlew.CallFrom(ctx)
	call.ResponseHeader().Set("x-echo", call.RequestHeader().Get("x-request"))
	call.Trailer().Set("x-end", "t")
	switch string(req.RequestData) {
	case "fail":
		return nil, curlew.Errorf(curlew.NotFound, "none").With(&pb.Header{Name: "detail"})
	case "wait":
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return &pb.UnaryResponse{Payload: &pb.ConformancePayload{Data: req.RequestData}}, nil
}

func (double) ClientStream(ctx context.Context, in iter.Seq2[*pb.ClientStreamRequest, error]) (*pb.ClientStreamResponse, error) {
	var all []byte
	for req, err := range in {
		if err != nil {
			return nil, err
		}
		all = append(all, req.RequestData...)
	}
	return &pb.ClientStreamResponse{Payload: &pb.ConformancePayload{Data: all}}, nil
}

func (double) ServerStream(ctx context.Context, req *pb.ServerStreamRequest, out curlew.Sender[*pb.ServerStreamResponse]) error {
	for _, b := range req.RequestData {
		if err := out.Send(&pb.ServerStreamResponse{Payload: &pb.ConformancePayload{Data: []byte{b}}}); err != nil {
			return err
		}
	}
	<-ctx.Done()
	return ctx.Err()
}

func (double) BidiStream(ctx context.Context, d *curlew.Duplex[*pb.BidiStreamRequest, *pb.BidiStreamResponse]) error {
	for req, err := range d.All() {
		if err != nil {
			return err
		}
		if string(req.RequestData) == "fail" {
			return curlew.Errorf(curlew.Aborted, "as asked")
		}
		if err := d.Send(&pb.BidiStreamResponse{Payload: &pb.ConformancePayload{Data: req.RequestData}}); err != nil {
			return err
		}
	}
	return nil
}

// port serves the double, and returns where.
func port(t *testing.T) uint32 {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := curlew.NewServer(suite.Compressors())
	pb.RegisterConformanceService(srv, double{})
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	t.Cleanup(func() {
		srv.Close()
		<-served
	})
	return uint32(l.Addr().(*net.TCPAddr).Port)
}

// messages packs a request for each text.
func messages(t *testing.T, of func(data []byte) proto.Message, texts ...string) []*anypb.Any {
	t.Helper()
	var all []*anypb.Any
	for _, text := range texts {
		a, err := anypb.New(of([]byte(text)))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, a)
	}
	return all
}

func TestCases(t *testing.T) {
	unary := func(b []byte) proto.Message { return &pb.UnaryRequest{RequestData: b} }
	many := func(b []byte) proto.Message { return &pb.ClientStreamRequest{RequestData: b} }
	serve := func(b []byte) proto.Message { return &pb.ServerStreamRequest{RequestData: b} }
	bidi := func(b []byte) proto.Message { return &pb.BidiStreamRequest{RequestData: b} }
	afterResponses := &pb.ClientCompatRequest_Cancel{CancelTiming: &pb.ClientCompatRequest_Cancel_AfterNumResponses{AfterNumResponses: 2}}
	afterClose := &pb.ClientCompatRequest_Cancel{CancelTiming: &pb.ClientCompatRequest_Cancel_AfterCloseSendMs{AfterCloseSendMs: 20}}
	beforeClose := &pb.ClientCompatRequest_Cancel{CancelTiming: &pb.ClientCompatRequest_Cancel_BeforeCloseSend{BeforeCloseSend: new(emptypb.Empty)}}
	const full, half = pb.StreamType_STREAM_TYPE_FULL_DUPLEX_BIDI_STREAM, pb.StreamType_STREAM_TYPE_HALF_DUPLEX_BIDI_STREAM
	tests := map[string]struct {
		method   string
		kind     pb.StreamType
		messages []*anypb.Any
		cancel   *pb.ClientCompatRequest_Cancel
		timeout  *uint32
		payloads []string
		code     pb.Code
		unsent   int32
	}{
		"unary":                   {method: "Unary", messages: messages(t, unary, "a"), payloads: []string{"a"}},
		"unary, an error":         {method: "Unary", messages: messages(t, unary, "fail"), code: pb.Code_CODE_NOT_FOUND},
		"unary, cancelled":        {method: "Unary", messages: messages(t, unary, "wait"), cancel: afterClose, code: pb.Code_CODE_CANCELED},
		"unary, a timeout":        {method: "Unary", messages: messages(t, unary, "wait"), timeout: proto.Uint32(50), code: pb.Code_CODE_DEADLINE_EXCEEDED},
		"unimplemented":           {method: "Unimplemented", messages: messages(t, func([]byte) proto.Message { return new(pb.UnimplementedRequest) }, ""), code: pb.Code_CODE_UNIMPLEMENTED},
		"many requests":           {method: "ClientStream", messages: messages(t, many, "a", "b"), payloads: []string{"ab"}},
		"no request":              {method: "ClientStream", payloads: []string{""}},
		"many, cancelled":         {method: "ClientStream", messages: messages(t, many, "a"), cancel: beforeClose, code: pb.Code_CODE_CANCELED},
		"many responses":          {method: "ServerStream", messages: messages(t, serve, "ab"), cancel: afterResponses, payloads: []string{"a", "b"}, code: pb.Code_CODE_CANCELED},
		"full duplex":             {method: "BidiStream", kind: full, messages: messages(t, bidi, "a", "b"), payloads: []string{"a", "b"}},
		"full duplex, an error":   {method: "BidiStream", kind: full, messages: messages(t, bidi, "a", "fail", "b"), payloads: []string{"a"}, code: pb.Code_CODE_ABORTED, unsent: 1},
		"full duplex, cancelled":  {method: "BidiStream", kind: full, messages: messages(t, bidi, "a", "b"), cancel: beforeClose, payloads: []string{"a", "b"}, code: pb.Code_CODE_CANCELED},
		"half duplex":             {method: "BidiStream", kind: half, messages: messages(t, bidi, "a", "b"), payloads: []string{"a", "b"}},
		"half duplex, not at all": {method: "BidiStream", kind: half},
	}
	at := port(t)
	var in, out bytes.Buffer
	for name, test := range tests {
		req := &pb.ClientCompatRequest{
			TestName: name, Host: "127.0.0.1", Port: at, StreamType: test.kind,
			Protocol: pb.Protocol_PROTOCOL_GRPC, HttpVersion: pb.HTTPVersion_HTTP_VERSION_2,
			Codec: pb.Codec_CODEC_PROTO, Compression: pb.Compression_COMPRESSION_ZSTD,
			Service: proto.String(pb.ConformanceServiceName), Method: proto.String(test.method),
			RequestHeaders:  []*pb.Header{{Name: "x-request", Value: []string{"r"}}},
			RequestMessages: test.messages, Cancel: test.cancel, TimeoutMs: test.timeout,
		}
		if err := suite.Write(&in, req); err != nil {
			t.Fatal(err)
		}
	}
	if err := run(t.Context(), &in, &out, 4, false); err != nil {
		t.Fatal(err)
	}
	for range len(tests) {
		res := new(pb.ClientCompatResponse)
		if err := suite.Read(&out, res); err != nil {
			t.Fatal(err)
		}
		test, result := tests[res.TestName], res.GetResponse()
		var payloads []string
		for _, p := range result.GetPayloads() {
			payloads = append(payloads, string(p.Data))
		}
		if result == nil || result.GetError().GetCode() != test.code || result.NumUnsentRequests != test.unsent || !slices.Equal(payloads, test.payloads) {
			t.Errorf("%s: %v", res.TestName, res)
		}
		switch res.TestName {
		case "unary":
			if h := result.GetResponseHeaders(); !has(h, "x-echo", "r") || !has(result.GetResponseTrailers(), "x-end", "t") {
				t.Errorf("%s: metadata of %v", res.TestName, res)
			}
		case "unary, an error":
			if e := result.GetError(); e.GetMessage() != "none" || len(e.GetDetails()) != 1 {
				t.Errorf("%s: %v", res.TestName, e)
			}
		}
		delete(tests, res.TestName)
	}
	if len(tests) > 0 || out.Len() > 0 {
		t.Errorf("%d cases have no response; %d bytes are left", len(tests), out.Len())
	}
}

func has(header []*pb.Header, name, value string) bool {
	return slices.ContainsFunc(header, func(h *pb.Header) bool { return h.Name == name && slices.Contains(h.Value, value) })
}

// What cannot even be begun is told as that, and the next case is performed.
func TestCannotBegin(t *testing.T) {
	base := func(change func(*pb.ClientCompatRequest)) *pb.ClientCompatRequest {
		req := &pb.ClientCompatRequest{
			Host: "127.0.0.1", Port: 1, Protocol: pb.Protocol_PROTOCOL_GRPC, HttpVersion: pb.HTTPVersion_HTTP_VERSION_2,
			Codec: pb.Codec_CODEC_PROTO, Service: proto.String(pb.ConformanceServiceName), Method: proto.String("Unary"),
			RequestMessages: messages(t, func(b []byte) proto.Message { return &pb.UnaryRequest{RequestData: b} }, "a"),
		}
		change(req)
		return req
	}
	reqs := []*pb.ClientCompatRequest{
		base(func(r *pb.ClientCompatRequest) { r.Method = proto.String("NoSuch") }),
		base(func(r *pb.ClientCompatRequest) { r.Service = proto.String("no.Such") }),
		base(func(r *pb.ClientCompatRequest) { r.Protocol = 100 }),
		base(func(r *pb.ClientCompatRequest) { r.Codec = 100 }),
		base(func(r *pb.ClientCompatRequest) { r.Compression = 100 }),
		base(func(r *pb.ClientCompatRequest) { r.ServerTlsCert = []byte("none") }),
		base(func(r *pb.ClientCompatRequest) { r.RequestMessages = nil }),
		base(func(r *pb.ClientCompatRequest) { r.Method = proto.String("BidiStream") }),
	}
	var in, out bytes.Buffer
	for _, req := range reqs {
		if err := suite.Write(&in, req); err != nil {
			t.Fatal(err)
		}
	}
	if err := run(t.Context(), &in, &out, 1, false); err != nil {
		t.Fatal(err)
	}
	for i := range reqs {
		res := new(pb.ClientCompatResponse)
		if err := suite.Read(&out, res); err != nil {
			t.Fatal(err)
		}
		if res.GetError().GetMessage() == "" {
			t.Errorf("request %d: %v", i, res)
		}
	}
}
