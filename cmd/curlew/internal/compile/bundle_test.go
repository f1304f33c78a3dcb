package compile

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// TestBundle compiles everything that is built in, and compares with the descriptors
// that are linked: printing and parsing loses nothing but comments.
func TestBundle(t *testing.T) {
	var names []string
	protoregistry.GlobalFiles.RangeFiles(func(f protoreflect.FileDescriptor) bool {
		if mayBeBundled(f.Path()) && !strings.HasPrefix(f.Path(), "google/protobuf/") {
			names = append(names, f.Path())
		}
		return true
	})
	slices.Sort(names)
	result, err := New(nil).Compile(t.Context(), names)
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string]bool)
	for _, got := range result.Files {
		found[got.GetName()] = true
		if !slices.Contains(names, got.GetName()) {
			continue
		}
		file, err := protoregistry.GlobalFiles.FindFileByPath(got.GetName())
		if err != nil {
			t.Fatal(err)
		}
		got.SourceCodeInfo = nil
		if want := protodesc.ToFileDescriptorProto(file); !proto.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", got.GetName(), got, want)
		}
	}
	for _, name := range []string{
		"google/api/annotations.proto", "google/api/client.proto", "google/api/field_behavior.proto", "google/api/field_info.proto",
		"google/api/http.proto", "google/api/httpbody.proto", "google/api/launch_stage.proto", "google/api/resource.proto",
		"google/api/routing.proto", "google/api/visibility.proto", "google/rpc/code.proto", "google/rpc/error_details.proto",
		"google/rpc/http.proto", "google/rpc/status.proto", "google/rpc/context/attribute_context.proto",
		"google/type/calendar_period.proto", "google/type/color.proto", "google/type/date.proto", "google/type/datetime.proto",
		"google/type/dayofweek.proto", "google/type/decimal.proto", "google/type/expr.proto", "google/type/fraction.proto",
		"google/type/interval.proto", "google/type/latlng.proto", "google/type/localized_text.proto", "google/type/money.proto",
		"google/type/month.proto", "google/type/phone_number.proto", "google/type/postal_address.proto",
		"google/type/quaternion.proto", "google/type/timeofday.proto", "buf/validate/validate.proto",
	} {
		if !found[name] || !IsBundled(name) {
			t.Errorf("%s is not built in", name)
		}
	}
	for _, name := range []string{"google/api/none.proto", "curlew/none.proto", "buf/compiler/v1alpha1/report.proto"} {
		if IsBundled(name) {
			t.Errorf("%s is built in", name)
		}
		if _, err := New(nil).Compile(t.Context(), []string{name}); err == nil {
			t.Errorf("%s compiles", name)
		}
	}
}

// TestUseBundle uses options that are built in, and a file of the roots in place of one
// that is.
func TestUseBundle(t *testing.T) {
	write(t, map[string]string{
		"a.proto": `syntax = "proto3";
package a;
import "buf/validate/validate.proto";
import "google/api/annotations.proto";
import "google/type/date.proto";
message A { string id = 1 [(buf.validate.field).string.min_len = 3]; google.type.Date date = 2; int32 own = 3; }
service S { rpc Get(A) returns (A) { option (google.api.http) = { get: "/v1/{id}" }; } }
`,
		"google/type/date.proto": `syntax = "proto3"; package google.type; message Date { string own = 1; }`,
	})
	result, err := New(Roots{"."}).Compile(t.Context(), []string{"a.proto"})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range result.Files {
		switch f.GetName() {
		case "google/type/date.proto":
			if got := f.MessageType[0].Field[0].GetName(); got != "own" {
				t.Errorf("got field %s of the built-in file", got)
			}
		case "a.proto":
			options, err := proto.Marshal(f.Service[0].Method[0].Options)
			if err != nil || !strings.Contains(string(options), "/v1/{id}") {
				t.Errorf("got options %q", options)
			}
		}
	}
}
