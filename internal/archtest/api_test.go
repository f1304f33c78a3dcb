package archtest

import (
	"bytes"
	"flag"
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/api.txt anew")

const apiFile = "testdata/api.txt"

// The public API is a file that a reviewer sees change. When it was meant to,
//
//	go test ./internal/archtest -run PublicAPI -update
func TestPublicAPI(t *testing.T) {
	got := publicAPI(t)
	if *update {
		if err := os.WriteFile(apiFile, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(apiFile)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(got, want) {
		return
	}
	g, w := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	for _, line := range diff(w, g) {
		t.Error(line)
	}
	t.Error("the public API is not that of " + apiFile + "; if that is meant, run: go test ./internal/archtest -run PublicAPI -update")
}

// diff returns the lines that only one of two files has, with the packages that
// they are in.
func diff(old, new []string) []string {
	count := map[string]int{}
	qualify := func(lines []string, n int) (all []string) {
		var pkg, typ string
		for _, l := range lines {
			switch {
			case strings.HasPrefix(l, "package "):
				pkg = strings.Fields(l)[1]
			case strings.HasPrefix(l, "\t"):
				l = typ + l
			default:
				typ = l + ":"
			}
			l = pkg + ": " + l
			count[l] += n
			all = append(all, l)
		}
		return all
	}
	var out []string
	before, after := qualify(old, -1), qualify(new, 1)
	for _, l := range before {
		if count[l] < 0 {
			out = append(out, "gone: "+l)
		}
	}
	for _, l := range after {
		if count[l] > 0 {
			out = append(out, "new:  "+l)
		}
	}
	return out
}

// publicAPI describes the exported names of the packages that others may import.
func publicAPI(t *testing.T) []byte {
	t.Helper()
	exports := map[string]string{}
	for _, p := range list(t, ".", "-export", "-deps", "./...") {
		exports[p.ImportPath] = p.Export
	}
	imp := importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(exports[path])
	})
	var b bytes.Buffer
	for _, p := range list(t, ".", "./...") {
		if rel, _ := relative(p.ImportPath); p.Name == "main" || slices.Contains(strings.Split(rel, "/"), "internal") {
			continue
		}
		pkg, err := imp.Import(p.ImportPath)
		if err != nil {
			t.Fatal(err)
		}
		describePackage(&b, pkg)
	}
	return b.Bytes()
}

func describePackage(b *bytes.Buffer, pkg *types.Package) {
	if b.Len() > 0 {
		b.WriteByte('\n')
	}
	fmt.Fprintf(b, "package %s\n\n", pkg.Path())
	qualify := func(p *types.Package) string {
		if p == pkg {
			return ""
		}
		return p.Name()
	}
	var consts, vars, funcs, named []string
	scope := pkg.Scope()
	for _, name := range scope.Names() {
		switch obj := scope.Lookup(name).(type) {
		case *types.Const:
			if obj.Exported() {
				consts = append(consts, fmt.Sprintf("%s = %s", types.ObjectString(obj, qualify), obj.Val()))
			}
		case *types.Var:
			if obj.Exported() {
				vars = append(vars, types.ObjectString(obj, qualify))
			}
		case *types.Func:
			if obj.Exported() {
				funcs = append(funcs, signature(obj, qualify))
			}
		case *types.TypeName:
			if obj.Exported() {
				named = append(named, describeType(obj, qualify))
			}
		}
	}
	for _, group := range [][]string{consts, vars, funcs, named} {
		for _, l := range group {
			fmt.Fprintln(b, l)
		}
	}
}

// The compiler's export data names results that have no name when a function is
// inlined.
var (
	onlyResult = regexp.MustCompile(`\(#rv1 ([^#]*)\)$`)
	result     = regexp.MustCompile(`#rv\d+ `)
)

// signature describes a function or a method.
func signature(f *types.Func, qualify types.Qualifier) string {
	s := onlyResult.ReplaceAllString(types.ObjectString(f, qualify), "$1")
	return result.ReplaceAllString(s, "")
}

// describeType returns a type's line, and one for each of its exported fields
// and methods.
func describeType(obj *types.TypeName, qualify types.Qualifier) string {
	if obj.IsAlias() {
		return types.ObjectString(obj, qualify)
	}
	typ := obj.Type().(*types.Named)
	lines := []string{"type " + types.TypeString(typ, qualify)}
	switch u := typ.Underlying().(type) {
	case *types.Struct:
		lines[0] += " struct"
		for f := range u.Fields() {
			switch {
			case f.Embedded() && f.Exported():
				lines = append(lines, "\t"+types.TypeString(f.Type(), qualify))
			case f.Exported():
				lines = append(lines, "\t"+f.Name()+" "+types.TypeString(f.Type(), qualify))
			}
		}
	case *types.Interface:
		lines[0] += " interface"
		for e := range u.EmbeddedTypes() {
			lines = append(lines, "\t"+types.TypeString(e, qualify))
		}
		for m := range u.ExplicitMethods() {
			if m.Exported() {
				lines = append(lines, "\t"+m.Name()+strings.TrimPrefix(types.TypeString(m.Type(), qualify), "func"))
			} else {
				lines[0] = "type " + types.TypeString(typ, qualify) + " interface, not to be implemented elsewhere"
			}
		}
	default:
		lines[0] += " " + types.TypeString(u, qualify)
	}
	for m := range typ.Methods() {
		if m.Exported() {
			lines = append(lines, "\t"+signature(m, qualify))
		}
	}
	slices.Sort(lines[1:])
	return strings.Join(lines, "\n")
}
