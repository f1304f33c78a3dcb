package archtest

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A file is one noun and a function one idea; what is longer holds two.
const (
	maxFileLines     = 600
	maxFunctionLines = 100
)

// A source is a parsed Go file that was written by hand.
type source struct {
	path  string
	text  []byte
	fset  *token.FileSet
	file  *ast.File
	tests bool
}

func (s *source) at(p token.Pos) string {
	pos := s.fset.Position(p)
	pos.Filename = s.path
	return pos.String()
}

// pkg returns the directory of the file, which is its package.
func (s *source) pkg() string { return path.Dir(s.path) }

// sources parses the Go files of all modules, without those that were generated.
func sources(t *testing.T) []*source {
	t.Helper()
	var all []*source
	walk(t, func(path string) {
		if !strings.HasSuffix(path, ".go") {
			return
		}
		s := &source{path: path, text: read(t, path), fset: token.NewFileSet(), tests: strings.HasSuffix(path, "_test.go")}
		var err error
		if s.file, err = parser.ParseFile(s.fset, path, s.text, parser.ParseComments); err != nil {
			t.Fatal(err)
		}
		if !ast.IsGenerated(s.file) {
			all = append(all, s)
		}
	})
	if len(all) < 100 {
		t.Fatalf("found only %d Go files", len(all))
	}
	return all
}

func TestSizes(t *testing.T) {
	for _, s := range sources(t) {
		if n := bytes.Count(s.text, []byte("\n")); n > maxFileLines {
			t.Errorf("%s has %d lines, more than %d", s.path, n, maxFileLines)
		}
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if n := s.fset.Position(f.End()).Line - s.fset.Position(f.Pos()).Line + 1; n > maxFunctionLines {
				t.Errorf("%s: function %s has %d lines, more than %d", s.at(f.Pos()), f.Name.Name, n, maxFunctionLines)
			}
		}
	}
}

func TestNoInit(t *testing.T) {
	for _, s := range sources(t) {
		for _, d := range s.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && !s.tests && f.Recv == nil && f.Name.Name == "init" {
				t.Errorf("%s: func init: what a program did not ask for does not run", s.at(f.Pos()))
			}
		}
	}
}

// calls reports the uses of functions of a package of the standard library.
func calls(s *source, pkg string, names ...string) []token.Pos {
	var found []token.Pos
	imported := slices.ContainsFunc(s.file.Imports, func(i *ast.ImportSpec) bool {
		return i.Path.Value == `"`+pkg+`"`
	})
	if !imported {
		return nil
	}
	ast.Inspect(s.file, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := sel.X.(*ast.Ident); ok && x.Name == path.Base(pkg) && slices.Contains(names, sel.Sel.Name) {
			found = append(found, sel.Pos())
		}
		return true
	})
	return found
}

// The library does what its caller says, not what the environment does.
func TestNoEnvironmentSwitches(t *testing.T) {
	for _, s := range sources(t) {
		if s.tests || !inLibrary(s.pkg()) {
			continue
		}
		for _, pos := range calls(s, "os", "Getenv", "LookupEnv", "Environ", "ExpandEnv") {
			t.Errorf("%s: the environment is read", s.at(pos))
		}
	}
}

// inLibrary reports whether programs that call and serve link the package;
// internal/listen apart, which reads what systemd's protocols put into the
// environment when an address or an option asks for that.
func inLibrary(pkg string) bool {
	for _, p := range []string{".", "balance", "codec", "compress/...", "resolve", "health", "orca", "reflection", "web/...", "internal/h2/...", "internal/wire/...", "internal/transport", "internal/channel", "internal/backoff", "internal/bufpool", "internal/jsonfield", "internal/limit", "internal/retry", "internal/signal"} {
		if matches(p, pkg) {
			return true
		}
	}
	return false
}

// sansIO are the packages that are functions of their arguments: no sockets, no
// goroutines, no clock.
var sansIO = []string{"internal/h2/flow", "internal/h2/frame", "internal/h2/hpack", "internal/limit", "internal/wire/..."}

func TestSansIO(t *testing.T) {
	seen := 0
	for _, s := range sources(t) {
		if s.tests || !slices.ContainsFunc(sansIO, func(p string) bool { return matches(p, s.pkg()) }) {
			continue
		}
		seen++
		for _, i := range s.file.Imports {
			switch p := strings.Trim(i.Path.Value, `"`); p {
			case "net", "os", "syscall", "context", "log", "log/slog", "runtime":
				t.Errorf("%s: a package without I/O imports %s", s.at(i.Pos()), p)
			}
		}
		for _, pos := range calls(s, "time", "Now", "Since", "Until", "Sleep", "After", "AfterFunc", "NewTimer", "NewTicker", "Tick") {
			t.Errorf("%s: a package without I/O asks for the time", s.at(pos))
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if g, ok := n.(*ast.GoStmt); ok {
				t.Errorf("%s: a package without I/O starts a goroutine", s.at(g.Pos()))
			}
			return true
		})
	}
	if seen < 10 {
		t.Errorf("found only %d files of packages without I/O", seen)
	}
}

func TestPackageComments(t *testing.T) {
	written := map[string]bool{} // the directories with files that are not generated
	for _, s := range sources(t) {
		// Beside golden output there is what stands for other generators' code.
		if !s.tests && !matches("internal/gen/internal/golden/...", s.pkg()) {
			written[s.pkg()] = true
		}
	}
	for _, dir := range workspaceModules(t) {
		for _, p := range list(t, dir, "./...") {
			if path, _ := relative(p.ImportPath); p.Doc == "" && written[path] {
				t.Errorf("package %s has no comment that says what it is", path)
			}
		}
	}
}

// The words are put together so that this file does not hold them.
var (
	unfinished = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X)\b`)
	elsewhere  = regexp.MustCompile("(^|[\\s\"'`=(:])/(home|ro" + "ot|Users|wo" + "rk|workspace)/[a-z]")
)

// textFiles are the suffixes and names of files that people read.
var textFiles = []string{".go", ".md", ".proto", ".yaml", ".yml", ".sh", ".py", ".js", ".mod", ".work", "Makefile", ".ci/run", ".ci/fuzz"}

func TestTexts(t *testing.T) {
	walk(t, func(path string) {
		if !slices.ContainsFunc(textFiles, func(s string) bool { return strings.HasSuffix(path, s) }) {
			return
		}
		for i, line := range strings.Split(string(read(t, path)), "\n") {
			if m := unfinished.FindString(line); m != "" {
				t.Errorf("%s:%d: %s: do it, or write an issue", path, i+1, m)
			}
			if elsewhere.MatchString(line) {
				t.Errorf("%s:%d: a path of one machine: %s", path, i+1, strings.TrimSpace(line))
			}
		}
	})
}
