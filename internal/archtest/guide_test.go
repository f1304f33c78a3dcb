package archtest

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// guides are the documents below docs.
func guides(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(repository, "docs", "*.md"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("there are no guides: %v", err)
	}
	for i, path := range paths {
		paths[i] = "docs/" + filepath.Base(path)
	}
	return paths
}

// guideImports are the packages that pieces of programs in guides use without importing
// them.
var guideImports = []string{
	"context", "crypto/tls", "log", "log/slog", "net/http", "net/url", "os/signal", "syscall", "time",
	modulePath, modulePath + "/balance", modulePath + "/health", modulePath + "/orca", modulePath + "/resolve", modulePath + "/web",
	"google.golang.org/genproto/googleapis/rpc/errdetails",
	modulePath + "/examples/proto/greet/v1;greetv1",
}

// guideArguments are what pieces may use without having made it.
const guideArguments = "ctx context.Context, client *curlew.Client, srv *curlew.Server, greeter greetv1.GreetService"

// wholeProgram makes a file of a snippet in Go that is one, or declarations, or
// statements.
func wholeProgram(sn snippet) (text string, err error) {
	if strings.HasPrefix(sn.text, "package ") {
		return sn.text, nil
	}
	fset := token.NewFileSet()
	body := sn.text
	if _, err := parser.ParseFile(fset, "", "package guide\n"+body, 0); err != nil {
		body = fmt.Sprintf("func _(%s) {\n{\n%s}\n}\n", guideArguments, body)
	}
	f, err := parser.ParseFile(fset, "", "package guide\n"+body, 0)
	if err != nil {
		return "", err
	}
	used := map[string]bool{}
	var made []string
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			used[n.Name] = true
		case *ast.BlockStmt:
			if len(n.List) == 1 {
				if inner, ok := n.List[0].(*ast.BlockStmt); ok {
					made = append(made, defined(inner)...)
				}
			}
		}
		return true
	})
	var b strings.Builder
	b.WriteString("package guide\n\nimport (\n")
	for _, imp := range guideImports {
		path, name, ok := strings.Cut(imp, ";")
		if !ok {
			name = path[strings.LastIndexByte(path, '/')+1:]
		}
		if used[name] {
			fmt.Fprintf(&b, "\t%s %q\n", name, path)
		}
	}
	b.WriteString(")\n\n")
	// What a piece makes may be for the reader to use.
	for _, name := range made {
		body = strings.TrimSuffix(body, "}\n}\n") + "_ = " + name + "\n}\n}\n"
	}
	b.WriteString(body)
	return b.String(), nil
}

// defined returns the variables that a block's own statements define.
func defined(b *ast.BlockStmt) (names []string) {
	for _, s := range b.List {
		if a, ok := s.(*ast.AssignStmt); ok && a.Tok == token.DEFINE {
			for _, l := range a.Lhs {
				if id, ok := l.(*ast.Ident); ok && id.Name != "_" && !slices.Contains(names, id.Name) {
					names = append(names, id.Name)
				}
			}
		}
	}
	return names
}

// A guideBuild has files that exist for the compiler only, in the module of examples,
// whose services guides may use.
type guideBuild struct {
	dir     string
	overlay map[string]string
}

func (g *guideBuild) add(t *testing.T, pkg, text string) {
	t.Helper()
	root, err := filepath.Abs(repository)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(g.dir, strings.ReplaceAll(pkg, "/", "_")+".go")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	g.overlay[filepath.Join(root, "examples", pkg, "main.go")] = file
}

// flag writes the list of files and returns the flag that names it.
func (g *guideBuild) flag(t *testing.T) string {
	t.Helper()
	text, err := json.Marshal(map[string]any{"Replace": g.overlay})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(g.dir, "overlay.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return "-overlay=" + file
}

// Every piece of Go in the guides compiles, and a whole program prints what the guide
// says that it prints, but for figures.
func TestGuideSnippets(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and runs programs")
	}
	build := guideBuild{t.TempDir(), map[string]string{}}
	var packages []string
	printed := map[string]snippet{}
	for _, doc := range guides(t) {
		all := snippets(t, doc, "")
		for i, sn := range all {
			if sn.language != "go" {
				continue
			}
			text, err := wholeProgram(sn)
			if err != nil {
				t.Errorf("%s:%d: %v", doc, sn.line, err)
				continue
			}
			pkg := fmt.Sprintf("guide/%s/line%d", strings.TrimSuffix(filepath.Base(doc), ".md"), sn.line)
			build.add(t, pkg, text)
			packages = append(packages, "./"+pkg)
			if strings.HasPrefix(text, "package main\n") && i+1 < len(all) && all[i+1].language == "text" {
				printed["./"+pkg] = all[i+1]
			}
		}
	}
	if len(packages) < 20 || len(printed) == 0 {
		t.Fatalf("found %d pieces of Go and %d programs", len(packages), len(printed))
	}
	flag := build.flag(t)
	run(t, "examples", append([]string{"build", flag}, packages...)...)
	for pkg, want := range printed {
		if got := string(run(t, "examples", "run", flag, pkg)); anyFigures(got) != anyFigures(want.text) {
			t.Errorf("%s prints\n%s\nthe guide says at line %d\n%s", pkg, got, want.line, want.text)
		}
	}
}

var guideTimes = regexp.MustCompile(`[0-9.]+(µs|ms|s)\b`)

// anyFigures makes times and numbers equal.
func anyFigures(s string) string {
	return figures.ReplaceAllString(guideTimes.ReplaceAllString(s, "0s"), "0")
}

// Every piece of JSON in the guides is what it is said to be: a file of endpoints, or a
// service config.
func TestGuideJSON(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and runs a program")
	}
	build := guideBuild{t.TempDir(), map[string]string{}}
	texts := map[string]string{}
	for _, doc := range guides(t) {
		for _, sn := range snippets(t, doc, "") {
			if sn.language == "json" {
				texts[fmt.Sprintf("%s:%d", doc, sn.line)] = sn.text
			}
		}
	}
	if len(texts) == 0 {
		t.Fatal("found no JSON")
	}
	build.add(t, "guide/json", fmt.Sprintf(guideReader, texts))
	if out := string(run(t, "examples", "run", build.flag(t), "./guide/json", t.TempDir())); out != "" {
		t.Error(out)
	}
}

// guideReader says what is wrong with pieces of JSON.
const guideReader = `package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/resolve"
)

var texts = %#v

func main() {
	for at, text := range texts {
		if err := read(text); err != nil {
			fmt.Println(at, err)
		}
	}
}

func read(text string) error {
	if !strings.Contains(text, "\"endpoints\"") {
		_, err := curlew.ParseServiceConfig(text)
		return err
	}
	path := filepath.Join(os.Args[1], "endpoints.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return err
	}
	file := resolve.File(resolve.FileConfig{Interval: -1})
	return file.Watch(context.Background(), resolve.Target{Scheme: "file", Endpoint: path}, nil, func(u resolve.Update) error {
		if _, err := resolve.Normalize(u); err != nil {
			return err
		}
		if u.ServiceConfig == "" {
			return nil
		}
		_, err := curlew.ParseServiceConfig(u.ServiceConfig)
		return err
	})
}
`

// What the guides call by its name in Go exists.
func TestGuideNames(t *testing.T) {
	names := declared(t)
	checked := 0
	for _, doc := range guides(t) {
		for _, m := range codeSpan.FindAllStringSubmatch(string(read(t, doc)), -1) {
			span := m[1]
			last := span[strings.LastIndexByte(span, '.')+1:]
			if !identifier.MatchString(span) || last[0] < 'A' || last[0] > 'Z' || last == strings.ToUpper(last) {
				continue
			}
			if checked++; !names[last] {
				t.Errorf("%s mentions %s, which is nowhere declared", doc, span)
			}
		}
	}
	if checked < 60 {
		t.Errorf("found only %d names", checked)
	}
}
