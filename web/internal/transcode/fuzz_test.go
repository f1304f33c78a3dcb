package transcode

import (
	"errors"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/curlew-rpc/curlew/internal/wire/grpc"
	"github.com/curlew-rpc/curlew/web/internal/transcode/internal/testpb"
)

// FuzzFill fills requests by rules of every kind: whatever a client sends ends in a
// message that can be sent on, or in an error that is the client's.
func FuzzFill(f *testing.F) {
	f.Add("x", "7", "nested.name=x&labels[a]=b&r_int32=1&c_text=z", []byte(`{"name":"x","child":{"tags":["a"]}}`))
	f.Add("RED", "2020-01-02T03:04:05Z", "f_bytes=+/_-&w_bool=true&value={}&update_mask=a_b,cD", []byte(`{"fInt32":"7","any":{"@type":"type.googleapis.com/google.protobuf.Duration","value":"1s"}}`))
	var bindings []*Binding
	for _, rule := range []string{
		"GET /{f_string}/{time}", "POST /{f_bytes}/{f_double} *", "PATCH /{f_color}/{nested.page_size} nested",
		"PUT /{c_text}/{update_mask} r_nested", "POST /{w_int64}/{duration} value", "POST /{nested.left}/{w_bool} labels",
	} {
		for _, ignore := range []bool{false, true} {
			bindings = append(bindings, mustCompile(f, method("Call"), rule, Options{IgnoreUnknown: ignore}))
		}
	}
	f.Fuzz(func(t *testing.T, first, second, query string, body []byte) {
		for _, b := range bindings {
			msg := &testpb.Everything{}
			if err := b.Fill(msg, Request{Vars: []string{first, second}, Query: query, Body: body}); err != nil {
				if e := (*grpc.Error)(nil); !errors.As(err, &e) || e.Code != grpc.InvalidArgument {
					t.Fatalf("%s: %v", b, err)
				}
				continue
			}
			wire, err := proto.Marshal(msg)
			if err != nil {
				t.Fatalf("%s: %v", b, err)
			}
			if err := proto.Unmarshal(wire, &testpb.Everything{}); err != nil {
				t.Fatalf("%s: %v", b, err)
			}
		}
	})
}
