package generate

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/curlew-rpc/curlew/cmd/curlew/internal/compile"
	"golang.org/x/mod/modfile"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
)

// completeGoPackages gives files that have no go_package the one that fits where
// their Go code goes, if code for Go is asked for. It must be found from the option
// module or from a go.mod; that it cannot be is an error that says what to do.
func (fs *files) completeGoPackages(outputs []Output) error {
	o := goOutput(outputs)
	if o == nil {
		return nil
	}
	names := fs.packageNames()
	var failed compile.Diagnostics
	for _, f := range fs.all {
		name := f.GetName()
		if f.GetOptions().GetGoPackage() != "" || fs.paths[name] == "" || o.option("M"+name) != "" {
			continue
		}
		importPath, err := fs.goImportPath(o, name)
		if err != nil {
			failed = append(failed, compile.Diagnostic{File: fs.paths[name], Line: 1, Column: 1, Message: err.Error()})
			continue
		}
		pkg := versionedPackage(f.GetPackage())
		if other, ok := names[importPath]; ok {
			pkg = other
		}
		if f.Options == nil {
			f.Options = new(descriptorpb.FileOptions)
		}
		f.Options.GoPackage = proto.String(importPath + pkg)
	}
	if len(failed) > 0 {
		return failed
	}
	return nil
}

// goOutput returns the output whose files say where Go packages are.
func goOutput(outputs []Output) *Output {
	var found *Output
	for i := range outputs {
		switch o := &outputs[i]; {
		case o.builtin() && shortName(o.Plugin) == pluginGo:
			return o
		case found == nil && (o.builtin() || strings.HasPrefix(shortName(o.Plugin), "go-")):
			found = o
		}
	}
	return found
}

// packageNames returns, by import path, what other files say the Go package is called.
func (fs *files) packageNames() map[string]string {
	names := make(map[string]string)
	for _, f := range fs.all {
		importPath, name, ok := strings.Cut(f.GetOptions().GetGoPackage(), ";")
		if ok {
			name = ";" + name
		}
		names[importPath] = name
	}
	return names
}

// goImportPath returns the import path of the package that o's files for name are in.
func (fs *files) goImportPath(o *Output, name string) (string, error) {
	if module := o.option("module"); module != "" {
		return path.Join(module, path.Dir(name)), nil
	}
	dir := filepath.Dir(fs.paths[name])
	if o.option("paths") == "source_relative" && o.Dir != "" {
		dir = filepath.Join(o.Dir, filepath.FromSlash(path.Dir(name)))
	}
	return goModulePath(dir)
}

// goModulePath returns the import path that a directory, which need not exist, has by
// the Go module that it is in.
func goModulePath(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	file, err := findUp(abs, "go.mod")
	if err != nil {
		return "", err
	}
	if file == "" {
		return "", fmt.Errorf("no go_package, and %s is in no Go module to derive it from: "+
			"write option go_package = \"example.com/...\", or set go_package_prefix in %s", dir, curlewFile)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	module := modfile.ModulePath(data)
	if module == "" {
		return "", fmt.Errorf("no go_package, and %s, from which to derive it, names no module", file)
	}
	rel, err := filepath.Rel(filepath.Dir(file), abs)
	return path.Join(module, filepath.ToSlash(rel)), err
}

// findUp looks for a file in a directory, which is absolute, and those above it. It
// returns "" if there is none.
func findUp(dir, name string) (string, error) {
	for {
		file := filepath.Join(dir, name)
		_, err := os.Stat(file)
		if err == nil {
			return file, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", nil
		}
		dir = parent
	}
}
