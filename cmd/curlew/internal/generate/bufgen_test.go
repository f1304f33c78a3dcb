package generate

import (
	"reflect"
	"testing"
)

// bufGenTests are configurations that are right.
var bufGenTests = []struct {
	name, text string
	want       Config
}{
	{
		"v2",
		`version: v2
clean: true
managed:
  enabled: false
plugins:
  - local: protoc-gen-go
    out: gen/go
    opt: paths=source_relative
  - local: [protoc-gen-curlew]
    out: gen/go
    opt: [paths=source_relative, package_suffix=rpc]
    strategy: all
  - local: [go, run, example.com/protoc-gen-x]
    out: gen/x
    include_imports: true
    include_wkt: true
    strategy: directory
inputs:
  - directory: proto
    paths: [proto/user]
    exclude_paths:
      - proto/user/internal
  - proto_file: other/a.proto
`,
		Config{
			Clean: true,
			Outputs: []Output{
				{Plugin: "protoc-gen-go", Dir: "gen/go", Options: []string{"paths=source_relative"}, PerDirectory: true},
				{Plugin: "protoc-gen-curlew", Dir: "gen/go", Options: []string{"paths=source_relative", "package_suffix=rpc"}},
				{
					Plugin: "go", Command: []string{"go", "run", "example.com/protoc-gen-x"}, Dir: "gen/x",
					IncludeImports: true, IncludeWellKnown: true, PerDirectory: true,
				},
			},
			Inputs: []Input{
				{Path: "proto", Root: true, Only: []string{"proto/user"}, Exclude: []string{"proto/user/internal"}},
				{Path: "other/a.proto", Root: true},
			},
		},
	},
	{
		"v1",
		`version: v1
plugins:
  - name: go
    out: gen
    opt: paths=source_relative
  - plugin: go-grpc
    out: .
    opt:
      - paths=source_relative
      - require_unimplemented_servers=false
    strategy: all
  - plugin: x
    path: [bin/x, --flag]
    out: gen
`,
		Config{Outputs: []Output{
			{Plugin: "go", Dir: "gen", Options: []string{"paths=source_relative"}, PerDirectory: true},
			{Plugin: "go-grpc", Dir: ".", Options: []string{"paths=source_relative", "require_unimplemented_servers=false"}},
			{Plugin: "x", Command: []string{"bin/x", "--flag"}, Dir: "gen", PerDirectory: true},
		}},
	},
	{
		"managed, v2",
		`version: v2
managed:
  enabled: true
  disable:
    - module: buf.build/googleapis/googleapis
    - file_option: go_package
      path: vendor
    - field_option: jstype
      field: a.B.c
  override:
    - file_option: go_package_prefix
      value: example.com/gen
    - file_option: java_multiple_files
      value: false
      path: a.proto
    - file_option: optimize_for
      value: LITE_RUNTIME
      module: buf.build/a/b
plugins: [{local: protoc-gen-go, out: gen}]
`,
		Config{
			Outputs: []Output{{Plugin: "protoc-gen-go", Dir: "gen", PerDirectory: true}},
			Managed: &Managed{
				disable: []managedRule{
					{module: "buf.build/googleapis/googleapis"},
					{option: "go_package", path: "vendor"},
				},
				override: []managedRule{
					{option: "go_package_prefix", value: "example.com/gen"},
					{option: "java_multiple_files", value: "false", path: "a.proto"},
					{option: "optimize_for", value: "LITE_RUNTIME", module: "buf.build/a/b"},
				},
			},
		},
	},
	{
		"managed, v1",
		`version: v1
managed:
  enabled: true
  cc_enable_arenas: false
  optimize_for: CODE_SIZE
  java_package_prefix: org
  go_package_prefix:
    override: {buf.build/c/d: example.com/d}
    default: example.com/gen
    except: [buf.build/a/b]
  csharp_namespace:
    except: [buf.build/a/b]
  override:
    GO_PACKAGE:
      a.proto: example.com/a;apb
plugins: [{name: go, out: gen}]
`,
		Config{
			Outputs: []Output{{Plugin: "go", Dir: "gen", PerDirectory: true}},
			Managed: &Managed{
				disable: []managedRule{
					{option: "go_package", module: "buf.build/a/b"},
					{option: "csharp_namespace", module: "buf.build/a/b"},
				},
				override: []managedRule{
					{option: "cc_enable_arenas", value: "false"},
					{option: "optimize_for", value: "CODE_SIZE"},
					{option: "java_package_prefix", value: "org"},
					{option: "go_package_prefix", value: "example.com/gen"},
					{option: "go_package_prefix", value: "example.com/d", module: "buf.build/c/d"},
					{option: "go_package", value: "example.com/a;apb", path: "a.proto"},
				},
			},
		},
	},
}

func TestBufGenYAML(t *testing.T) {
	for _, test := range bufGenTests {
		t.Run(test.name, func(t *testing.T) {
			// Paths are relative to the current directory, wherever the file is.
			project(t, map[string]string{"conf/buf.gen.yaml": test.text})
			got := load(t, "conf/buf.gen.yaml")
			test.want.File = "conf/buf.gen.yaml"
			if !reflect.DeepEqual(got, &test.want) {
				t.Errorf("got\n%+v, want\n%+v", got, &test.want)
			}
		})
	}
}

func TestWrongBufGenYAML(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       []string
	}{
		{"no version", "plugins: []\n", []string{"buf.gen.yaml:1:1: want version: v2"}},
		{"an old version", "version: v1beta1\n", []string{"buf.gen.yaml:1:10: version v1beta1 is not supported: there are v1 and v2"}},
		{"no plugins", "version: v2\n", []string{"buf.gen.yaml:1:1: want plugins"}},
		{
			"remote plugins, v2",
			"version: v2\nplugins:\n- remote: buf.build/protocolbuffers/go:v1.36\n  out: gen\n- remote: buf.build/bufbuild/es\n  out: gen\n",
			[]string{
				"buf.gen.yaml:3:11: plugin buf.build/protocolbuffers/go:v1.36 runs on a server, which is not supported: write local: protoc-gen-go, which is built in",
				"buf.gen.yaml:5:11: plugin buf.build/bufbuild/es runs on a server, which is not supported: install the plugin and write its name, as local: protoc-gen-es",
			},
		},
		{
			"remote plugins, v1",
			"version: v1\nplugins:\n- plugin: buf.build/grpc/go:v1.5.1\n  out: gen\n- remote: buf.build/library/plugins/go\n  out: gen\n",
			[]string{
				"buf.gen.yaml:3:11: plugin buf.build/grpc/go:v1.5.1 runs on a server",
				"buf.gen.yaml:5:11: plugin buf.build/library/plugins/go runs on a server",
			},
		},
		{
			"plugins, v2",
			"version: v2\nplugins:\n- out: a\n- local: protoc-gen-go\n- local: protoc-gen-x\n  out: a\n  strategy: each\n- protoc_builtin: java\n  out: a\n" +
				"- local: protoc-gen-x\n  out: x.jar\n- local: x\n  out: a\n  include_wkt: true\n- local: x\n  out: a\n  types: [a.B]\n",
			[]string{
				"buf.gen.yaml:3:3: want a plugin, as local",
				"buf.gen.yaml:4:3: want the directory to write to, as out",
				`buf.gen.yaml:7:13: strategy "each": there are directory and all`,
				"buf.gen.yaml:8:19: generators inside of protoc are not supported",
				"buf.gen.yaml:10:3: out: x.jar: archives are not supported",
				"buf.gen.yaml:12:3: include_wkt has no effect without include_imports",
				"buf.gen.yaml:17:10: a choice of types is not supported",
			},
		},
		{
			"plugins, v1",
			"version: v1\nplugins:\n- out: a\n- name: a\n  plugin: b\n  out: a\n- name: a\n  protoc_path: x\n  out: a\n",
			[]string{
				"buf.gen.yaml:3:3: want a plugin or a name",
				"buf.gen.yaml:4:3: want either a plugin or a name",
				"buf.gen.yaml:8:16: generators inside of protoc are not supported",
			},
		},
		{
			"inputs",
			"version: v2\nplugins: [{local: a, out: b}]\ninputs:\n- module: buf.build/a/b\n- git_repo: https://x\n- directory: a\n  proto_file: b\n- {}\n- directroy: a\n",
			[]string{
				"buf.gen.yaml:4:11: an input from module is not supported: fetch it first, with buf export",
				"buf.gen.yaml:5:13: an input from git_repo is not supported",
				"buf.gen.yaml:6:3: want either a directory or a proto_file",
				"buf.gen.yaml:8:3: want either a directory or a proto_file",
				`buf.gen.yaml:9:3: unknown key "directroy"`,
			},
		},
		{
			"managed, v2",
			"version: v2\nplugins: [{local: a, out: b}]\nmanaged:\n  enabled: true\n  override:\n  - file_option: py_package\n    value: x\n  - file_option: java_multiple_files\n" +
				"    value: perhaps\n  - field_option: jstype\n    value: JS_STRING\n  - value: x\n  disable:\n  - file_option: none\n",
			[]string{
				`buf.gen.yaml:6:18: file option "py_package" cannot be managed`,
				`buf.gen.yaml:8:5: java_multiple_files cannot be "perhaps"`,
				"buf.gen.yaml:10:19: options of fields are not supported",
				"buf.gen.yaml:12:5: want the option to set, as file_option",
				`buf.gen.yaml:14:18: file option "none" cannot be managed`,
			},
		},
		{
			"managed, v1",
			"version: v1\nplugins: [{name: a, out: b}]\nmanaged:\n  enabled: true\n  optimize_for: FAST\n  override:\n    PY_PACKAGE: {a.proto: b}\n    CC_ENABLE_ARENAS: {a.proto: x}\ntypes: {include: [a.B]}\n",
			[]string{
				`buf.gen.yaml:5:17: optimize_for cannot be "FAST"`,
				`buf.gen.yaml:7:5: file option "PY_PACKAGE" cannot be managed`,
				`buf.gen.yaml:8:33: cc_enable_arenas cannot be "x"`,
				"buf.gen.yaml:9:8: a choice of types is not supported",
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			project(t, map[string]string{"buf.gen.yaml": test.text})
			checkErrors(t, "buf.gen.yaml", test.want)
		})
	}
}
