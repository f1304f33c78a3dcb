package generate

import (
	"errors"
	"fmt"
	"go/parser"
	"go/token"
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
	var failed compile.Diagnostics
	derived := make(map[string]*goPackage)
	for _, f := range fs.all {
		name := f.GetName()
		if f.GetOptions().GetGoPackage() != "" || fs.paths[name] == "" || o.option("M"+name) != "" {
			continue
		}
		dir, importPath, err := fs.goPlace(o, name)
		if err != nil {
			failed = append(failed, compile.Diagnostic{File: fs.paths[name], Line: 1, Column: 1, Message: err.Error()})
			continue
		}
		pkg := derived[dir]
		if pkg == nil {
			pkg = &goPackage{importPath: importPath, dir: dir}
			derived[dir] = pkg
		}
		pkg.files = append(pkg.files, f)
	}
	if len(failed) > 0 {
		return failed
	}
	declared := fs.packageNames()
	for _, pkg := range derived {
		pkg.name(declared)
	}
	return nil
}

// A goPackage is a directory of files that have no go_package.
type goPackage struct {
	importPath, dir string
	files           []*descriptorpb.FileDescriptorProto
}

// name sets the option in the files. Files of a directory have one package name: what
// another file with that go_package says, or else the Go files that are there already,
// or else user.v1 makes it userv1, if all files agree on that.
func (p *goPackage) name(declared map[string]string) {
	suffix, ok := declared[p.importPath]
	if !ok {
		suffix = goFilesPackage(p.dir)
	}
	if suffix == "" {
		suffix = versionedPackage(p.files[0].GetPackage())
		for _, f := range p.files {
			if versionedPackage(f.GetPackage()) != suffix {
				suffix = ""
			}
		}
	}
	for _, f := range p.files {
		if f.Options == nil {
			f.Options = new(descriptorpb.FileOptions)
		}
		f.Options.GoPackage = proto.String(p.importPath + suffix)
	}
}

// goFilesPackage returns ";name" if the Go files of a directory that are written by
// hand are of that package. It returns "" if there are none.
func goFilesPackage(dir string) string {
	files, _ := filepath.Glob(filepath.Join(dir, "*.go")) // fails for malformed patterns only
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") || strings.HasSuffix(file, ".pb.go") {
			continue
		}
		if f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.PackageClauseOnly); err == nil {
			return ";" + f.Name.Name
		}
	}
	return ""
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

// goPlace returns the directory that o's files for name go to, and the import path of
// the package there.
func (fs *files) goPlace(o *Output, name string) (dir, importPath string, err error) {
	if module := o.option("module"); module != "" {
		return filepath.Join(o.Dir, filepath.FromSlash(path.Dir(name))), path.Join(module, path.Dir(name)), nil
	}
	dir = filepath.Dir(fs.paths[name])
	if o.option("paths") == "source_relative" && o.Dir != "" {
		dir = filepath.Join(o.Dir, filepath.FromSlash(path.Dir(name)))
	}
	importPath, err = goModulePath(dir)
	return dir, importPath, err
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
