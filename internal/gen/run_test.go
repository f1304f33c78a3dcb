package gen_test

import (
	"context"
	"errors"
	"io"
	"iter"
	"net"
	"strings"
	"testing"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/internal/gen/internal/golden/apart/apartcurlew"
	"github.com/curlew-rpc/curlew/internal/gen/internal/golden/editions"
	"github.com/curlew-rpc/curlew/internal/gen/internal/golden/imports"
	kindsv1 "github.com/curlew-rpc/curlew/internal/gen/internal/golden/kinds"
	"github.com/curlew-rpc/curlew/internal/gen/internal/golden/names"
	"github.com/curlew-rpc/curlew/internal/gen/internal/golden/plain"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/emptypb"
)

// kinds implements a method of each kind; it has the others from what it embeds.
type kinds struct {
	kindsv1.UnimplementedKinds
}

func (kinds) Unary(_ context.Context, req *kindsv1.Request) (*kindsv1.Response, error) {
	return &kindsv1.Response{Text: "re: " + req.GetText()}, nil
}

func (kinds) ClientStream(_ context.Context, reqs iter.Seq2[*kindsv1.Request, error]) (*kindsv1.Response, error) {
	var all []string
	for req, err := range reqs {
		if err != nil {
			return nil, err
		}
		all = append(all, req.GetText())
	}
	return &kindsv1.Response{Text: strings.Join(all, " ")}, nil
}

func (kinds) ServerStream(_ context.Context, req *kindsv1.Request, stream curlew.Sender[*kindsv1.Response]) error {
	for word := range strings.FieldsSeq(req.GetText()) {
		if err := stream.Send(&kindsv1.Response{Text: word}); err != nil {
			return err
		}
	}
	return nil
}

func (kinds) Bidi(_ context.Context, stream *curlew.Duplex[*kindsv1.Request, *kindsv1.Response]) error {
	for req, err := range stream.All() {
		if err != nil {
			return err
		}
		if err := stream.Send(&kindsv1.Response{Text: "re: " + req.GetText()}); err != nil {
			return err
		}
	}
	return nil
}

// A client of methods that are not streams of responses is an implementation: a proxy.
var _ plain.PlainService = plain.PlainServiceClient{}

// connect serves and returns a client.
func connect(t *testing.T, register func(*curlew.Server)) *curlew.Client {
	t.Helper()
	srv := curlew.NewServer()
	register(srv)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(listener) }()
	client, err := curlew.NewClient(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		client.Close()
		srv.Close()
		<-done
	})
	return client
}

func TestCallKinds(t *testing.T) {
	client := kindsv1.NewKindsClient(connect(t, func(s *curlew.Server) { kindsv1.RegisterKinds(s, kinds{}) }))
	ctx := t.Context()
	if res, err := client.Unary(ctx, &kindsv1.Request{Text: "a"}); err != nil || res.GetText() != "re: a" {
		t.Errorf("unary: got %v and %v", res, err)
	}
	res, err := client.ClientStream(ctx, curlew.Values(&kindsv1.Request{Text: "a"}, &kindsv1.Request{Text: "b"}))
	if err != nil || res.GetText() != "a b" {
		t.Errorf("client streaming: got %v and %v", res, err)
	}
	var words []string
	for res, err := range client.ServerStream(ctx, &kindsv1.Request{Text: "a b c"}) {
		if err != nil {
			t.Fatal(err)
		}
		words = append(words, res.GetText())
	}
	if len(words) != 3 || words[2] != "c" {
		t.Errorf("server streaming: got %q", words)
	}
	bidi, err := client.Bidi(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer bidi.Close()
	if err := bidi.Send(&kindsv1.Request{Text: "a"}); err != nil {
		t.Fatal(err)
	}
	if res, err := bidi.Recv(); err != nil || res.GetText() != "re: a" {
		t.Errorf("bidirectional: got %v and %v", res, err)
	}
	if err := bidi.CloseSend(); err != nil {
		t.Fatal(err)
	}
	if _, err := bidi.Recv(); !errors.Is(err, io.EOF) {
		t.Errorf("bidirectional: got %v, want the end", err)
	}
}

func TestUnimplemented(t *testing.T) {
	client := kindsv1.NewKindsClient(connect(t, func(s *curlew.Server) { kindsv1.RegisterKinds(s, kindsv1.UnimplementedKinds{}) }))
	ctx := t.Context()
	check := func(method string, err error) {
		t.Helper()
		if !errors.Is(err, curlew.Unimplemented) || !strings.Contains(err.Error(), "/curlew.golden.kinds.v1.Kinds/"+method) {
			t.Errorf("%s: got %v", method, err)
		}
	}
	_, err := client.Naive(ctx, &emptypb.Empty{})
	check("Naive", err)
	_, err = client.ClientStream(ctx, curlew.Values[*kindsv1.Request]())
	check("ClientStream", err)
	for _, err = range client.ServerStream(ctx, &kindsv1.Request{}) {
		check("ServerStream", err)
	}
	bidi, err := client.Bidi(ctx)
	if err == nil {
		_, err = bidi.Recv()
		bidi.Close()
	}
	check("Bidi", err)
}

// TestWith checks that a client's options are on its calls, and not on another's.
func TestWith(t *testing.T) {
	var header string
	client := kindsv1.NewKindsClient(connect(t, func(s *curlew.Server) {
		kindsv1.RegisterKinds(s, kinds{}, curlew.WithServiceInterceptors(
			func(ctx context.Context, call *curlew.Call, next curlew.Handler) error {
				header = call.RequestHeader().Get("x-id")
				return next(ctx, call)
			}))
	}))
	for _, test := range []struct {
		client kindsv1.KindsClient
		want   string
	}{
		{client.With(curlew.SetHeader("x-id", "7")), "7"},
		{client, ""},
	} {
		if _, err := test.client.Unary(t.Context(), &kindsv1.Request{}); err != nil {
			t.Fatal(err)
		}
		if header != test.want {
			t.Errorf("got %q, want %q", header, test.want)
		}
	}
}

// TestDescribed checks what is registered against the descriptors that are linked with
// it, which reflection serves.
func TestDescribed(t *testing.T) {
	srv := curlew.NewServer()
	apartcurlew.RegisterApart(srv, apartcurlew.UnimplementedApart{})
	apartcurlew.RegisterOnly(srv, apartcurlew.UnimplementedOnly{})
	apartcurlew.RegisterUserService(srv, apartcurlew.UnimplementedUserService{})
	editions.RegisterEdition2023(srv, editions.UnimplementedEdition2023{})
	editions.RegisterEdition2024(srv, editions.UnimplementedEdition2024{})
	editions.RegisterHybrid(srv, editions.UnimplementedHybrid{})
	imports.RegisterLookup(srv, imports.UnimplementedLookup{})
	kindsv1.RegisterEmpty(srv, kindsv1.UnimplementedEmpty{})
	kindsv1.RegisterKinds(srv, kindsv1.UnimplementedKinds{})
	//lint:ignore SA1019 deprecated services are served too
	kindsv1.RegisterRetired(srv, kindsv1.UnimplementedRetired{})
	names.RegisterCalls_(srv, names.UnimplementedCalls_{})
	names.RegisterCalls__(srv, names.UnimplementedCalls__{})
	names.RegisterTwinService(srv, names.UnimplementedTwinService{})
	names.RegisterTwinService_(srv, names.UnimplementedTwinService_{})
	names.RegisterTwinServiceClient(srv, names.UnimplementedTwinServiceClient{})
	plain.RegisterDeep(srv, plain.UnimplementedDeep{})
	plain.RegisterPlainService(srv, plain.UnimplementedPlainService{})
	n := 0
	for svc := range srv.Services() {
		n++
		t.Run(svc.Name, func(t *testing.T) { checkService(t, svc) })
	}
	if n != 17 {
		t.Errorf("%d services are registered", n)
	}
}

func checkService(t *testing.T, svc curlew.Service) {
	file, err := protoregistry.GlobalFiles.FindFileByPath(svc.File)
	if err != nil {
		t.Fatal(err)
	}
	d := file.Services().ByName(protoreflect.FullName(svc.Name).Name())
	if d == nil || string(d.FullName()) != svc.Name {
		t.Fatalf("%s does not declare it", svc.File)
	}
	if len(svc.Methods) != d.Methods().Len() {
		t.Fatalf("%d methods, want %d", len(svc.Methods), d.Methods().Len())
	}
	for i, m := range svc.Methods {
		want := d.Methods().Get(i)
		if path := "/" + svc.Name + "/" + string(want.Name()); m.Method.Path != path {
			t.Errorf("path %s, want %s", m.Method.Path, path)
		}
		if m.Method.Kind.ManyRequests() != want.IsStreamingClient() || m.Method.Kind.ManyResponses() != want.IsStreamingServer() {
			t.Errorf("%s is %v", m.Method.Path, m.Method.Kind)
		}
	}
}
