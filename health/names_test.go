package health_test

import (
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/curlew-rpc/curlew/codec"
	"github.com/curlew-rpc/curlew/health"
	"github.com/curlew-rpc/curlew/health/internal/healthpb"
)

// Another package of the program may register these names, and would panic if we had.
func TestNothingIsRegistered(t *testing.T) {
	for _, name := range []string{"grpc/health/v1/health.proto"} {
		if f, err := protoregistry.GlobalFiles.FindFileByPath(name); err != protoregistry.NotFound {
			t.Errorf("file %s: %v, %v", name, f, err)
		}
	}
	if n := protoregistry.GlobalFiles.NumFilesByPackage("grpc.health.v1"); n != 0 {
		t.Errorf("%d files of the package are registered", n)
	}
	messages := health.File().Messages()
	for i := range messages.Len() {
		name := messages.Get(i).FullName()
		if m, err := protoregistry.GlobalTypes.FindMessageByName(name); err != protoregistry.NotFound {
			t.Errorf("message %s: %v, %v", name, m, err)
		}
	}
	if messages.Len() != 4 {
		t.Errorf("%d messages", messages.Len())
	}
}

// What other implementations of grpc.health.v1 send.
func TestEncodings(t *testing.T) {
	for _, test := range []struct {
		msg        proto.Message
		name       string
		wire, json string
	}{
		{&healthpb.HealthCheckRequest{Service: "a.A"}, "grpc.health.v1.HealthCheckRequest", "\x0a\x03a.A", `{"service":"a.A"}`},
		{&healthpb.HealthCheckResponse{Status: 1}, "grpc.health.v1.HealthCheckResponse", "\x08\x01", `{"status":"SERVING"}`},
		{&healthpb.HealthCheckResponse{Status: 3}, "grpc.health.v1.HealthCheckResponse", "\x08\x03", `{"status":"SERVICE_UNKNOWN"}`},
		{&healthpb.HealthListRequest{}, "grpc.health.v1.HealthListRequest", "", `{}`},
		{
			&healthpb.HealthListResponse{Statuses: map[string]*healthpb.HealthCheckResponse{"a.A": {Status: 2}}},
			"grpc.health.v1.HealthListResponse", "\x0a\x09\x0a\x03a.A\x12\x02\x08\x02", `{"statuses":{"a.A":{"status":"NOT_SERVING"}}}`,
		},
	} {
		if got := test.msg.ProtoReflect().Descriptor().FullName(); string(got) != test.name {
			t.Errorf("%T is %s, want %s", test.msg, got, test.name)
		}
		for _, c := range []struct {
			codec.Codec
			want string
		}{{codec.Proto(), test.wire}, {codec.JSON(), test.json}} {
			b, err := c.Append(nil, test.msg)
			if err != nil || string(b) != c.want {
				t.Errorf("%s of %T is %q, %v, want %q", c.Name(), test.msg, b, err, c.want)
			}
			back := test.msg.ProtoReflect().New().Interface()
			if err := c.Unmarshal(b, back); err != nil || !proto.Equal(back, test.msg) {
				t.Errorf("%s of %T comes back as %v, %v", c.Name(), test.msg, back, err)
			}
		}
	}
}
