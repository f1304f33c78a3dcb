package gen

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"
)

func TestFileNames(t *testing.T) {
	const (
		kinds = golden + "kinds/kinds.proto"
		pkg   = "github.com/curlew-rpc/curlew/" + golden + "kinds/"
	)
	for _, test := range []struct {
		parameter, name, clause string
	}{
		{"", pkg + "kinds_curlew.pb.go", "package kindsv1"},
		{"paths=import", pkg + "kinds_curlew.pb.go", "package kindsv1"},
		{"paths=source_relative", golden + "kinds/kinds_curlew.pb.go", "package kindsv1"},
		{"module=github.com/curlew-rpc/curlew", golden + "kinds/kinds_curlew.pb.go", "package kindsv1"},
		{"M" + kinds + "=example.com/x", "example.com/x/kinds_curlew.pb.go", "package kindsv1"},
		{"M" + kinds + "=example.com/x;y", "example.com/x/kinds_curlew.pb.go", "package y"},
		{"package_suffix=", pkg + "kinds_curlew.pb.go", "package kindsv1"},
		{"package_suffix=rpc", pkg + "kindsv1rpc/kinds_curlew.pb.go", "package kindsv1rpc"},
		{"package_suffix=rpc,module=github.com/curlew-rpc", "curlew/" + golden + "kinds/kindsv1rpc/kinds_curlew.pb.go", "package kindsv1rpc"},
		{"annotate_code=true", pkg + "kinds_curlew.pb.go", "package kindsv1"},
		{"", pkg + "kinds_curlew_codec.pb.go", "package kindsv1"},
		{"codec", pkg + "kinds_curlew_codec.pb.go", "package kindsv1"},
		{"codec=true", pkg + "kinds_curlew.pb.go", "package kindsv1"},
		{"codec=false,package_suffix=rpc", pkg + "kindsv1rpc/kinds_curlew.pb.go", "package kindsv1rpc"},
	} {
		t.Run(test.parameter, func(t *testing.T) {
			files := generate(t, test.parameter, kinds)
			content, ok := files[test.name]
			if !ok {
				t.Fatalf("got %v, want %s", slices.Collect(maps.Keys(files)), test.name)
			}
			if !strings.Contains(content, "\n"+test.clause+"\n") {
				t.Errorf("no %q in the file", test.clause)
			}
		})
	}
}

func TestWrongOptions(t *testing.T) {
	for _, test := range []struct {
		parameter, want string
	}{
		{"package_sufix=curlew", `unknown option "package_sufix"`},
		{"plugins=grpc", `unknown option "plugins"`},
		{"package_suffix=a-b", "package_suffix=a-b"},
		{"codec=maybe", "codec=maybe: neither true nor false"},
		{"package_suffix=../x", "package_suffix=../x"},
		{"paths=nowhere", `unknown path type "nowhere"`},
	} {
		var o Options
		_, err := protogen.Options{ParamFunc: o.Set}.New(&pluginpb.CodeGeneratorRequest{Parameter: &test.parameter})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %s", test.parameter, err, test.want)
		}
	}
}

// TestSupport checks what the plugin says of itself: compilers refuse files otherwise.
func TestSupport(t *testing.T) {
	p, err := protogen.Options{}.New(&pluginpb.CodeGeneratorRequest{})
	if err != nil {
		t.Fatal(err)
	}
	Generate(p, Options{})
	want := &pluginpb.CodeGeneratorResponse{
		SupportedFeatures: proto.Uint64(uint64(pluginpb.CodeGeneratorResponse_FEATURE_PROTO3_OPTIONAL |
			pluginpb.CodeGeneratorResponse_FEATURE_SUPPORTS_EDITIONS)),
		MinimumEdition: proto.Int32(int32(descriptorpb.Edition_EDITION_PROTO2)),
		MaximumEdition: proto.Int32(int32(descriptorpb.Edition_EDITION_2024)),
	}
	if got := p.Response(); !proto.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestAnnotations checks that editors can lead from Go to the .proto file.
func TestAnnotations(t *testing.T) {
	files := generate(t, "paths=source_relative,annotate_code", golden+"plain/plain.proto")
	meta := files[golden+"plain/plain_curlew.pb.go.meta"]
	// 6 is a file's services, 2 a service's methods; the method is in the interface and
	// the client.
	if n := strings.Count(strings.ReplaceAll(meta, " ", ""), "path:6path:0path:2path:0"); n != 2 {
		t.Errorf("%d annotations of the method, want 2:\n%s", n, meta)
	}
}
