package generate

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestCurlewYAML(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       Config
	}{
		{"nothing but a version", "version: 1\n", Config{}},
		{
			"everything",
			`# comment
version: 1
imports: [proto, ../shared, /usr/include]
inputs: [proto/user, proto/a.proto]
exclude: proto/user/internal
clean: true
outputs:
  - plugin: go
    out: gen
    options:
      default_api_level: API_OPAQUE
      annotate_code:
  - plugin: protoc-gen-curlew
    options: [paths=source_relative, package_suffix=rpc]
    inputs: proto/user
    exclude: [proto/user/v1]
  - plugin: es
    command: [npx, protoc-gen-es]
    out: web/src
    options: target=ts,import_extension=js
    include_imports: true
    per_directory: true
`,
			Config{
				Imports: []string{"sub/proto", "shared", "/usr/include"},
				Inputs: []Input{
					{Path: "sub/proto/user", Exclude: []string{"sub/proto/user/internal"}},
					{Path: "sub/proto/a.proto", Exclude: []string{"sub/proto/user/internal"}},
				},
				Clean: true,
				Outputs: []Output{
					{Plugin: "go", Dir: "sub/gen", Options: []string{"default_api_level=API_OPAQUE", "annotate_code", "paths=source_relative"}},
					{
						Plugin: "protoc-gen-curlew", Options: []string{"paths=source_relative", "package_suffix=rpc"},
						Only: []string{"sub/proto/user"}, Exclude: []string{"sub/proto/user/v1"},
					},
					{
						Plugin: "es", Command: []string{"npx", "protoc-gen-es"}, Dir: "sub/web/src",
						Options: []string{"target=ts,import_extension=js"}, IncludeImports: true, PerDirectory: true,
					},
				},
			},
		},
		{
			"exclude without inputs",
			"version: 1\nexclude: [old]\n",
			Config{Inputs: []Input{{Path: "sub", Exclude: []string{"sub/old"}}}},
		},
		{
			"exclude and imports without inputs",
			"version: 1\nexclude: [a/old]\nimports: [a, b]\n",
			Config{
				Imports: []string{"sub/a", "sub/b"},
				Inputs:  []Input{{Path: "sub/a", Exclude: []string{"sub/a/old"}}, {Path: "sub/b", Exclude: []string{"sub/a/old"}}},
			},
		},
		{
			"an alias",
			"version: 1\noutputs:\n- {plugin: go, out: a, options: &o [paths=import]}\n- {plugin: curlew, out: a, options: *o}\n",
			Config{Outputs: []Output{
				{Plugin: "go", Dir: "sub/a", Options: []string{"paths=import"}},
				{Plugin: "curlew", Dir: "sub/a", Options: []string{"paths=import"}},
			}},
		},
		{"a prefix", "version: 1\ngo_package_prefix: example.com/x\n", Config{Managed: goPackagePrefix("example.com/x")}},
	} {
		t.Run(test.name, func(t *testing.T) {
			project(t, map[string]string{"sub/curlew.yaml": test.text})
			got := load(t, "sub/curlew.yaml")
			test.want.File = "sub/curlew.yaml"
			if !reflect.DeepEqual(got, &test.want) {
				t.Errorf("got\n%+v, want\n%+v", got, &test.want)
			}
		})
	}
}

func TestWrongCurlewYAML(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       []string
	}{
		{"empty", "", []string{"curlew.yaml:1:1: the file is empty"}},
		{"comments alone", "# nothing\n", []string{"curlew.yaml:1:1: the file is empty"}},
		{"no version", "inputs: [a]\n", []string{"curlew.yaml:1:1: want version: 1"}},
		{"another version", "version: 2\n", []string{"curlew.yaml:1:1: want version: 1"}},
		{
			"unknown keys",
			"version: 1\nplugns: []\noutputs:\n  - plugin: go\n    opt: x\n",
			[]string{
				`curlew.yaml:2:1: unknown key "plugns": there are clean, exclude, go_package_prefix, imports, inputs, outputs, version`,
				`curlew.yaml:5:5: unknown key "opt": there are command, `,
			},
		},
		{"a key twice", "version: 1\nclean: true\nclean: true\n", []string{`curlew.yaml:3:1: key "clean" stands here twice`}},
		{"no YAML", "version: 1\n\tinputs: [", []string{"curlew.yaml:2:1: found a tab character"}},
		{"two documents", "version: 1\n---\nversion: 1\n", []string{"curlew.yaml:2:1: a second document"}},
		{"a text", "just text\n", []string{`curlew.yaml:1:1: want keys and values here, not "just text"`, "curlew.yaml:1:1: want version: 1"}},
		{"a list", "- version: 1\n", []string{"curlew.yaml:1:1: want keys and values here, not a list", "curlew.yaml:1:1: want version: 1"}},
		{
			"values of the wrong kind",
			"version: 1\nclean: perhaps\nimports: {a: b}\noutputs: go\ninputs: [[a]]\ngo_package_prefix:\n",
			[]string{
				`curlew.yaml:2:8: want true or false here, not "perhaps"`,
				"curlew.yaml:3:10: want a list here, not keys and values",
				`curlew.yaml:4:10: want a list here, not "go"`,
				"curlew.yaml:5:10: want a text here, not a list",
				"curlew.yaml:6:19: want a text here, not nothing",
			},
		},
		{
			"outputs",
			"version: 1\noutputs:\n- out: gen\n- plugin: es\n- plugin: go\n  options: module=x\n- plugin: curlew\n  include_imports: true\n",
			[]string{
				"curlew.yaml:3:3: want a plugin or a command",
				"curlew.yaml:4:3: protoc-gen-es: want a directory to write to",
				"curlew.yaml:5:3: protoc-gen-go: paths=import and module need a directory to write to",
				"curlew.yaml:7:3: protoc-gen-curlew: the imports' code needs a directory to write to",
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			project(t, map[string]string{"curlew.yaml": test.text})
			checkErrors(t, "curlew.yaml", test.want)
		})
	}
}

// checkErrors loads a configuration that is wrong.
func checkErrors(t *testing.T, file string, want []string) {
	t.Helper()
	_, err := Load(file)
	if err == nil {
		t.Fatal("no error")
	}
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != len(want) {
		t.Fatalf("got %d errors, want %d:\n%v", len(lines), len(want), err)
	}
	for i := range want {
		if !strings.HasPrefix(lines[i], want[i]) {
			t.Errorf("got  %s\nwant %s", lines[i], want[i])
		}
	}
}

func TestLoadNothing(t *testing.T) {
	project(t, nil)
	if _, err := Load("curlew.yaml"); err == nil || !strings.Contains(err.Error(), "curlew.yaml") {
		t.Errorf("got %v", err)
	}
	if _, err := Load(filepath.Join(".")); err == nil {
		t.Error("a directory is no configuration")
	}
}
