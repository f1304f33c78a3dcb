package generate

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

const (
	userProto = `syntax = "proto3";
package user.v1;
import "user/v1/types.proto";
import "google/protobuf/empty.proto";
service UserService { rpc Get(google.protobuf.Empty) returns (Name); }
`
	typesProto = `syntax = "proto3"; package user.v1; message Name { optional string text = 1; }`
	otherProto = `syntax = "proto3"; package other; message Other {}`
)

// users is a project with two directories of files.
func users(t *testing.T) {
	t.Helper()
	project(t, map[string]string{
		"go.mod":              "module example.com/users\n",
		"user/v1/user.proto":  userProto,
		"user/v1/types.proto": typesProto,
		"other/other.proto":   otherProto,
	})
}

func TestPlugin(t *testing.T) {
	for _, test := range []struct {
		name   string
		output Output
		want   map[string]string // substrings of files
	}{
		{"all at once", Output{}, map[string]string{
			"other/other.proto.txt":   "with other/other.proto user/v1/types.proto user/v1/user.proto\n",
			"user/v1/types.proto.txt": "with other/other.proto user/v1/types.proto user/v1/user.proto\n",
			"user/v1/user.proto.txt":  "imports user/v1/types.proto google/protobuf/empty.proto\n",
		}},
		{"a directory at a time", Output{PerDirectory: true}, map[string]string{
			"other/other.proto.txt":   "with other/other.proto\n",
			"user/v1/types.proto.txt": "with user/v1/types.proto user/v1/user.proto\n",
			"user/v1/user.proto.txt":  "with user/v1/types.proto user/v1/user.proto\n",
		}},
		{"options", Output{Options: []string{"a=b", "c,d=e"}, Only: []string{"other"}}, map[string]string{
			"other/other.proto.txt": "parameter a=b,c,d=e\n",
		}},
		{"some files", Output{Exclude: []string{"user/v1/types.proto", "other"}}, map[string]string{
			"user/v1/user.proto.txt": "with user/v1/user.proto\n",
		}},
		{"imports", Output{Only: []string{"user/v1/user.proto"}, IncludeImports: true}, map[string]string{
			"user/v1/types.proto.txt": "", "user/v1/user.proto.txt": "",
		}},
		{"imports that are well known", Output{Only: []string{"user/v1/user.proto"}, IncludeImports: true, IncludeWellKnown: true}, map[string]string{
			"user/v1/types.proto.txt": "", "user/v1/user.proto.txt": "", "google/protobuf/empty.proto.txt": "",
		}},
		{"a file in parts", Output{Options: []string{"continued=x/parts.txt"}, Only: []string{"other"}}, map[string]string{
			"other/other.proto.txt": "", "x/parts.txt": "one\ntwo\n",
		}},
		{"a file for all", Output{Options: []string{"file=all.txt"}}, map[string]string{
			"other/other.proto.txt": "", "user/v1/types.proto.txt": "", "user/v1/user.proto.txt": "", "all.txt": "other/other.proto",
		}},
		{"none", Output{Only: []string{"nowhere"}}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			users(t)
			o := test.output
			o.Command, o.Dir = []string{installPlugin(t, "bin", "protoc-gen-dump")}, "gen"
			if notes, err := run(t, &Config{Outputs: []Output{o}}, false); err != nil || notes != "" {
				t.Fatalf("%v\n%s", err, notes)
			}
			got := tree(t, "gen")
			for name, want := range test.want {
				if content, ok := got[name]; !ok || !strings.Contains(content, want) {
					t.Errorf("%s: got %q, want %q", name, content, want)
				}
				delete(got, name)
			}
			if len(got) > 0 {
				t.Errorf("more files: %v", got)
			}
		})
	}
}

func TestPluginFails(t *testing.T) {
	for _, test := range []struct {
		name    string
		options []string
		want    string
	}{
		{"it says so", []string{"error=no such thing"}, "dump: no such thing"},
		{"it exits", []string{"exit=out of luck"}, "dump: out of luck (exit status 3)"},
		{"it answers something else", []string{"garbage=what"}, "dump: its output is not a plugin's response: "},
		{"it inserts", []string{"insert=x.txt"}, "dump: it inserts into x.txt, which is not supported"},
		{"it leaves its directory", []string{"file=../x.txt"}, `dump: it wants to write "../x.txt", which is not in its directory`},
		{"it wants an absolute path", []string{"file=/x.txt"}, `dump: it wants to write "/x.txt"`},
		{"a file without a name", []string{"file="}, `dump: it wants to write ""`},
		{"it does not know proto3's optional", []string{"features"}, "dump: user/v1/types.proto: the plugin does not support optional fields in proto3"},
	} {
		t.Run(test.name, func(t *testing.T) {
			users(t)
			c := &Config{Outputs: []Output{
				{Command: []string{installPlugin(t, "bin", "protoc-gen-dump")}, Dir: "gen", Options: test.options},
				DefaultOutputs()[0],
			}}
			if runtime.GOOS == "windows" && strings.Contains(test.name, "absolute") {
				t.Skip("it is no absolute path there")
			}
			_, err := run(t, c, false)
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Count(err.Error(), "\n") != 0 {
				t.Errorf("got %v, want %s", err, test.want)
			}
			for name := range tree(t, ".") {
				if strings.HasPrefix(name, "gen/") || strings.HasSuffix(name, ".go") {
					t.Errorf("%s is written all the same", name)
				}
			}
		})
	}
}

func TestPluginEditions(t *testing.T) {
	for _, test := range []struct {
		edition, option, want string
	}{
		{"2023", "", ""},
		{"2024", "", ""},
		{"2023", "features", "a.proto: the plugin does not support editions"},
		{"2024", "edition", "a.proto: the plugin does not support edition 2024"},
		{"2023", "edition", ""},
	} {
		project(t, map[string]string{"a.proto": `edition = "` + test.edition + `";`})
		_, err := run(t, &Config{Outputs: []Output{{
			Command: []string{installPlugin(t, "bin", "protoc-gen-dump")}, Dir: "gen", Options: []string{test.option},
		}}}, false)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s %s: got %v, want %s", test.edition, test.option, err, test.want)
		}
	}
}

// TestPluginNotes checks that what a plugin that succeeds says is passed on.
func TestPluginNotes(t *testing.T) {
	users(t)
	notes, err := run(t, &Config{Outputs: []Output{{
		Command: []string{installPlugin(t, "bin", "protoc-gen-dump")}, Dir: "gen", Options: []string{"say=by the way"},
	}}}, false)
	if err != nil || notes != "by the way\n" {
		t.Errorf("got %q and %v", notes, err)
	}
}

func TestFindPlugin(t *testing.T) {
	project(t, map[string]string{
		"go.mod": "module example.com/x\n\ntool (\n\texample.com/tools/protoc-gen-a\n\texample.com/protoc-gen-b/v2\n)\n",
		"sub/x":  "",
	})
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	path := installPlugin(t, "bin", "protoc-gen-c")
	npm := installPlugin(t, "node_modules/.bin", "protoc-gen-d")
	installPlugin(t, "bin", "protoc-gen-a") // the tool comes first
	installPlugin(t, "node_modules/.bin", "protoc-gen-c")
	t.Setenv("PATH", filepath.Join(here, "bin")+string(os.PathListSeparator)+os.Getenv("PATH"))
	t.Chdir("sub")
	for plugin, want := range map[string]string{
		"a":                "go tool example.com/tools/protoc-gen-a",
		"protoc-gen-a":     "go tool example.com/tools/protoc-gen-a",
		"b":                "go tool example.com/protoc-gen-b/v2",
		"c":                path,
		"d":                npm,
		"./protoc-gen-e":   "./protoc-gen-e",
		"/x/protoc-gen-go": "/x/protoc-gen-go",
	} {
		command, err := findPlugin(plugin)
		if got := strings.Join(command, " "); err != nil || got != want {
			t.Errorf("%s: got %s and %v, want %s", plugin, got, err, want)
		}
	}
	if _, err := findPlugin("nobody-has-this"); err == nil || !strings.Contains(err.Error(), "no such program in PATH") {
		t.Errorf("got %v", err)
	}
	write(t, map[string]string{"go.mod": "module ("})
	if _, err := findPlugin("a"); err == nil || !strings.Contains(err.Error(), "go.mod:1") {
		t.Errorf("got %v", err)
	}
}

// TestMissingPlugin checks that the error stands there once, not for each directory.
func TestMissingPlugin(t *testing.T) {
	users(t)
	_, err := run(t, &Config{Outputs: []Output{{Plugin: "nobody-has-this", Dir: "gen", PerDirectory: true}}}, false)
	if err == nil || !strings.HasPrefix(err.Error(), "protoc-gen-nobody-has-this: there is no such tool") || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v", err)
	}
}

func TestBuiltinFails(t *testing.T) {
	for _, test := range []struct {
		output Output
		want   string
	}{
		{Output{Plugin: "go", Options: []string{"plugins=grpc"}}, `protoc-gen-go: unknown option "plugins"`},
		{Output{Plugin: "curlew", Options: []string{"package_suffix=-"}}, "protoc-gen-curlew: package_suffix=-"},
		{Output{Plugin: "protoc-gen-go", Options: []string{"paths=x"}}, `protoc-gen-go: unknown path type "x"`},
		{Output{Plugin: "go", Dir: "gen", Options: []string{"module=example.com/other"}}, "protoc-gen-go: "},
	} {
		users(t)
		c := &Config{Outputs: []Output{test.output}}
		if test.output.Dir != "" {
			c.Managed = goPackagePrefix("example.com/elsewhere")
		}
		_, err := run(t, c, false)
		if err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("got %v, want %s", err, test.want)
		}
	}
}
