package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/curlew-rpc/curlew"
	pb "github.com/curlew-rpc/curlew/interop/connectconformance/internal/gen/connectrpc/conformance/v1"
	"github.com/curlew-rpc/curlew/interop/connectconformance/internal/suite"
)

// started runs the server for a request, until the test ends.
func started(t *testing.T, req *pb.ServerCompatRequest) pb.ConformanceServiceClient {
	t.Helper()
	var in bytes.Buffer
	if err := suite.Write(&in, req); err != nil {
		t.Fatal(err)
	}
	r, w := io.Pipe()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, &in, w)
		w.CloseWithError(fmt.Errorf("it has ended: %v", err))
		ended <- err
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	res := new(pb.ServerCompatResponse)
	if err := suite.Read(r, res); err != nil {
		t.Fatal(err)
	}
	client, err := curlew.NewClient(fmt.Sprintf("%s:%d", res.Host, res.Port), suite.Compressors())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return pb.NewConformanceServiceClient(client)
}

func grpcRequest() *pb.ServerCompatRequest {
	return &pb.ServerCompatRequest{Protocol: pb.Protocol_PROTOCOL_GRPC, HttpVersion: pb.HTTPVersion_HTTP_VERSION_2}
}

func TestUnary(t *testing.T) {
	c := started(t, grpcRequest())
	var header, trailer curlew.Header
	c = c.With(curlew.SetHeader("x-request", "r"), curlew.CaptureHeader(&header), curlew.CaptureTrailer(&trailer), curlew.Timeout(time.Minute))
	res, err := c.Unary(t.Context(), &pb.UnaryRequest{ResponseDefinition: &pb.UnaryResponseDefinition{
		ResponseHeaders:  []*pb.Header{{Name: "x-header", Value: []string{"h"}}},
		ResponseTrailers: []*pb.Header{{Name: "x-trailer", Value: []string{"t"}}},
		Response:         &pb.UnaryResponseDefinition_ResponseData{ResponseData: []byte("data")},
	}})
	if err != nil {
		t.Fatal(err)
	}
	info := res.GetPayload().GetRequestInfo()
	echoed := false
	for _, h := range info.GetRequestHeaders() {
		echoed = echoed || h.Name == "x-request" && h.Value[0] == "r"
	}
	if string(res.Payload.Data) != "data" || !echoed || len(info.Requests) != 1 || info.TimeoutMs == nil {
		t.Errorf("response: %v", res)
	}
	if header.Get("x-header") != "h" || trailer.Get("x-trailer") != "t" {
		t.Errorf("header %v, trailer %v", suite.Header(&header), suite.Header(&trailer))
	}
}

func TestErrorTellsOfTheRequest(t *testing.T) {
	c := started(t, grpcRequest())
	asked := &pb.Error{Code: pb.Code_CODE_NOT_FOUND, Message: proto.String("none")}
	_, unary := c.Unary(t.Context(), &pb.UnaryRequest{ResponseDefinition: &pb.UnaryResponseDefinition{
		Response: &pb.UnaryResponseDefinition_Error{Error: asked},
	}})
	var stream error
	for _, err := range c.ServerStream(t.Context(), &pb.ServerStreamRequest{ResponseDefinition: &pb.StreamResponseDefinition{Error: asked}}) {
		stream = err
	}
	for name, err := range map[string]error{"unary": unary, "stream": stream} {
		got := suite.FromError(err)
		if got.Code != asked.Code || got.GetMessage() != "none" || len(got.Details) != 1 {
			t.Errorf("%s: %v", name, got)
			continue
		}
		info := new(pb.ConformancePayload_RequestInfo)
		if err := got.Details[0].UnmarshalTo(info); err != nil || len(info.Requests) != 1 {
			t.Errorf("%s: detail %v, %v", name, info, err)
		}
	}
}

// A full-duplex call gets a response for each request, and then the rest.
func TestFullDuplex(t *testing.T) {
	c := started(t, grpcRequest())
	call, err := c.BidiStream(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer call.Close()
	def := &pb.StreamResponseDefinition{
		ResponseData: [][]byte{[]byte("a"), []byte("b"), []byte("c")},
		Error:        &pb.Error{Code: pb.Code_CODE_ABORTED},
	}
	for i, want := range []string{"a", "b"} {
		req := &pb.BidiStreamRequest{FullDuplex: true}
		if i == 0 {
			req.ResponseDefinition = def
		}
		if err := call.Send(req); err != nil {
			t.Fatal(err)
		}
		res, err := call.Recv()
		if err != nil || string(res.Payload.Data) != want || len(res.Payload.RequestInfo.Requests) != 1 {
			t.Fatalf("response %d: %v, %v", i, res, err)
		}
		if full := len(res.Payload.RequestInfo.RequestHeaders) > 0; full != (i == 0) {
			t.Errorf("response %d has the headers: %v", i, full)
		}
	}
	if err := call.CloseSend(); err != nil {
		t.Fatal(err)
	}
	if res, err := call.Recv(); err != nil || string(res.Payload.Data) != "c" || res.Payload.RequestInfo != nil {
		t.Errorf("the last response: %v, %v", res, err)
	}
	if _, err := call.Recv(); curlew.CodeOf(err) != curlew.Aborted || len(suite.FromError(err).Details) != 0 {
		t.Errorf("the end: %v", err)
	}
}

func TestReceiveLimit(t *testing.T) {
	req := grpcRequest()
	req.MessageReceiveLimit = 1000
	c := started(t, req)
	if _, err := c.Unary(t.Context(), &pb.UnaryRequest{RequestData: make([]byte, 2000)}); curlew.CodeOf(err) != curlew.ResourceExhausted {
		t.Errorf("a large message: %v", err)
	}
	if _, err := c.Unimplemented(t.Context(), &pb.UnimplementedRequest{}); curlew.CodeOf(err) != curlew.Unimplemented {
		t.Errorf("a method that there is not: %v", err)
	}
}

func TestBadRequests(t *testing.T) {
	tls := grpcRequest()
	tls.UseTls = true
	for name, req := range map[string]*pb.ServerCompatRequest{
		"an unknown protocol":       {Protocol: 100, HttpVersion: pb.HTTPVersion_HTTP_VERSION_2},
		"TLS without a certificate": tls,
	} {
		var in, out bytes.Buffer
		if err := suite.Write(&in, req); err != nil {
			t.Fatal(err)
		}
		if err := run(t.Context(), &in, &out); err == nil || out.Len() > 0 {
			t.Errorf("%s: %v, %d bytes of response", name, err, out.Len())
		}
	}
	if err := run(t.Context(), new(bytes.Buffer), new(bytes.Buffer)); err == nil {
		t.Error("no request is no error")
	}
}
