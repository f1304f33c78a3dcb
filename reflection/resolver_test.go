package reflection_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/reflection"
)

// dynamic are files that no generated code has: top imports left, right and one
// that is missing; left and right import base, which right extends.
func dynamic(t *testing.T) *protoregistry.Files {
	t.Helper()
	file := func(name string, imports ...string) *descriptorpb.FileDescriptorProto {
		return &descriptorpb.FileDescriptorProto{
			Name: proto.String(name + ".proto"), Package: proto.String("dyn." + name), Dependency: imports,
			MessageType: []*descriptorpb.DescriptorProto{{Name: proto.String("M")}},
		}
	}
	base, right := file("base"), file("right", "base.proto")
	base.MessageType[0].ExtensionRange = []*descriptorpb.DescriptorProto_ExtensionRange{{Start: proto.Int32(100), End: proto.Int32(200)}}
	extension := func(n int) *descriptorpb.FieldDescriptorProto {
		return &descriptorpb.FieldDescriptorProto{
			Name: proto.String(fmt.Sprint("ext", n)), Number: proto.Int32(int32(n)), Extendee: proto.String(".dyn.base.M"),
			Type: descriptorpb.FieldDescriptorProto_TYPE_INT32.Enum(), Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(),
		}
	}
	right.Extension = append(right.Extension, extension(120))
	right.MessageType = append(right.MessageType, &descriptorpb.DescriptorProto{
		Name: proto.String("inner"), Extension: []*descriptorpb.FieldDescriptorProto{extension(150)},
	})
	files, err := protodesc.FileOptions{AllowUnresolvable: true}.NewFiles(&descriptorpb.FileDescriptorSet{File: []*descriptorpb.FileDescriptorProto{
		base, file("left", "base.proto"), right, file("top", "left.proto", "right.proto", "missing.proto", "base.proto"),
	}})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestCustomFiles(t *testing.T) {
	files := dynamic(t)
	c := served(t, "v1", reflection.WithFiles(files))
	for i, test := range []struct {
		req  *request
		want []string
	}{
		{bySymbol("dyn.left.M"), []string{"left.proto", "base.proto"}},
		{bySymbol("dyn.top.M"), []string{"top.proto", "right.proto"}},
		{byPath("base.proto"), []string{"base.proto"}},
		{byExtension("dyn.base.M", 120), []string{"right.proto"}},
		// What comes with Curlew is there in any case.
		{bySymbol("grpc.health.v1.Health"), []string{healthFile}},
	} {
		if got := paths(t, ask(t, c, test.req)); !slices.Equal(got, test.want) {
			t.Errorf("answer %d is %q, want %q", i, got, test.want)
		}
	}
	if got := paths(t, ask(t, served(t, "v1", reflection.WithFiles(files)), byPath("top.proto"))); !slices.Equal(got, []string{"top.proto", "left.proto", "right.proto", "base.proto"}) {
		t.Errorf("all files: %q", got)
	}
	// What the program links is not there any more.
	wantError(t, ask(t, c, byPath(echoFile)), curlew.NotFound)
	wantError(t, ask(t, c, byExtension("google.protobuf.FeatureSet", 1002)), curlew.NotFound)
	if got := ask(t, c, extensionsOf("dyn.base.M")).GetAllExtensionNumbersResponse().GetExtensionNumber(); !slices.Equal(got, []int32{120, 150}) {
		t.Errorf("extensions %v", got)
	}
}

// Extensions may come from elsewhere, whatever the order of the options.
func TestCustomExtensions(t *testing.T) {
	files := dynamic(t)
	var types protoregistry.Types
	ext, err := files.FindDescriptorByName("dyn.right.inner.ext150")
	if err != nil {
		t.Fatal(err)
	}
	if err := types.RegisterExtension(dynamicpb.NewExtensionType(ext.(protoreflect.ExtensionDescriptor))); err != nil {
		t.Fatal(err)
	}
	for _, opts := range [][]reflection.Option{
		{reflection.WithFiles(files), reflection.WithExtensions(&types)},
		{reflection.WithExtensions(&types), reflection.WithFiles(files)},
	} {
		c := served(t, "v1", opts...)
		if got := ask(t, c, extensionsOf("dyn.base.M")).GetAllExtensionNumbersResponse().GetExtensionNumber(); !slices.Equal(got, []int32{150}) {
			t.Errorf("extensions %v", got)
		}
		wantError(t, ask(t, c, byExtension("dyn.base.M", 120)), curlew.NotFound)
		if got := paths(t, ask(t, c, byExtension("dyn.base.M", 150))); !slices.Equal(got, []string{"right.proto", "base.proto"}) {
			t.Errorf("files %q", got)
		}
	}
}

// broken is a resolver whose source fails, and that knows files by name alone.
type broken struct{ err error }

func (b broken) FindFileByPath(path string) (protoreflect.FileDescriptor, error) {
	return protoregistry.GlobalFiles.FindFileByPath(path)
}

func (b broken) FindDescriptorByName(protoreflect.FullName) (protoreflect.Descriptor, error) {
	return nil, b.err
}

func TestResolverThatFails(t *testing.T) {
	for _, test := range []struct {
		err  error
		code curlew.Code
		text string
	}{
		{errors.New("db password is wrong"), curlew.Internal, "the look-up failed"},
		{curlew.Errorf(curlew.Unavailable, "come back later").Because(errors.New("db")), curlew.Unavailable, "come back later"},
	} {
		c := served(t, "v1", reflection.WithFiles(broken{test.err}))
		res := ask(t, c, bySymbol("a.B"))
		wantError(t, res, test.code)
		if got := res.GetErrorResponse().GetErrorMessage(); got != test.text {
			t.Errorf("%v is told as %q", test.err, got)
		}
		wantError(t, ask(t, c, extensionsOf("a.B")), test.code)
		wantError(t, ask(t, c, byExtension("google.protobuf.FeatureSet", 1002)), curlew.NotFound)
		if got := paths(t, ask(t, c, byPath(durationFile))); !slices.Equal(got, []string{durationFile}) {
			t.Errorf("files %q", got)
		}
	}
}

// A file that is known to be imported somewhere, and no more, is none to send.
func TestPlaceholder(t *testing.T) {
	top, err := dynamic(t).FindFileByPath("top.proto")
	if err != nil {
		t.Fatal(err)
	}
	imports := top.Imports()
	for i := range imports.Len() {
		if imports.Get(i).IsPlaceholder() {
			wantError(t, ask(t, served(t, "v1", reflection.WithFiles(only{imports.Get(i)})), byPath("missing.proto")), curlew.NotFound)
			return
		}
	}
	t.Error("no import is missing")
}

// only knows one file, by any name.
type only struct{ file protoreflect.FileDescriptor }

func (o only) FindFileByPath(string) (protoreflect.FileDescriptor, error) { return o.file, nil }

func (o only) FindDescriptorByName(protoreflect.FullName) (protoreflect.Descriptor, error) {
	return o.file, nil
}

func (o only) RangeFiles(f func(protoreflect.FileDescriptor) bool) { f(o.file) }
