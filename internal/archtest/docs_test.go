package archtest

import (
	"encoding/json"
	"go/ast"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// documents are the Markdown files whose links are followed.
var documents = []string{"README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "examples/README.md", "docs/resilience.md", "docs/web.md"}

var link = regexp.MustCompile(`\]\(([^)#]+)\)`)

func TestLinks(t *testing.T) {
	for _, doc := range documents {
		for _, m := range link.FindAllStringSubmatch(string(read(t, doc)), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(repository, filepath.Dir(doc), m[1])); err != nil {
				t.Errorf("%s links to %s: %v", doc, m[1], err)
			}
		}
	}
}

// declared returns the names that the repository's Go files declare: functions,
// methods, types, fields, constants and variables of packages.
func declared(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	for _, s := range sources(t) {
		names[s.file.Name.Name] = true
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				names[n.Name.Name] = true
				return false
			case *ast.TypeSpec:
				names[n.Name.Name] = true
			case *ast.Field:
				for _, name := range n.Names {
					names[name.Name] = true
				}
			case *ast.ValueSpec:
				for _, name := range n.Names {
					names[name.Name] = true
				}
			}
			return true
		})
	}
	return names
}

var (
	codeSpan   = regexp.MustCompile("`([^`\n]+)`")
	identifier = regexp.MustCompile(`^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$`)
)

// othersWords are code in ARCHITECTURE.md that is not the repository's.
var othersWords = []string{"code", "net", "for", ".proto", "make", "golang.org/x/net/http2"}

// What ARCHITECTURE.md calls by its name exists: paths, and names in Go.
func TestArchitectureNames(t *testing.T) {
	names := declared(t)
	required := string(read(t, "cmd/curlew/go.mod")) + string(read(t, "interop/go.mod")) + string(read(t, "examples/go.mod")) +
		string(read(t, "go.mod"))
	for _, dir := range toolModules {
		required += string(read(t, dir+"/go.mod"))
	}
	checked := 0
	for _, m := range codeSpan.FindAllStringSubmatch(string(read(t, "ARCHITECTURE.md")), -1) {
		span := m[1]
		checked++
		if slices.Contains(othersWords, span) {
			continue
		}
		if _, err := os.Stat(filepath.Join(repository, span)); err == nil {
			continue
		}
		first, _, _ := strings.Cut(span, "/")
		switch last := span[strings.LastIndexByte(span, '.')+1:]; {
		case strings.Contains(first, ".") && strings.Contains(span, "/"):
			if !strings.Contains(required, span) {
				t.Errorf("ARCHITECTURE.md mentions the module %s, which nothing requires", span)
			}
		case strings.Contains(span, "/"):
			t.Errorf("ARCHITECTURE.md mentions %s, which does not exist", span)
		case !identifier.MatchString(span) || names[last]:
		case strings.HasSuffix(span, ".yaml"):
		default:
			t.Errorf("ARCHITECTURE.md mentions %s, which is nowhere declared", span)
		}
	}
	if checked < 80 {
		t.Errorf("found only %d names", checked)
	}
}

// Every module that is required has its reason in ARCHITECTURE.md.
func TestDependenciesHaveReasons(t *testing.T) {
	text := string(read(t, "ARCHITECTURE.md"))
	for _, dir := range append(workspaceModules(t), toolModules...) {
		var mod struct {
			Require []struct {
				Path     string
				Indirect bool
			}
			Tool []struct{ Path string }
		}
		if err := json.Unmarshal(run(t, dir, "mod", "edit", "-json"), &mod); err != nil {
			t.Fatal(err)
		}
		for _, r := range mod.Require {
			tool := slices.ContainsFunc(mod.Tool, func(tool struct{ Path string }) bool { return strings.HasPrefix(tool.Path, r.Path+"/") })
			if (!r.Indirect || tool) && r.Path != modulePath && !strings.Contains(text, r.Path) {
				t.Errorf("ARCHITECTURE.md does not say for what module %s requires %s", dir, r.Path)
			}
		}
	}
}

// What SECURITY.md calls by its name exists: tests, scripts of frames, options, paths.
func TestSecurityNames(t *testing.T) {
	names := declared(t)
	walk(t, func(path string) {
		if strings.HasSuffix(path, "_test.go") {
			for _, m := range testFunc.FindAllStringSubmatch(string(read(t, path)), -1) {
				names[m[1]] = true
			}
		}
	})
	checked := 0
	for _, m := range codeSpan.FindAllStringSubmatch(string(read(t, "SECURITY.md")), -1) {
		span := m[1]
		_, path := os.Stat(filepath.Join(repository, span))
		_, script := os.Stat(filepath.Join(repository, "internal/h2/testdata", span+".txt"))
		if checked++; path != nil && script != nil && identifier.MatchString(span) && unicode.IsUpper(rune(span[0])) && !names[span] {
			t.Errorf("SECURITY.md mentions %s, which is nowhere declared", span)
		} else if strings.Contains(span, "/") && !strings.Contains(span, " ") && span[0] != '/' && path != nil {
			t.Errorf("SECURITY.md mentions %s, which does not exist", span)
		}
	}
	if checked < 60 {
		t.Errorf("found only %d names", checked)
	}
}

var testFunc = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
