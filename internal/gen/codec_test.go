package gen

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"
)

// codecFile is a file of package f with messages that have one field each.
func codecFile(fields map[string]*descriptorpb.FieldDescriptorProto) *descriptorpb.FileDescriptorProto {
	file := &descriptorpb.FileDescriptorProto{
		Name: proto.String("f.proto"), Package: proto.String("f"), Dependency: []string{"v.proto", "w1.proto"},
		Options: &descriptorpb.FileOptions{GoPackage: proto.String("example.com/f")},
	}
	for name, field := range fields {
		field.Number = proto.Int32(1)
		if field.Label == nil {
			field.Label = descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum()
		}
		file.MessageType = append(file.MessageType, &descriptorpb.DescriptorProto{Name: &name, Field: []*descriptorpb.FieldDescriptorProto{field}})
	}
	return file
}

// codecOf returns the file of codec methods, or "".
func codecOf(t *testing.T, file *descriptorpb.FileDescriptorProto) string {
	t.Helper()
	other := func(pkg string) *descriptorpb.FileDescriptorProto {
		return &descriptorpb.FileDescriptorProto{
			Name: proto.String(pkg + ".proto"), Package: proto.String(pkg),
			Options:     &descriptorpb.FileOptions{GoPackage: proto.String("example.com/" + pkg)},
			MessageType: []*descriptorpb.DescriptorProto{{Name: proto.String("M")}},
		}
	}
	p, err := protogen.Options{}.New(&pluginpb.CodeGeneratorRequest{
		FileToGenerate: []string{"f.proto"},
		ProtoFile:      []*descriptorpb.FileDescriptorProto{other("v"), other("w1"), file},
	})
	if err != nil {
		t.Fatal(err)
	}
	Generate(p, Options{})
	return contents(t, p.Response())["example.com/f/f_curlew_codec.pb.go"]
}

// Messages whose fields would clash with the methods, or with variables in them, and
// those that methods do not know all of, get none.
func TestMessagesWithoutCodec(t *testing.T) {
	scalar := func(name string) *descriptorpb.FieldDescriptorProto {
		return &descriptorpb.FieldDescriptorProto{Name: &name, Type: descriptorpb.FieldDescriptorProto_TYPE_STRING.Enum()}
	}
	message := func(name, typ string) *descriptorpb.FieldDescriptorProto {
		return &descriptorpb.FieldDescriptorProto{Name: &name, TypeName: &typ, Type: descriptorpb.FieldDescriptorProto_TYPE_MESSAGE.Enum()}
	}
	file := codecFile(map[string]*descriptorpb.FieldDescriptorProto{
		"Plain":    scalar("name"),
		"Size":     scalar("size_curlew"),
		"Marshal":  scalar("marshal_curlew"),
		"Merge":    scalar("MergeCurlew"),
		"Required": scalar("required_curlew"),
		"Accessor": scalar("get_size_curlew"),
		"Import":   message("other", ".v.M"),
		"Numbered": message("other", ".w1.M"),
		"Around":   message("own", ".f.Extended"),
		"Extended": scalar("name"),
	})
	for _, m := range file.MessageType {
		if m.GetName() == "Extended" {
			m.ExtensionRange = []*descriptorpb.DescriptorProto_ExtensionRange{{Start: proto.Int32(100), End: proto.Int32(200)}}
		}
	}
	content := codecOf(t, file)
	var got []string
	for line := range strings.Lines(content) {
		if name, ok := strings.CutSuffix(strings.TrimSpace(line), ") SizeCurlew() int {"); ok {
			got = append(got, strings.TrimPrefix(name, "func (x *"))
		}
	}
	slices.Sort(got)
	if want := []string{"Accessor", "Around", "Plain"}; !slices.Equal(got, want) {
		t.Errorf("%q have methods, want %q", got, want)
	}
	if !strings.Contains(content, "fast.Merge(x.Own, v, depth)") {
		t.Error("a message without methods is not left to codec/fast")
	}
}

// A file none of whose messages has methods is not generated.
func TestNoCodecFile(t *testing.T) {
	if content := codecOf(t, codecFile(nil)); content != "" {
		t.Errorf("got\n%s", content)
	}
}

// Methods are written unless they are not wanted.
func TestNoCodec(t *testing.T) {
	for _, parameter := range []string{"codec=false", "package_suffix=rpc", "codec=false,package_suffix=rpc"} {
		for name := range generate(t, parameter, golden+"kinds/kinds.proto") {
			if strings.HasSuffix(name, CodecFileSuffix) {
				t.Errorf("%s: got %s", parameter, name)
			}
		}
	}
}

// Methods can be added in the messages' package alone.
func TestCodecApart(t *testing.T) {
	var o Options
	parameter := "codec=true,package_suffix=curlew"
	p, err := protogen.Options{ParamFunc: o.Set}.New(&pluginpb.CodeGeneratorRequest{Parameter: &parameter})
	if err != nil {
		t.Fatal(err)
	}
	Generate(p, o)
	if text := p.Response().GetError(); !strings.Contains(text, "package_suffix") {
		t.Errorf("the error is %q", text)
	}
}
