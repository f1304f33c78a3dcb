package gen

import (
	"bytes"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"
)

func TestCommentLines(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       []string
	}{
		{"none", "", nil},
		{"blank", " \n\t\n", nil},
		{"one line", " Does it.\n", []string{"Does it."}},
		{"paragraphs", " One.\n\n Two.\n", []string{"One.", "", "Two."}},
		{"indented", " List:\n   - one\n", []string{"List:", "  - one"}},
		{"no space", "tight\n", []string{"tight"}},
		{"spaces at the end", " text  \t\n", []string{"text"}},
		{"carriage returns", " one\r\n two\r\n", []string{"one", "two"}},
		{"control characters", " a\x00b\x1bc\x0b\n", []string{"abc"}},
		{"byte order mark", "\uFEFFa\n", []string{"a"}},
		{"no UTF-8", " a\xffb\n", []string{"a\uFFFDb"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := commentLines(test.text); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestSaysDeprecated(t *testing.T) {
	for _, test := range []struct {
		lines []string
		want  bool
	}{
		{nil, false},
		{[]string{"Deprecated: gone."}, true},
		{[]string{"Gone.", "", "Deprecated: gone."}, true},
		{[]string{"Gone.", "Deprecated: not a paragraph of its own."}, false},
		{[]string{"Not Deprecated: at all."}, false},
	} {
		if got := saysDeprecated(test.lines); got != test.want {
			t.Errorf("%q: got %v", test.lines, got)
		}
	}
}

// commented returns the code for a service that has a comment.
func commented(t testing.TB, comment string) []byte {
	t.Helper()
	message := []*descriptorpb.DescriptorProto{{Name: proto.String("M")}}
	method := &descriptorpb.MethodDescriptorProto{Name: proto.String("Do"), InputType: proto.String(".M"), OutputType: proto.String(".M")}
	location := func(path ...int32) *descriptorpb.SourceCodeInfo_Location {
		return &descriptorpb.SourceCodeInfo_Location{Path: path, Span: []int32{1, 1, 1}, LeadingComments: &comment}
	}
	p, err := protogen.Options{}.New(&pluginpb.CodeGeneratorRequest{
		FileToGenerate: []string{"f.proto"},
		ProtoFile: []*descriptorpb.FileDescriptorProto{{
			Name:           proto.String("f.proto"),
			Options:        &descriptorpb.FileOptions{GoPackage: proto.String("example.com/f")},
			MessageType:    message,
			Service:        []*descriptorpb.ServiceDescriptorProto{{Name: proto.String("S"), Method: []*descriptorpb.MethodDescriptorProto{method}}},
			SourceCodeInfo: &descriptorpb.SourceCodeInfo{Location: []*descriptorpb.SourceCodeInfo_Location{location(6, 0), location(6, 0, 2, 0)}},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	Generate(p, Options{NoCodec: true})
	for _, content := range contents(t, p.Response()) {
		return []byte(content)
	}
	t.Fatal("nothing is generated")
	return nil
}

// What gofmt would change in a later pass is as it wants it at once.
func TestCommentsAreFormatted(t *testing.T) {
	for name, comment := range map[string]string{
		"a list":       " List:\n - one\n - two\n",
		"spaced lists": " One:\n - a\n   goes on,\n\n - b\n   goes on\n",
		"code":         " Code:\n     x := 1\n     y := 2\n",
		"a heading":    " # Heading\n text\n",
		"a link":       " See [x].\n\n [x]: https://example.com/\n Text.\n",
	} {
		source := commented(t, comment)
		formatted, err := format.Source(source)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(formatted, source) {
			t.Errorf("%s: gofmt makes of\n%s\nthis:\n%s", name, source, formatted)
		}
	}
}

// FuzzComment checks that whatever a comment says, it stays a comment: the code has the
// same declarations, and no line is a directive.
func FuzzComment(f *testing.F) {
	for _, seed := range []string{
		"", " A comment.\n", "go:build ignore\n", "line x.go:1\n", " */ func init() {} /*\n", "\r\nvar x = 1\r", "a\x00b", "\xff",
		" one\u2028two\n", " Deprecated: yes.\n", "export x\n", "+build ignore\n", "\n\n\n", "\t# Heading\n",
	} {
		f.Add(seed)
	}
	bare := declarations(f, commented(f, ""))
	f.Fuzz(func(t *testing.T, comment string) {
		source := commented(t, comment)
		if got := declarations(t, source); !slices.Equal(got, bare) {
			t.Errorf("declares %q, want %q", got, bare)
		}
		for line := range bytes.Lines(source) {
			text := strings.TrimSpace(string(line))
			if strings.HasPrefix(text, "//") && len(text) > 2 && text[2] != ' ' && text[2] != '\t' {
				t.Errorf("a directive: %q", text)
			}
		}
	})
}

// declarations returns the names that a file declares.
func declarations(t testing.TB, source []byte) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "", source, parser.ParseComments)
	if err != nil {
		t.Fatalf("%v\n%s", err, source)
	}
	var names []string
	ast.Inspect(file, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			names = append(names, id.Name)
		}
		return true
	})
	return names
}
