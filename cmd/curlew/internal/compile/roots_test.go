package compile

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

func TestFind(t *testing.T) {
	write(t, map[string]string{"a/x.proto": "", "b/x.proto": "", "b/y.proto": "", "b/dir.proto/z.proto": ""})
	roots := Roots{"a", "b"}
	for name, want := range map[string]string{
		"x.proto":           "a/x.proto",
		"y.proto":           "b/y.proto",
		"dir.proto/z.proto": "b/dir.proto/z.proto",
		"dir.proto":         "",
		"none.proto":        "",
		"x.proto/y":         "",
		"../b/y.proto":      "",
		"/b/y.proto":        "",
		"":                  "",
	} {
		got, err := roots.Find(name)
		if got != filepath.FromSlash(want) || (want == "") != errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q: got %q and %v, want %q", name, got, err, want)
		}
	}
}

func TestName(t *testing.T) {
	write(t, map[string]string{"a/x.proto": "", "b/x.proto": "", "b/y.proto": "", "c/d/z.proto": "", "other/o.proto": ""})
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		roots             Roots
		file, name, wrong string
	}{
		{Roots{"a", "b"}, "a/x.proto", "x.proto", ""},
		{Roots{"a", "b"}, "b/y.proto", "y.proto", ""},
		{Roots{"a", "b"}, "./b/../b/y.proto", "y.proto", ""},
		{Roots{"."}, "c/d/z.proto", "c/d/z.proto", ""},
		{Roots{".", "c"}, "c/d/z.proto", "d/z.proto", ""},
		{Roots{"c/d", "."}, "c/d/z.proto", "z.proto", ""},
		{Roots{here}, "c/d/z.proto", "c/d/z.proto", ""},
		{Roots{"c"}, filepath.Join(here, "c/d/z.proto"), "d/z.proto", ""},
		{Roots{"a", "b"}, "b/x.proto", "", "hidden by " + filepath.FromSlash("a/x.proto")},
		{Roots{"a", "b"}, "other/o.proto", "", "not in a directory that imports are looked for in (a, b)"},
		{Roots{"a"}, "a/none.proto", "", "not exist"},
	} {
		got, err := test.roots.Name(filepath.FromSlash(test.file))
		if got != test.name || (err == nil) != (test.wrong == "") || err != nil && !strings.Contains(err.Error(), test.wrong) {
			t.Errorf("%v of %s: got %q and %v, want %q and %q", test.roots, test.file, got, err, test.name, test.wrong)
		}
	}
}
