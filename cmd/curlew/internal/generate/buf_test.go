package generate

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// bufTests are configurations by which buf is called, too.
var bufTests = []struct {
	name, config string
	args         []string
}{
	{"v1", "version: v1\nplugins:\n- name: dump\n  out: gen\n  opt: [a=b, c]\n- plugin: dump\n  out: gen/all\n  strategy: all\n", []string{"proto"}},
	{
		"v1, managed",
		`version: v1
managed:
  enabled: true
  java_multiple_files: false
  cc_enable_arenas: true
  go_package_prefix: {default: example.com/gen, except: [buf.build/none/none]}
  java_package_prefix: {default: net, override: {buf.build/acme/users: org}}
  objc_class_prefix: {default: ABC}
  csharp_namespace: {override: {buf.build/acme/users: Users}}
  override:
    GO_PACKAGE: {other/other.proto: example.com/other}
plugins:
- {name: dump, out: gen}
`,
		[]string{"proto"},
	},
	{
		"v2",
		`version: v2
clean: true
plugins:
- {local: protoc-gen-dump, out: gen, opt: a=b}
- {local: [protoc-gen-dump], out: gen/imports, include_imports: true, include_wkt: true, strategy: all}
inputs:
- directory: proto
  paths: [proto/user/v1/user.proto, proto/deep]
`,
		nil,
	},
	{
		"v2, managed",
		`version: v2
managed:
  enabled: true
  disable:
  - {file_option: java_package, path: other}
  - {file_option: objc_class_prefix}
  - {path: deep/a}
  override:
  - {file_option: go_package_prefix, value: example.com/gen}
  - {file_option: go_package, value: example.com/types;t, path: user/v1/types.proto}
  - {file_option: ruby_package_suffix, value: Pb}
  - {file_option: java_package_suffix, value: pb, path: user}
  - {file_option: java_package_prefix, value: io}
  - {file_option: optimize_for, value: LITE_RUNTIME, module: buf.build/acme/users}
plugins:
- {local: protoc-gen-dump, out: gen}
inputs:
- {directory: proto}
`,
		nil,
	},
	{
		"built in",
		`version: v2
managed:
  enabled: true
  override:
  - {file_option: go_package_prefix, value: example.com/users/gen}
plugins:
- {local: protoc-gen-go, out: gen, opt: paths=source_relative}
- {local: protoc-gen-curlew, out: gen, opt: "module=example.com/users/gen,package_suffix=rpc"}
inputs:
- {directory: proto}
`,
		nil,
	},
}

// TestLikeBuf generates as buf does, by the same configuration, and compares.
func TestLikeBuf(t *testing.T) {
	buf, err := exec.LookPath("buf")
	if err != nil {
		t.Skip("buf is not installed: npm install --global @bufbuild/buf")
	}
	sources := map[string]string{
		"go.mod":                    "module example.com/users\n",
		"proto/user/v1/user.proto":  userProto,
		"proto/user/v1/types.proto": typesProto,
		"proto/other/other.proto":   otherProto,
		"proto/deep/a/b/c.proto":    `edition = "2023"; package deep.a.class.v1beta1; message M { string a = 1 [deprecated = true]; }`,
		"proto/set/set.proto": `syntax = "proto2"; package set; option java_package = "mine"; option go_package = "example.com/mine";
option cc_enable_arenas = false; option optimize_for = CODE_SIZE; message M { required string a = 1; }`,
		"proto/buf.yaml": "version: v1\nname: buf.build/acme/users\n",
	}
	for _, test := range bufTests {
		t.Run(test.name, func(t *testing.T) {
			project(t, sources)
			write(t, map[string]string{"buf.gen.yaml": test.config})
			bin := t.TempDir()
			installPlugin(t, bin, "protoc-gen-dump")
			if test.name == "built in" {
				buildPlugins(t, bin)
			}
			t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
			cmd := exec.Command(buf, append([]string{"generate"}, test.args...)...)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			want := tree(t, "gen")
			if err := os.RemoveAll("gen"); err != nil {
				t.Fatal(err)
			}
			c := load(t, "buf.gen.yaml")
			for _, arg := range test.args {
				c.Inputs = append(c.Inputs, Input{Path: arg, Root: true})
			}
			if notes, err := run(t, c, false); err != nil {
				t.Fatalf("%v\n%s", err, notes)
			}
			compareTrees(t, tree(t, "gen"), want)
		})
	}
}

func buildPlugins(t *testing.T, dir string) {
	t.Helper()
	for _, pkg := range []string{"google.golang.org/protobuf/cmd/protoc-gen-go", "github.com/curlew-rpc/curlew/cmd/protoc-gen-curlew"} {
		cmd := exec.Command("go", "build", "-o", dir+string(filepath.Separator), pkg)
		cmd.Dir = source
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
}

// source is the directory of this package.
var source, _ = os.Getwd()

func compareTrees(t *testing.T, got, want map[string]string) {
	t.Helper()
	if g, w := slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)); !slices.Equal(g, w) {
		t.Errorf("got files %v, want %v", g, w)
	}
	for name, content := range want {
		if got, ok := got[name]; ok && got != content {
			t.Errorf("%s: got\n%s\nwant\n%s", name, strings.TrimSpace(got), strings.TrimSpace(content))
		}
	}
}
