package suite

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/curlew-rpc/curlew"
	pb "github.com/curlew-rpc/curlew/interop/connectconformance/internal/gen/connectrpc/conformance/v1"
)

func TestDelimited(t *testing.T) {
	var b bytes.Buffer
	for _, name := range []string{"one", "", "three"} {
		if err := Write(&b, &pb.Header{Name: name}); err != nil {
			t.Fatal(err)
		}
	}
	if want := "\x00\x00\x00\x05\x0a\x03one\x00\x00\x00\x00\x00\x00\x00\x07\x0a\x05three"; b.String() != want {
		t.Fatalf("written: %q, want %q", b.String(), want)
	}
	whole := b.String()
	for _, want := range []string{"one", "", "three"} {
		got := new(pb.Header)
		if err := Read(&b, got); err != nil || got.Name != want {
			t.Errorf("read: %v, %v, want %q", got, err, want)
		}
	}
	if err := Read(&b, new(pb.Header)); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
	for name, in := range map[string]string{
		"within a length":   whole[:3],
		"within a message":  whole[:6],
		"an absurd length":  "\xff\xff\xff\xff",
		"what is no header": "\x00\x00\x00\x01\xff",
	} {
		if err := Read(bytes.NewBufferString(in), new(pb.Header)); err == nil || err == io.EOF {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMetadata(t *testing.T) {
	in := []*pb.Header{
		{Name: "X-Text", Value: []string{"a", "b"}},
		{Name: "x-data-bin", Value: []string{"AP8", "AP8=", ""}},
		{Name: "x-text", Value: []string{"c"}},
	}
	var h curlew.Header
	if err := Fields(in, h.Add); err != nil {
		t.Fatal(err)
	}
	if got := slices.Collect(h.Values("x-data-bin")); !slices.Equal(got, []string{"\x00\xff", "\x00\xff", ""}) {
		t.Errorf("binary values: %q", got)
	}
	want := []*pb.Header{
		{Name: "x-text", Value: []string{"a", "b", "c"}},
		{Name: "x-data-bin", Value: []string{"AP8", "AP8", ""}},
	}
	if got := Header(&h); !slices.EqualFunc(got, want, func(a, b *pb.Header) bool { return proto.Equal(a, b) }) {
		t.Errorf("back: %v", got)
	}
	if err := Fields([]*pb.Header{{Name: "x-bin", Value: []string{"!"}}}, h.Add); err == nil {
		t.Error("what is not base64 is accepted")
	}
}

func TestErrors(t *testing.T) {
	detail, err := anypb.New(&pb.Header{Name: "detail"})
	if err != nil {
		t.Fatal(err)
	}
	in := &pb.Error{Code: pb.Code_CODE_ABORTED, Message: proto.String("100%"), Details: []*anypb.Any{detail}}
	out := ToError(in, &pb.Header{Name: "more"})
	if !errors.Is(out, curlew.Aborted) {
		t.Errorf("the error is %v", out)
	}
	more, err := anypb.New(&pb.Header{Name: "more"})
	if err != nil {
		t.Fatal(err)
	}
	want := &pb.Error{Code: in.Code, Message: in.Message, Details: []*anypb.Any{detail, more}}
	if got := FromError(out); !proto.Equal(got, want) {
		t.Errorf("back: %v, want %v", got, want)
	}
	if got := FromError(io.ErrUnexpectedEOF); got.Code != pb.Code_CODE_UNKNOWN || got.GetMessage() == "" {
		t.Errorf("an error that is not curlew's: %v", got)
	}
	unknown := &pb.Error{Code: in.Code, Details: []*anypb.Any{{TypeUrl: "type.googleapis.com/no.Such"}}}
	if got := ToError(unknown); !errors.Is(got, curlew.InvalidArgument) {
		t.Errorf("an unknown detail: %v", got)
	}
}

func TestFeatures(t *testing.T) {
	if f, err := Find(pb.Protocol_PROTOCOL_GRPC, pb.HTTPVersion_HTTP_VERSION_2); err != nil || f.Protocol != pb.Protocol_PROTOCOL_GRPC {
		t.Errorf("gRPC: %v, %v", f, err)
	}
	if _, err := Find(pb.Protocol_PROTOCOL_GRPC, pb.HTTPVersion_HTTP_VERSION_1); err == nil {
		t.Error("gRPC over HTTP/1.1 is found")
	}
	for c, want := range map[pb.Compression]string{
		pb.Compression_COMPRESSION_UNSPECIFIED: "identity",
		pb.Compression_COMPRESSION_IDENTITY:    "identity",
		pb.Compression_COMPRESSION_GZIP:        "gzip",
		pb.Compression_COMPRESSION_BR:          "br",
		pb.Compression_COMPRESSION_ZSTD:        "zstd",
		pb.Compression_COMPRESSION_DEFLATE:     "deflate",
		pb.Compression_COMPRESSION_SNAPPY:      "snappy",
	} {
		if got, err := Compression(c); err != nil || got != want {
			t.Errorf("%v: %q, %v", c, got, err)
		}
	}
	if got, err := Compression(100); err == nil {
		t.Errorf("a compression that there is not: %q", got)
	}
}
