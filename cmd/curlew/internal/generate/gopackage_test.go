package generate

import (
	"strings"
	"testing"
)

const mod = "module example.com/m // comment\n\ngo 1.26\n"

// goPackageTests say what go_package files get.
var goPackageTests = []struct {
	name   string
	files  map[string]string // besides a.proto files
	config Config
	want   map[string]string // go_package of files
}{
	{
		"from go.mod",
		map[string]string{"go.mod": mod, "user/v1/a.proto": "package user.v1;", "b/a.proto": "package b;", "a.proto": ""},
		Config{},
		map[string]string{"user/v1/a.proto": "example.com/m/user/v1;userv1", "b/a.proto": "example.com/m/b", "a.proto": "example.com/m"},
	},
	{
		"a module below",
		map[string]string{"go.mod": mod, "api/go.mod": "module example.com/api\n", "api/x/a.proto": "", "a.proto": ""},
		Config{},
		map[string]string{"api/x/a.proto": "example.com/api/x", "a.proto": "example.com/m"},
	},
	{
		"an output directory",
		map[string]string{"go.mod": mod, "proto/x/a.proto": ""},
		Config{Imports: []string{"proto"}, Outputs: []Output{{Plugin: "go", Dir: "gen/go", Options: []string{sourceRelative}}}},
		map[string]string{"x/a.proto": "example.com/m/gen/go/x"},
	},
	{
		"paths by import path",
		map[string]string{"go.mod": mod, "proto/x/a.proto": ""},
		Config{Imports: []string{"proto"}, Outputs: []Output{{Plugin: "go", Dir: "gen/go"}}},
		map[string]string{"x/a.proto": "example.com/m/proto/x"},
	},
	{
		"the option module",
		map[string]string{"proto/x/a.proto": "package x.v2;"},
		Config{Imports: []string{"proto"}, Outputs: []Output{{Plugin: "curlew", Dir: "gen"}, {Plugin: "go", Dir: "gen", Options: []string{"module=example.com/gen"}}}},
		map[string]string{"x/a.proto": "example.com/gen/x;xv2"},
	},
	{
		"the file says it",
		map[string]string{"a.proto": `option go_package = "a.com/x;y";`},
		Config{},
		map[string]string{"a.proto": "a.com/x;y"},
	},
	{
		"another file of the package says its name",
		map[string]string{"go.mod": mod, "x/a.proto": `option go_package = "example.com/m/x;name";`, "x/b.proto": "package x.v1;"},
		Config{},
		map[string]string{"x/b.proto": "example.com/m/x;name"},
	},
	{
		"Go files are there",
		map[string]string{"go.mod": mod, "x/v1/b.proto": "package x.v1;", "x/v1/a_test.go": "package other\n", "x/v1/main.go": "package main\n", "x/v1/a.pb.go": "package old\n"},
		Config{},
		map[string]string{"x/v1/b.proto": "example.com/m/x/v1;main"},
	},
	{
		"files of a directory do not agree",
		map[string]string{"go.mod": mod, "x/a.proto": "package x.v1;", "x/b.proto": "package x.v2;"},
		Config{},
		map[string]string{"x/a.proto": "example.com/m/x", "x/b.proto": "example.com/m/x"},
	},
	{
		"a prefix",
		map[string]string{"x/v1/a.proto": "package x.v1;", "b.proto": `option go_package = "a.com/b";`},
		Config{Managed: goPackagePrefix("example.com/p")},
		map[string]string{"x/v1/a.proto": "example.com/p/x/v1;xv1", "b.proto": "a.com/b"},
	},
	{
		"an option M",
		map[string]string{"x/a.proto": ""},
		Config{Outputs: []Output{{Plugin: "go", Options: []string{sourceRelative + ",Mx/a.proto=example.com/x"}}}},
		map[string]string{"x/a.proto": ""},
	},
	{
		"not for Go",
		map[string]string{"x/a.proto": ""},
		Config{Outputs: []Output{{Plugin: "es", Dir: "gen"}}},
		map[string]string{"x/a.proto": ""},
	},
	{
		"another plugin for Go",
		map[string]string{"go.mod": mod, "x/a.proto": ""},
		Config{Outputs: []Output{{Plugin: "es", Dir: "gen"}, {Plugin: "protoc-gen-go-grpc", Dir: "gen", Options: []string{sourceRelative}}}},
		map[string]string{"x/a.proto": "example.com/m/gen/x"},
	},
	{
		"what is built in",
		map[string]string{"go.mod": mod, "a.proto": `import "google/api/annotations.proto";`},
		Config{},
		map[string]string{"google/api/annotations.proto": "google.golang.org/genproto/googleapis/api/annotations;annotations"},
	},
}

func TestGoPackage(t *testing.T) {
	for _, test := range goPackageTests {
		t.Run(test.name, func(t *testing.T) {
			fs, err := prepared(t, test.files, test.config)
			if err != nil {
				t.Fatal(err)
			}
			for name, want := range test.want {
				if got := fs.byName[name].GetOptions().GetGoPackage(); got != want {
					t.Errorf("%s: got %s, want %s", name, got, want)
				}
			}
		})
	}
}

func prepared(t *testing.T, list map[string]string, c Config) (*files, error) {
	t.Helper()
	project(t, list)
	for name, content := range list {
		if strings.HasSuffix(name, ".proto") {
			write(t, map[string]string{name: "syntax = \"proto3\";\n" + content})
		}
	}
	if len(c.Outputs) == 0 {
		c.Outputs = DefaultOutputs()
	}
	in, err := findInputs(&c)
	if err != nil {
		t.Fatal(err)
	}
	return prepare(t.Context(), &c, c.Outputs, in, &strings.Builder{})
}

func TestNoGoPackage(t *testing.T) {
	for _, test := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{
			"no module",
			map[string]string{"x/a.proto": "", "b.proto": ""},
			"b.proto:1:1: no go_package, and . is in no Go module to derive it from: write option go_package = \"example.com/...\", or set go_package_prefix in curlew.yaml\n" +
				"x/a.proto:1:1: no go_package, and x is in no Go module",
		},
		{"a go.mod that says nothing", map[string]string{"go.mod": "", "a.proto": ""}, "a.proto:1:1: no go_package, and "},
		{"an import", map[string]string{"x/go.mod": "module example.com/x\n", "x/a.proto": `import "b.proto";`, "b.proto": ""}, "b.proto:1:1: no go_package"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := prepared(t, test.files, Config{})
			if err == nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}
