package compile

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/types/descriptorpb"
)

// write writes files, by name, below a new directory and makes it the current one.
func write(t *testing.T, files map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, content := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

func names(files []*descriptorpb.FileDescriptorProto) []string {
	var list []string
	for _, f := range files {
		list = append(list, f.GetName())
	}
	return list
}

func TestCompile(t *testing.T) {
	write(t, map[string]string{
		"proto/user/v1/user.proto": `syntax = "proto3";
package user.v1;
import "google/protobuf/timestamp.proto";
import "user/v1/types.proto";
// User is somebody.
message User { Name name = 1; google.protobuf.Timestamp born = 2; }
`,
		"proto/user/v1/types.proto": `syntax = "proto3"; package user.v1; message Name { string text = 1 [deprecated = true]; }`,
		"more/other.proto":          `edition = "2024"; import "user/v1/user.proto"; message Other { user.v1.User user = 1; }`,
	})
	result, err := New(Roots{"proto", "more"}).Compile(t.Context(), []string{"other.proto", "user/v1/user.proto"})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"google/protobuf/timestamp.proto", "user/v1/types.proto", "user/v1/user.proto", "other.proto"}
	if got := names(result.Files); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if !result.Files[1].MessageType[0].Field[0].GetOptions().GetDeprecated() {
		t.Error("options are not decoded")
	}
	comment := ""
	for _, location := range result.Files[2].GetSourceCodeInfo().GetLocation() {
		if slices.Equal(location.Path, []int32{4, 0}) {
			comment = location.GetLeadingComments()
		}
	}
	if comment != " User is somebody.\n" {
		t.Errorf("got comment %q", comment)
	}
	if got := result.Files[3].GetEdition(); got != descriptorpb.Edition_EDITION_2024 {
		t.Errorf("got edition %v", got)
	}
}

// TestDiagnostics compiles files with errors: all are reported, where they are.
func TestDiagnostics(t *testing.T) {
	for _, test := range []struct {
		name  string
		files map[string]string
		want  []string
	}{
		{
			"several in a file",
			map[string]string{"a.proto": `syntax = "proto3";
package a;
message A {
  B b = 1;
  strin c = 1;
  string d = 536870912;
}
message A {}
service S { rpc X(A) returns (A) }
`},
			[]string{
				"a.proto:3:9: `A` declared multiple times",
				"a.proto:4:3: cannot find `B` in this scope",
				"a.proto:5:3: cannot find `strin` in this scope",
				"a.proto:5:13: ", // 1 is taken
				"a.proto:6:14: ", // too large
				"a.proto:9:34: unexpected `}` after definition",
			},
		},
		{
			"several files",
			map[string]string{
				"a.proto":     `syntax = "proto3"; import "dir/b.proto"; message A { X x = 1; }`,
				"dir/b.proto": `syntax = "proto3"; message B { Y y = 1; }`,
			},
			[]string{
				"a.proto:1:54: cannot find `X` in this scope",
				"dir/b.proto:1:32: cannot find `Y` in this scope",
			},
		},
		{
			"an import that is not there",
			map[string]string{"a.proto": "syntax = \"proto3\";\n  import \"no/such.proto\";\n"},
			[]string{`a.proto:2:3: imported file "no/such.proto" does not exist`},
		}, {
			"columns count characters",
			map[string]string{"a.proto": "syntax = \"proto3\"; /* grüße */ message A { X x = 1; }"},
			[]string{"a.proto:1:44: cannot find `X` in this scope"},
		},
		{
			"an edition that is not known",
			map[string]string{"a.proto": `edition = "1999";`},
			[]string{"a.proto:1:11: "},
		},
		{
			"not text",
			map[string]string{"a.proto": "\xff\xfe\x00"},
			[]string{"a.proto: input appears to be encoded with UTF-16"},
		},
		{
			"an empty name",
			map[string]string{"a.proto": "syntax = \"proto3\";\nmessage {}\n"},
			[]string{"a.proto:2:1: "},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			write(t, test.files)
			_, err := New(Roots{"."}).Compile(t.Context(), slices.Sorted(maps.Keys(test.files)))
			var got Diagnostics
			if !errors.As(err, &got) {
				t.Fatalf("got %v", err)
			}
			text := got.Error()
			lines := strings.Split(text, "\n")
			if len(lines) != len(test.want) {
				t.Fatalf("got %d errors, want %d:\n%s", len(lines), len(test.want), text)
			}
			for i, want := range test.want {
				if !strings.HasPrefix(lines[i], want) {
					t.Errorf("got %s, want %s", lines[i], want)
				}
			}
		})
	}
}

// TestCircle checks that imports in a circle are reported: at one of them or at each,
// as the compiler happens to meet them.
func TestCircle(t *testing.T) {
	write(t, map[string]string{
		"a.proto": `syntax = "proto3"; import "b.proto";`,
		"b.proto": `syntax = "proto3"; import "a.proto";`,
	})
	_, err := New(Roots{"."}).Compile(t.Context(), []string{"a.proto", "b.proto"})
	var ds Diagnostics
	if !errors.As(err, &ds) || len(ds) == 0 || ds[0].Line != 1 || !strings.HasPrefix(ds[0].Message, "detected cyclic import") {
		t.Errorf("got %+v", ds)
	}
}

func TestMissing(t *testing.T) {
	write(t, map[string]string{"a.proto": "syntax = \"proto3\"; import public 'x/y.proto';"})
	_, err := New(Roots{"."}).Compile(t.Context(), []string{"a.proto"})
	var ds Diagnostics
	if !errors.As(err, &ds) || len(ds) != 1 || ds[0].Missing != "x/y.proto" {
		t.Errorf("got %+v", ds)
	}
}

// TestWarnings checks that only unused imports of the files asked for are warned of.
func TestWarnings(t *testing.T) {
	write(t, map[string]string{
		"a.proto": `syntax = "proto3"; import "b.proto"; import "google/protobuf/any.proto"; message A { B b = 1; }`,
		"b.proto": `syntax = "proto2"; import "google/protobuf/any.proto"; message B { required string x = 1; }`,
	})
	result, err := New(Roots{"."}).Compile(t.Context(), []string{"a.proto"})
	if err != nil {
		t.Fatal(err)
	}
	if got := result.Warnings.Error(); !strings.HasPrefix(got, `a.proto:1:45: unused import "google/protobuf/any.proto"`) || len(result.Warnings) != 1 {
		t.Errorf("got %s", got)
	}
}

func TestDiagnosticString(t *testing.T) {
	for want, d := range map[string]Diagnostic{
		"a.proto:1:2: text": {File: "a.proto", Line: 1, Column: 2, Message: "text"},
		"a.proto: text":     {File: "a.proto", Message: "text"},
		"text":              {Message: "text"},
	} {
		if got := d.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
