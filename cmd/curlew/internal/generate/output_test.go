package generate

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestDefaults(t *testing.T) {
	users(t)
	if notes, err := run(t, new(Config), false); err != nil || notes != "" {
		t.Fatalf("%v\n%s", err, notes)
	}
	files := tree(t, ".")
	for name, want := range map[string]string{
		"user/v1/user.pb.go":        "package userv1\n",
		"user/v1/types.pb.go":       "package userv1\n",
		"user/v1/user_curlew.pb.go": "type UserService interface",
		"other/other.pb.go":         "package other\n",

		"user/v1/types_curlew_codec.pb.go": "MergeCurlew",
	} {
		if !strings.Contains(files[name], want) {
			t.Errorf("%s: no %q", name, want)
		}
	}
	if len(files) != 4+6 {
		t.Errorf("got %d files", len(files))
	}
}

// TestUntouched checks that files that do not change are not written.
func TestUntouched(t *testing.T) {
	users(t)
	if _, err := run(t, new(Config), false); err != nil {
		t.Fatal(err)
	}
	long := time.Now().Add(-time.Hour).Truncate(time.Second)
	const same, other = "user/v1/user_curlew.pb.go", "user/v1/types.pb.go"
	write(t, map[string]string{other: "package old\n"})
	for _, name := range []string{same, other} {
		if err := os.Chtimes(name, long, long); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(other, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := run(t, new(Config), false); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{same: true, other: false} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.ModTime().Equal(long); got != want {
			t.Errorf("%s: untouched is %v", name, got)
		}
		if name == other && info.Mode().Perm() != 0o600 {
			t.Errorf("%s: got mode %v", name, info.Mode())
		}
	}
	if left, _ := filepath.Glob("user/v1/.curlew*"); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
}

func TestCheck(t *testing.T) {
	users(t)
	c := &Config{Outputs: []Output{{Plugin: "go", Dir: "gen", Options: []string{sourceRelative}}}, Clean: true}
	before := tree(t, ".")
	notes, err := run(t, c, true)
	want := "gen/other/other.pb.go: not generated yet\ngen/user/v1/types.pb.go: not generated yet\ngen/user/v1/user.pb.go: not generated yet\n"
	if !errors.Is(err, ErrOutOfDate) || notes != want {
		t.Errorf("got %v and\n%s", err, notes)
	}
	if len(tree(t, ".")) != len(before) {
		t.Error("a check writes")
	}
	if _, err := run(t, c, false); err != nil {
		t.Fatal(err)
	}
	if notes, err := run(t, c, true); err != nil || notes != "" {
		t.Errorf("got %v and\n%s", err, notes)
	}
	write(t, map[string]string{"gen/other/other.pb.go": "package x\n", "gen/old/old.pb.go": "package x\n"})
	notes, err = run(t, c, true)
	want = "gen/other/other.pb.go: out of date\ngen/old/old.pb.go: not generated any more\n"
	if !errors.Is(err, ErrOutOfDate) || notes != want {
		t.Errorf("got %v and\n%s", err, notes)
	}
}

func TestClean(t *testing.T) {
	users(t)
	write(t, map[string]string{"gen/old.pb.go": "", "gen/a/b/old.pb.go": ""})
	c := &Config{Outputs: []Output{{Plugin: "go", Dir: "gen", Options: []string{sourceRelative}}}, Clean: true}
	if _, err := run(t, c, false); err != nil {
		t.Fatal(err)
	}
	var names []string
	for name := range tree(t, "gen") {
		names = append(names, name)
	}
	slices.Sort(names)
	if got := strings.Join(names, " "); got != "other/other.pb.go user/v1/types.pb.go user/v1/user.pb.go" {
		t.Errorf("got %s", got)
	}
}

// TestCleanRefuses checks that no directory is emptied in which other files are.
func TestCleanRefuses(t *testing.T) {
	for dir, want := range map[string]string{
		".":    "clean would empty ., which the current directory is in",
		"..":   "clean would empty .., which the current directory is in",
		"user": "clean would remove user/v1/types.proto from user",
		"":     "clean needs every output to have a directory of its own",
	} {
		users(t)
		c := &Config{Outputs: []Output{{Plugin: "go", Dir: dir, Options: []string{sourceRelative}}}, Clean: true}
		_, err := run(t, c, false)
		if err == nil || !strings.HasPrefix(filepath.ToSlash(err.Error()), want) {
			t.Errorf("%q: got %v, want %s", dir, err, want)
		}
		if len(tree(t, ".")) != 4 {
			t.Errorf("%q: files are written or removed", dir)
		}
	}
}

func TestGeneratedTwice(t *testing.T) {
	users(t)
	plugin := installPlugin(t, "bin", "protoc-gen-dump")
	same := Output{Command: []string{plugin}, Dir: "gen", Only: []string{"other"}}
	if _, err := run(t, &Config{Outputs: []Output{same, same}}, false); err != nil {
		t.Error(err)
	}
	other := same
	other.Options = []string{"x"}
	_, err := run(t, &Config{Outputs: []Output{same, other}}, false)
	if want := filepath.FromSlash("gen/other/other.proto.txt") + ": generated twice, by "; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v", err)
	}
	other = Output{Command: []string{plugin}, Dir: "gen", Options: []string{"file=index.txt"}, PerDirectory: true}
	if _, err = run(t, &Config{Outputs: []Output{other}}, false); err == nil || !strings.Contains(err.Error(), "index.txt: generated twice") {
		t.Errorf("got %v", err)
	}
}

func TestCannotWrite(t *testing.T) {
	users(t)
	write(t, map[string]string{"gen": "a file, not a directory"})
	if _, err := run(t, &Config{Outputs: []Output{{Plugin: "go", Dir: "gen", Options: []string{sourceRelative}}}}, false); err == nil {
		t.Error("no error")
	}
	users(t)
	write(t, map[string]string{"other/other.pb.go/x": "a directory, not a file"})
	if _, err := run(t, new(Config), false); err == nil {
		t.Error("no error")
	}
}

// TestRootsOfOutputs checks that without a directory, files go beside their .proto
// files whichever import directory these are in.
func TestRootsOfOutputs(t *testing.T) {
	project(t, map[string]string{
		"go.mod": "module example.com/x\n", "p/a/a.proto": otherProto, "q/b/b.proto": `syntax = "proto3"; package b; import "a/a.proto"; message B { other.Other o = 1; }`,
	})
	if _, err := run(t, &Config{Imports: []string{"p", "q"}}, false); err != nil {
		t.Fatal(err)
	}
	files := tree(t, ".")
	if files["p/a/a.pb.go"] == "" || !strings.Contains(files["q/b/b.pb.go"], `"example.com/x/p/a"`) {
		t.Errorf("got %v", files)
	}
}

func TestAdvice(t *testing.T) {
	const needy = `syntax = "proto3"; import "user/v1/types.proto";`
	for _, test := range []struct {
		name   string
		files  map[string]string
		config Config
		want   string
	}{
		{
			"in another directory",
			map[string]string{"a.proto": needy, "third_party/user/v1/types.proto": typesProto},
			Config{Inputs: []Input{{Path: "a.proto"}}},
			`a.proto:1:20: imported file "user/v1/types.proto" does not exist (it is in third_party: add -I third_party, or imports in curlew.yaml)`,
		},
		{
			"in a module that is not here",
			map[string]string{"a.proto": needy, "buf.yaml": "version: v2\ndeps: [buf.build/a/users, buf.build/b/c]\n"},
			Config{},
			`a.proto:1:20: imported file "user/v1/types.proto" does not exist (modules that buf.yaml depends on are not fetched: if it is in buf.build/a/users or buf.build/b/c, run buf export`,
		},
		{"nowhere", map[string]string{"a.proto": needy}, Config{}, `a.proto:1:20: imported file "user/v1/types.proto" does not exist`},
	} {
		t.Run(test.name, func(t *testing.T) {
			project(t, test.files)
			_, err := run(t, &test.config, false)
			if err == nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}
