package transcode

import (
	"encoding/binary"
	"reflect"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/curlew-rpc/curlew/internal/wire/rest"
)

// bytesField encodes a length-delimited field.
func bytesField(id uint64, s string) string {
	b := binary.AppendUvarint(nil, id<<3|2)
	b = binary.AppendUvarint(b, uint64(len(s)))
	return string(b) + s
}

// options reads options of a method from protobuf binary, with a resolver that knows
// extensions or knows none.
func options(t *testing.T, raw string, known *protoregistry.Types) *descriptorpb.MethodOptions {
	t.Helper()
	m := &descriptorpb.MethodOptions{}
	if err := (proto.UnmarshalOptions{Resolver: known}).Unmarshal([]byte(raw), m); err != nil {
		t.Fatal(err)
	}
	return m
}

// withOptions returns a method that has the options.
func withOptions(t *testing.T, o *descriptorpb.MethodOptions) protoreflect.MethodDescriptor {
	t.Helper()
	file := protodesc.ToFileDescriptorProto(method("Call").ParentFile())
	file.Service[0].Method[0].Options = o
	fd, err := protodesc.NewFile(file, protoregistry.GlobalFiles)
	if err != nil {
		t.Fatal(err)
	}
	return fd.Services().Get(0).Methods().Get(0)
}

// annotations returns google.api.http as a program has it that links it.
func annotations(t *testing.T) *protoregistry.Types {
	t.Helper()
	text := func(name string, number int32) *descriptorpb.FieldDescriptorProto {
		return &descriptorpb.FieldDescriptorProto{
			Name: proto.String(name), Number: proto.Int32(number),
			Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(), Type: descriptorpb.FieldDescriptorProto_TYPE_STRING.Enum(),
		}
	}
	rule := &descriptorpb.FieldDescriptorProto{
		Name: proto.String("additional_bindings"), Number: proto.Int32(11), TypeName: proto.String(".google.api.HttpRule"),
		Label: descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum(), Type: descriptorpb.FieldDescriptorProto_TYPE_MESSAGE.Enum(),
	}
	fd, err := protodesc.NewFile(&descriptorpb.FileDescriptorProto{
		Name: proto.String("google/api/annotations.proto"), Package: proto.String("google.api"), Syntax: proto.String("proto3"),
		Dependency:  []string{"google/protobuf/descriptor.proto"},
		MessageType: []*descriptorpb.DescriptorProto{{Name: proto.String("HttpRule"), Field: []*descriptorpb.FieldDescriptorProto{text("get", 2), text("post", 4), text("body", 7), rule}}},
		Extension: []*descriptorpb.FieldDescriptorProto{{
			Name: proto.String("http"), Number: proto.Int32(httpOption), Extendee: proto.String(".google.protobuf.MethodOptions"), TypeName: proto.String(".google.api.HttpRule"),
			Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(), Type: descriptorpb.FieldDescriptorProto_TYPE_MESSAGE.Enum(),
		}},
	}, protoregistry.GlobalFiles)
	if err != nil {
		t.Fatal(err)
	}
	known := &protoregistry.Types{}
	if err := known.RegisterExtension(dynamicpb.NewExtensionType(fd.Extensions().Get(0))); err != nil {
		t.Fatal(err)
	}
	return known
}

func TestRulesOf(t *testing.T) {
	rule := bytesField(2, "/v1/{f_string}") + bytesField(11, bytesField(4, "/v1")+bytesField(7, "*"))
	raw := "\x88\x02\x01" + bytesField(httpOption, rule) + bytesField(50001, "other")
	want := []rest.Rule{{Method: "GET", Template: "/v1/{f_string}"}, {Method: "POST", Template: "/v1", Body: "*"}}
	unknown := options(t, raw, &protoregistry.Types{})
	if len(unknown.ProtoReflect().GetUnknown()) == 0 {
		t.Fatal("the option is known")
	}
	known := options(t, raw, annotations(t))
	if strings.Contains(string(known.ProtoReflect().GetUnknown()), "/v1") {
		t.Fatal("the option is unknown")
	}
	for name, o := range map[string]*descriptorpb.MethodOptions{"unknown": unknown, "known": known} {
		got, err := RulesOf(withOptions(t, o))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	// A message in two parts is one.
	parts := bytesField(httpOption, bytesField(4, "/v1")) + bytesField(httpOption, bytesField(7, "*"))
	if got, err := RulesOf(withOptions(t, options(t, parts, &protoregistry.Types{}))); err != nil || !reflect.DeepEqual(got, want[1:]) {
		t.Errorf("in parts: %+v, %v", got, err)
	}
	for name, o := range map[string]*descriptorpb.MethodOptions{"none": nil, "others": options(t, bytesField(50001, "other"), nil)} {
		if got, err := RulesOf(withOptions(t, o)); err != nil || got != nil {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	bad := options(t, bytesField(httpOption, bytesField(7, "*")), &protoregistry.Types{})
	if _, err := RulesOf(withOptions(t, bad)); err == nil || !strings.Contains(err.Error(), "curlew.transcode.test.Tests.Call: google.api.http: no verb") {
		t.Errorf("%v", err)
	}
}

func TestCompileRefuses(t *testing.T) {
	for _, c := range []struct{ rule, want string }{
		{"GET v1", `GET v1: template "v1": no leading slash at offset 0`},
		{"G@T /v1", "no verb of HTTP"},
		{"GET /{none}", "field none: curlew.transcode.test.Everything has no field none"},
		{"GET /{fInt32}", "has no field fInt32"},
		{"GET /{nested.none}", "field nested.none: curlew.transcode.test.Nested has no field none"},
		{"GET /{f_int32.x}", "field f_int32.x: f_int32 is no message"},
		{"GET /{nested}", "field nested: curlew.transcode.test.Nested is a message, which a path cannot have"},
		{"GET /{r_int32}", "field r_int32: r_int32 is repeated, which a path cannot have"},
		{"GET /{r_nested.name}", "field r_nested.name: r_nested is repeated"},
		{"GET /{labels}", "field labels: labels is a map, which a path cannot have"},
		{"GET /{labels.key}", "labels is a map"},
		{"GET /{value}", "google.protobuf.Value is a message"},
		{"GET /{struct}", "google.protobuf.Struct is a message"},
		{"GET /{any}", "google.protobuf.Any is a message"},
		{"GET /{empty}", "google.protobuf.Empty is a message"},
		{"GET /{c_text}/{c_number}", "fields c_text and c_number: both are of oneof choice"},
		{"GET /{c_text}/{c_nested.name}", "both are of oneof choice"},
		{"GET /{nested.left}/{nested.right}", "both are of oneof choice"},
		{"GET /{w_int32}/{w_int32.value}", "fields w_int32 and w_int32.value: one is part of the other"},
		{"POST /v1 none", "body: curlew.transcode.test.Everything has no field none"},
		{"POST /v1 nested.name", "body: curlew.transcode.test.Everything has no field nested.name"},
		{"POST /{f_string} f_string", "field f_string is both the body and a variable of the path"},
		{"GET /v1 * none", "response_body: curlew.transcode.test.Everything has no field none"},
	} {
		_, err := Compile(method("Call"), parseRule(c.rule), Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "curlew.transcode.test.Tests.Call: ") {
			t.Errorf("%s: %v, want %s", c.rule, err, c.want)
		}
	}
}
