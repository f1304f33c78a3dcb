package generate

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// empty is a .proto file.
const empty = "syntax = \"proto3\";\n"

func TestFindInputs(t *testing.T) {
	files := map[string]string{
		"a.proto":                       empty,
		"proto/user/v1/user.proto":      empty,
		"proto/user/v1/old/x.proto":     empty,
		"proto/other/o.proto":           empty,
		"proto/README.md":               "",
		"node_modules/x/x.proto":        empty,
		"vendor/x/x.proto":              empty,
		".hidden/x.proto":               empty,
		"buf1/buf.yaml":                 "version: v1\nname: buf.build/acme/one\nbuild:\n  excludes: [old]\nlint: {use: [DEFAULT]}\n",
		"buf1/one.proto":                empty,
		"buf1/old/x.proto":              empty,
		"buf2/buf.yaml":                 "version: v2\nname: buf.build/acme/all\nmodules:\n- path: p\n  excludes: [p/old]\n- path: q\n  name: buf.build/acme/q\n  includes: [q/in]\ndeps: [buf.build/googleapis/googleapis]\n",
		"buf2/p/p.proto":                empty,
		"buf2/p/old/x.proto":            empty,
		"buf2/q/in/q.proto":             empty,
		"buf2/q/out/x.proto":            empty,
		"work/buf.work.yaml":            "version: v1\ndirectories: [m, n]\n",
		"work/m/buf.yaml":               "version: v1\nname: buf.build/acme/m\n",
		"work/m/m.proto":                empty,
		"work/n/n.proto":                empty,
		"beta/buf.yaml":                 "version: v1beta1\nbuild:\n  roots: [r, s]\n",
		"beta/r/r.proto":                empty,
		"beta/s/s.proto":                empty,
		"bare/buf.yaml":                 "version: v2\n",
		"bare/b.proto":                  empty,
		"none/README.md":                "",
		"twice/google/a.proto":          empty,
		"twice/third_party/google.yaml": "",
	}
	for _, test := range []struct {
		name   string
		config Config
		files  string // name=path of each file
		roots  string
	}{
		{"nothing said", Config{}, `a.proto=a.proto bare/b.proto=bare/b.proto beta/r/r.proto=beta/r/r.proto beta/s/s.proto=beta/s/s.proto
			buf1/old/x.proto=buf1/old/x.proto buf1/one.proto=buf1/one.proto buf2/p/old/x.proto=buf2/p/old/x.proto
			buf2/p/p.proto=buf2/p/p.proto buf2/q/in/q.proto=buf2/q/in/q.proto buf2/q/out/x.proto=buf2/q/out/x.proto
			proto/other/o.proto=proto/other/o.proto proto/user/v1/old/x.proto=proto/user/v1/old/x.proto
			proto/user/v1/user.proto=proto/user/v1/user.proto twice/google/a.proto=twice/google/a.proto
			work/m/m.proto=work/m/m.proto work/n/n.proto=work/n/n.proto`, "."},
		{"imports alone", Config{Imports: []string{"proto/user"}}, "v1/old/x.proto=proto/user/v1/old/x.proto v1/user.proto=proto/user/v1/user.proto", "proto/user"},
		{
			"imports and a file",
			Config{Imports: []string{"proto", "."}, Inputs: []Input{{Path: "proto/other/o.proto"}, {Path: "a.proto"}}},
			"a.proto=a.proto other/o.proto=proto/other/o.proto", "proto .",
		},
		{"a file", Config{Inputs: []Input{{Path: "proto/other/o.proto"}}}, "proto/other/o.proto=proto/other/o.proto", "."},
		{"a directory", Config{Inputs: []Input{{Path: "proto/other"}}}, "proto/other/o.proto=proto/other/o.proto", "."},
		{"twice", Config{Inputs: []Input{{Path: "proto/other"}, {Path: "proto/other/o.proto"}}}, "proto/other/o.proto=proto/other/o.proto", "."},
		{"buf's directory", Config{Inputs: []Input{{Path: "proto", Root: true, Only: []string{"proto/other"}}}}, "other/o.proto=proto/other/o.proto", "proto"},
		{
			"some are excluded",
			Config{Inputs: []Input{{Path: "proto", Exclude: []string{"proto/user/v1/old", "proto/other/o.proto"}}}},
			"proto/user/v1/user.proto=proto/user/v1/user.proto", ".",
		},
		{"buf.yaml v1", Config{Inputs: []Input{{Path: "buf1"}}}, "one.proto=buf1/one.proto", "buf1"},
		{"a file that buf.yaml excludes", Config{Inputs: []Input{{Path: "buf1/old/x.proto"}}}, "buf1/old/x.proto=buf1/old/x.proto", "."},
		{"buf.yaml v2, and imports", Config{Inputs: []Input{{Path: "buf2/p"}}, Imports: []string{"buf2/p"}}, "old/x.proto=buf2/p/old/x.proto p.proto=buf2/p/p.proto", "buf2/p"},
		{"buf.yaml v2", Config{Inputs: []Input{{Path: "buf2"}}}, "p.proto=buf2/p/p.proto in/q.proto=buf2/q/in/q.proto", "buf2/p buf2/q"},
		{"buf.work.yaml", Config{Inputs: []Input{{Path: "work"}}}, "m.proto=work/m/m.proto n.proto=work/n/n.proto", "work/m work/n"},
		{"buf.yaml v1beta1", Config{Inputs: []Input{{Path: "beta"}}}, "r.proto=beta/r/r.proto s.proto=beta/s/s.proto", "beta/r beta/s"},
		{"a buf.yaml that says nothing", Config{Inputs: []Input{{Path: "bare/b.proto"}}}, "b.proto=bare/b.proto", "bare"},
	} {
		t.Run(test.name, func(t *testing.T) {
			project(t, files)
			in, err := findInputs(&test.config)
			if err != nil {
				t.Fatal(err)
			}
			compareInputs(t, in, test.files, test.roots)
		})
	}
	// In the directory of a buf.yaml, it says what the inputs are.
	for dir, want := range map[string]string{
		"buf1": "one.proto=one.proto",
		"buf2": "p.proto=p/p.proto q.proto=q/in/q.proto",
		"work": "m.proto=m/m.proto n.proto=n/n.proto",
	} {
		t.Run("in "+dir, func(t *testing.T) {
			project(t, files)
			t.Chdir(dir)
			in, err := findInputs(&Config{})
			if err != nil {
				t.Fatal(err)
			}
			want = strings.ReplaceAll(want, "q.proto=q", "in/q.proto=q")
			compareInputs(t, in, want, strings.Join(in.compileRoots(), " "))
		})
	}
}

func compareInputs(t *testing.T, in *inputs, files, roots string) {
	t.Helper()
	var got []string
	for i, file := range in.files {
		got = append(got, in.names[i]+"="+filepath.ToSlash(file))
	}
	slices.Sort(got)
	want := strings.Fields(files)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got files %v, want %v", got, want)
	}
	if got := filepath.ToSlash(strings.Join(in.compileRoots(), " ")); got != roots {
		t.Errorf("got roots %s, want %s", got, roots)
	}
}

func TestRootsOfBuf(t *testing.T) {
	project(t, map[string]string{
		"buf.yaml":        "version: v2\nmodules:\n- path: p\n  name: buf.build/acme/p\n- path: q\ndeps: [buf.build/a/b]\n",
		"p/p.proto":       empty,
		"q/q.proto":       empty,
		"sub/buf.yaml":    "version: v1\nname: [a]\n",
		"work/buf.yaml":   "version: v1\n\tx",
		"w/buf.work.yaml": "version: v1\ndirectories: [x]\n",
		"w/x/buf.yaml":    "version: v1\nname: {}\n",
	})
	roots, err := bufRoots(".")
	if err != nil || len(roots) != 2 || roots[0].module != "buf.build/acme/p" || roots[1].module != "" || roots[1].deps[0] != "buf.build/a/b" {
		t.Errorf("got %+v and %v", roots, err)
	}
	for dir, want := range map[string]string{
		"sub":  "sub/buf.yaml:2:7: want a text here, not a list",
		"work": "work/buf.yaml:2:1: ",
		"w":    "w/buf.work.yaml:1:1: w/x/buf.yaml:2:7: want a text here",
	} {
		if _, err := bufRoots(dir); err == nil || !strings.HasPrefix(filepath.ToSlash(err.Error()), want) {
			t.Errorf("%s: got %v, want %s", dir, err, want)
		}
	}
}

func TestWrongInputs(t *testing.T) {
	files := map[string]string{"a.proto": empty, "proto/a.proto": empty, "other/a.proto": empty, "none/x.txt": ""}
	for _, test := range []struct {
		name   string
		config Config
		want   string
	}{
		{"a file that is not there", Config{Inputs: []Input{{Path: "b.proto"}}}, "b.proto: there is no such file or directory"},
		{"and imports", Config{Imports: []string{"."}, Inputs: []Input{{Path: "b.proto"}}}, "b.proto: there is no such file or directory"},
		{"another kind of file", Config{Inputs: []Input{{Path: "none/x.txt"}}}, "none/x.txt: not a .proto file"},
		{"a directory without files", Config{Inputs: []Input{{Path: "none"}}}, "none: there are no .proto files in it"},
		{"imports that are not there", Config{Imports: []string{"no"}}, "no: imports cannot be looked for there"},
		{"outside of imports", Config{Imports: []string{"proto"}, Inputs: []Input{{Path: "a.proto"}}}, "a.proto: not in a directory that imports are looked for in (proto)"},
		{"hidden", Config{Imports: []string{"proto", "other"}}, "other/a.proto: hidden by proto/a.proto"},
	} {
		t.Run(test.name, func(t *testing.T) {
			project(t, files)
			_, err := findInputs(&test.config)
			if err == nil || !strings.Contains(filepath.ToSlash(err.Error()), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

// TestOutsideInputs checks that inputs need not be below the current directory.
func TestOutsideInputs(t *testing.T) {
	project(t, map[string]string{"there/a/b.proto": empty, "here/x.proto": empty})
	t.Chdir("here")
	in, err := findInputs(&Config{Inputs: []Input{{Path: "../there"}}})
	if err != nil {
		t.Fatal(err)
	}
	compareInputs(t, in, "a/b.proto=../there/a/b.proto", "../there")
}
