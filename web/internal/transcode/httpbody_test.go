package transcode

import (
	"errors"
	"testing"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/curlew-rpc/curlew/internal/wire/grpc"
)

// rawFile has google.api.HttpBody and methods that take and return it.
const rawFile = `
name: "raw.proto" package: "google.api" syntax: "proto3" dependency: "google/protobuf/any.proto"
message_type { name: "HttpBody"
  field { name: "content_type" json_name: "contentType" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
  field { name: "data" number: 2 type: TYPE_BYTES label: LABEL_OPTIONAL }
  field { name: "extensions" number: 3 type: TYPE_MESSAGE type_name: ".google.protobuf.Any" label: LABEL_REPEATED } }
message_type { name: "Upload"
  field { name: "name" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
  field { name: "file" number: 2 type: TYPE_MESSAGE type_name: ".google.api.HttpBody" label: LABEL_OPTIONAL }
  field { name: "files" number: 3 type: TYPE_MESSAGE type_name: ".google.api.HttpBody" label: LABEL_REPEATED } }
service { name: "Raw"
  method { name: "Whole" input_type: ".google.api.HttpBody" output_type: ".google.api.HttpBody" }
  method { name: "Field" input_type: ".google.api.Upload" output_type: ".google.api.Upload" } }
`

func rawMethod(t *testing.T, name protoreflect.Name) protoreflect.MethodDescriptor {
	t.Helper()
	file := &descriptorpb.FileDescriptorProto{}
	if err := prototext.Unmarshal([]byte(rawFile), file); err != nil {
		t.Fatal(err)
	}
	fd, err := protodesc.NewFile(file, protoregistry.GlobalFiles)
	if err != nil {
		t.Fatal(err)
	}
	return fd.Services().Get(0).Methods().ByName(name)
}

func TestHTTPBodyRequest(t *testing.T) {
	for _, c := range []struct {
		method, rule, query, contentType, body string
		want                                   string
	}{
		{"Whole", "POST /v1 *", "", "image/png", "\x89PNG", `{"contentType":"image/png","data":"iVBORw=="}`},
		{"Whole", "POST /v1 *", "", "", "", `{}`},
		{"Field", "POST /v1 file", "", "text/plain", "hello", `{"file":{"contentType":"text/plain","data":"aGVsbG8="}}`},
		{"Field", "POST /v1 file", "name=x", "text/plain", "", `{"name":"x","file":{"contentType":"text/plain"}}`},
		{"Field", "POST /v1 file", "", "", "", `{}`},
		// These are JSON: only a body that is one HttpBody is bytes.
		{"Field", "POST /v1 *", "", "application/json", `{"file":{"data":"aGVsbG8="}}`, `{"file":{"data":"aGVsbG8="}}`},
		{"Field", "POST /v1 files", "", "application/json", `[{"data":"aGVsbG8="}]`, `{"files":[{"data":"aGVsbG8="}]}`},
	} {
		md := rawMethod(t, protoreflect.Name(c.method))
		b := mustCompile(t, md, c.rule, Options{})
		if raw := c.rule == "POST /v1 file" || c.method == "Whole"; b.RawRequest() != raw || !b.HasBody() {
			t.Errorf("%s %s: RawRequest is %t", c.method, c.rule, b.RawRequest())
		}
		msg := dynamicpb.NewMessage(md.Input())
		if err := b.Fill(msg, Request{Query: c.query, Body: []byte(c.body), ContentType: c.contentType}); err != nil {
			t.Errorf("%s %s: %v", c.method, c.rule, err)
			continue
		}
		wantMessage(t, c.method+" "+c.rule, msg, c.want)
	}
}

func TestHTTPBodyTypeIsText(t *testing.T) {
	md := rawMethod(t, "Whole")
	b := mustCompile(t, md, "POST /v1 *", Options{})
	err := b.Fill(dynamicpb.NewMessage(md.Input()), Request{ContentType: "a/\xff"})
	wantRefusal(t, "not UTF-8", err, "body: its content type is not UTF-8")
}

func TestHTTPBodyResponse(t *testing.T) {
	for _, c := range []struct {
		method, rule, contentType string
		wantType                  string // "" for an error
	}{
		{"Whole", "GET /v1", "image/png", "image/png"},
		{"Whole", "GET /v1", "", "application/octet-stream"},
		{"Whole", "GET /v1", "text/plain; charset=utf-8", "text/plain; charset=utf-8"},
		{"Whole", "GET /v1", "text/plain\r\nset-cookie: x", ""},
		{"Whole", "GET /v1", " text/plain", ""},
		{"Whole", "GET /v1", "text/käse", ""},
		{"Field", "POST /v1 * file", "image/png", "image/png"},
	} {
		md := rawMethod(t, protoreflect.Name(c.method))
		b := mustCompile(t, md, c.rule, Options{})
		msg := dynamicpb.NewMessage(md.Output())
		raw := msg.ProtoReflect()
		if c.method == "Field" {
			raw = raw.Mutable(md.Output().Fields().ByName("file")).Message()
		}
		if err := setHTTPBody(raw, &Request{ContentType: c.contentType, Body: []byte("\x00\x01")}); err != nil {
			t.Fatal(err)
		}
		got, contentType, err := b.Append([]byte("before"), msg)
		if c.wantType == "" {
			if e := (*grpc.Error)(nil); !errors.As(err, &e) || e.Code != grpc.Internal || string(got) != "before" {
				t.Errorf("%q: %q, %v", c.contentType, got, err)
			}
			continue
		}
		if err != nil || string(got) != "before\x00\x01" || contentType != c.wantType {
			t.Errorf("%s %s: %q, %q, %v", c.method, c.rule, got, contentType, err)
		}
	}
	b := mustCompile(t, rawMethod(t, "Field"), "POST /v1 * file", Options{})
	got, contentType, err := b.Append(nil, dynamicpb.NewMessage(b.output))
	if err != nil || len(got) != 0 || contentType != "application/octet-stream" {
		t.Errorf("unset: %q, %q, %v", got, contentType, err)
	}
}
