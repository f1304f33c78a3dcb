package archtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// modulePath is the path of the root module; those of the others are below it.
const modulePath = "github.com/curlew-rpc/curlew"

// repository is the repository's root directory.
const repository = "../.."

// A goPackage is what `go list` says of a package.
type goPackage struct {
	ImportPath string
	Name       string
	Dir        string
	Doc        string
	Export     string
	GoFiles    []string
	Imports    []string
}

// relative returns the package's path below the root module's, "." for the root
// package itself.
func relative(importPath string) (string, bool) {
	if importPath == modulePath {
		return ".", true
	}
	return strings.CutPrefix(importPath, modulePath+"/")
}

// run runs a command of the go tool in a directory of the repository.
func run(t testing.TB, dir string, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = filepath.Join(repository, dir)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s in %s: %v\n%s", strings.Join(args, " "), dir, err, stderr.Bytes())
	}
	return out
}

func list(t testing.TB, dir string, args ...string) []goPackage {
	t.Helper()
	args = append([]string{"list", "-json=ImportPath,Name,Dir,Doc,Export,GoFiles,Imports"}, args...)
	d := json.NewDecoder(bytes.NewReader(run(t, dir, args...)))
	var pkgs []goPackage
	for {
		var p goPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return pkgs
		} else if err != nil {
			t.Fatal(err)
		}
		pkgs = append(pkgs, p)
	}
}

// A workspace is what `go work edit -json` says of go.work.
type workspace struct {
	Use []struct{ DiskPath string }
}

// workspaceModules returns the directories of the workspace's modules, relative
// to the repository.
func workspaceModules(t testing.TB) []string {
	t.Helper()
	var w workspace
	if err := json.Unmarshal(run(t, ".", "work", "edit", "-json"), &w); err != nil {
		t.Fatal(err)
	}
	var dirs []string
	for _, u := range w.Use {
		dirs = append(dirs, filepath.ToSlash(filepath.Clean(u.DiskPath)))
	}
	return dirs
}

// skippedDirs hold what is not the project's own text.
var skippedDirs = []string{"testdata", "node_modules", "__pycache__", "bin", "target"}

// walk calls f for every file of the repository that was written by hand or
// generated, with its path relative to the repository.
func walk(t testing.TB, f func(path string)) {
	t.Helper()
	err := filepath.WalkDir(repository, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		switch {
		case path == repository:
		case d.IsDir() && name != ".ci" && (strings.HasPrefix(name, ".") || slices.Contains(skippedDirs, name)):
			return filepath.SkipDir
		case d.Type().IsRegular():
			rel, err := filepath.Rel(repository, path)
			if err != nil {
				return err
			}
			f(filepath.ToSlash(rel))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(repository, path))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
