package transcode

import (
	"errors"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/curlew-rpc/curlew/internal/wire/grpc"
	"github.com/curlew-rpc/curlew/internal/wire/rest"
	"github.com/curlew-rpc/curlew/web/internal/transcode/internal/testpb"
)

// method returns a method of the test's service.
func method(name string) protoreflect.MethodDescriptor {
	return testpb.File_web_internal_transcode_internal_testpb_test_proto.Services().ByName("Tests").Methods().ByName(protoreflect.Name(name))
}

// parseRule reads a rule as tests write it: verb, template, body, response body.
func parseRule(s string) rest.Rule {
	f := append(strings.Fields(s), "", "")
	return rest.Rule{Method: f[0], Template: f[1], Body: f[2], ResponseBody: f[3]}
}

func mustCompile(tb testing.TB, md protoreflect.MethodDescriptor, rule string, options Options) *Binding {
	tb.Helper()
	b, err := Compile(md, parseRule(rule), options)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// call does what a server does: it finds the binding's path and fills a request.
func call(tb testing.TB, b *Binding, target string, body string, msg proto.Message) error {
	tb.Helper()
	path, query, _ := strings.Cut(target, "?")
	r := &rest.Router[*Binding]{}
	if err := r.Add("test", b.Verb(), b.Template(), b); err != nil {
		tb.Fatal(err)
	}
	m := r.Find(b.Verb(), path, nil)
	if m.Result != rest.Found {
		tb.Fatalf("%s: %d", target, m.Result)
	}
	return b.Fill(msg, Request{Vars: m.Vars, Query: query, Body: []byte(body)})
}

// wantMessage fails the test if a message is not what protojson reads.
func wantMessage(tb testing.TB, what string, got proto.Message, want string) {
	tb.Helper()
	m := got.ProtoReflect().New().Interface()
	if err := protojson.Unmarshal([]byte(want), m); err != nil {
		tb.Fatalf("%s: %v", what, err)
	}
	if !proto.Equal(got, m) {
		tb.Errorf("%s: %s, want %s", what, protojson.Format(got), want)
	}
}

// wantRefusal fails the test if an error is not of the client, or has not the text.
func wantRefusal(tb testing.TB, what string, err error, text string) {
	tb.Helper()
	var e *grpc.Error
	if !errors.As(err, &e) || e.Code != grpc.InvalidArgument || !strings.Contains(e.Message, text) {
		tb.Errorf("%s: %v, want %s", what, err, text)
	}
}
