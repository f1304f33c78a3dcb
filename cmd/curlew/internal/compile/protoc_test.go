package compile

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
)

// TestLikeProtoc compares with protoc's descriptors and comments, on the repository's
// files that any protoc can read.
func TestLikeProtoc(t *testing.T) {
	protoc, err := exec.LookPath("protoc")
	if err != nil {
		t.Skip("protoc is not installed: apt-get install protobuf-compiler")
	}
	t.Chdir("../../../..")
	var names []string
	for _, dir := range []string{"internal/gen/internal/golden", "internal/testproto", "codec/internal/testpb"} {
		err := filepath.WalkDir(dir, func(file string, _ os.DirEntry, err error) error {
			if err != nil || filepath.Ext(file) != ".proto" {
				return err
			}
			data, err := os.ReadFile(file)
			if !strings.Contains(string(data), "edition =") {
				names = append(names, filepath.ToSlash(file))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	out := filepath.Join(t.TempDir(), "set.binpb")
	cmd := exec.Command(protoc, append([]string{"-I.", "--include_source_info", "--descriptor_set_out=" + out}, names...)...)
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	set := new(descriptorpb.FileDescriptorSet)
	if err := proto.Unmarshal(data, set); err != nil {
		t.Fatal(err)
	}
	result, err := New(Roots{"."}).Compile(t.Context(), names)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range set.File {
		i := slices.IndexFunc(result.Files, func(f *descriptorpb.FileDescriptorProto) bool { return f.GetName() == want.GetName() })
		if i < 0 {
			t.Errorf("%s is not compiled", want.GetName())
			continue
		}
		compareFiles(t, result.Files[i], want)
	}
}

func compareFiles(t *testing.T, got, want *descriptorpb.FileDescriptorProto) {
	t.Helper()
	if g, w := comments(got), comments(want); !slices.Equal(g, w) {
		t.Errorf("%s: got comments\n%q, want\n%q", want.GetName(), g, w)
	}
	got.SourceCodeInfo, want.SourceCodeInfo = nil, nil
	for _, f := range []*descriptorpb.FileDescriptorProto{got, want} {
		if err := unknownOptions(f); err != nil {
			t.Fatal(err)
		}
	}
	if !proto.Equal(got, want) {
		t.Errorf("%s: got\n%v, want\n%v", want.GetName(), got, want)
	}
}

// comments returns the comments of a file, each after the path of what it is about.
func comments(f *descriptorpb.FileDescriptorProto) []string {
	var list []string
	for _, l := range f.GetSourceCodeInfo().GetLocation() {
		var path strings.Builder
		for _, n := range l.GetPath() {
			path.WriteByte('.')
			path.WriteString(string(rune('0' + n)))
		}
		for _, text := range slices.Concat([]string{l.GetLeadingComments(), l.GetTrailingComments()}, l.GetLeadingDetachedComments()) {
			if text != "" {
				// protoc ends comments with a newline, but for the other compiler not those
				// that end a line of code.
				list = append(list, path.String()+strings.TrimSuffix(text, "\n"))
			}
		}
	}
	slices.Sort(list)
	return list
}

// unknownOptions makes extensions unknown fields, so that it does not matter which of them
// are linked.
func unknownOptions(f *descriptorpb.FileDescriptorProto) error {
	data, err := proto.MarshalOptions{Deterministic: true}.Marshal(f)
	if err != nil {
		return err
	}
	proto.Reset(f)
	return proto.UnmarshalOptions{Resolver: new(protoregistry.Types)}.Unmarshal(data, f)
}
