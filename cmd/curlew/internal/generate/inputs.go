package generate

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/curlew-rpc/curlew/cmd/curlew/internal/compile"
)

// inputs are the files to generate code for, and where imports are looked for.
type inputs struct {
	roots []root
	// files are the paths of the files, and names what import statements call them.
	files, names []string
}

// findInputs finds the files that a configuration asks for. Without import
// directories in it, they are those of the buf.yaml in an input's directory or in the
// current one, or else an input's own directory if it is buf's idea of an input, or
// else the current directory.
func findInputs(c *Config) (*inputs, error) {
	in := new(inputs)
	if err := in.findRoots(c); err != nil {
		return nil, err
	}
	list := c.Inputs
	if len(list) == 0 {
		for _, r := range in.roots {
			list = append(list, Input{Path: r.dir})
		}
	}
	for _, input := range list {
		if err := in.add(input); err != nil {
			return nil, err
		}
	}
	return in, in.nameAll()
}

func (in *inputs) findRoots(c *Config) error {
	for _, dir := range c.Imports {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			return fmt.Errorf("%s: imports cannot be looked for there: not a directory", dir)
		}
		in.addRoots(root{dir: filepath.Clean(dir)})
	}
	if len(c.Imports) > 0 {
		return nil
	}
	for _, input := range c.Inputs {
		roots, err := inputRoots(input)
		if err != nil {
			return err
		}
		in.addRoots(roots...)
	}
	if len(in.roots) > 0 {
		return nil
	}
	roots, err := bufRoots(".")
	if err == nil && len(roots) == 0 {
		roots = []root{{dir: "."}}
	}
	in.addRoots(roots...)
	return err
}

// inputRoots returns the roots that an input brings with it.
func inputRoots(input Input) ([]root, error) {
	info, err := os.Stat(input.Path)
	if err != nil {
		return nil, notFound(input.Path, err)
	}
	dir := filepath.Clean(input.Path)
	if !info.IsDir() {
		dir = filepath.Dir(dir)
	}
	if roots, err := bufRoots(dir); err != nil || len(roots) > 0 {
		return roots, err
	}
	if input.Root || !isBelow(".", dir) {
		return []root{{dir: dir}}, nil
	}
	if roots, err := bufRoots("."); err != nil || len(roots) > 0 {
		return roots, err
	}
	return []root{{dir: "."}}, nil
}

func notFound(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: there is no such file or directory", path)
	}
	return err
}

func (in *inputs) addRoots(roots ...root) {
	for _, r := range roots {
		if !slices.ContainsFunc(in.roots, func(other root) bool { return other.dir == r.dir }) {
			in.roots = append(in.roots, r)
		}
	}
}

// add finds the files of an input.
func (in *inputs) add(input Input) error {
	info, err := os.Stat(input.Path)
	if err != nil {
		return notFound(input.Path, err)
	}
	if !info.IsDir() {
		if filepath.Ext(input.Path) != ".proto" {
			return fmt.Errorf("%s: not a .proto file", input.Path)
		}
		in.addFile(filepath.Clean(input.Path))
		return nil
	}
	found := false
	err = filepath.WalkDir(input.Path, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case isIn(path, input.Exclude) || in.excludes(path):
			return skip(entry)
		case entry.IsDir() && path != input.Path && isForeign(entry.Name()):
			return fs.SkipDir
		case !entry.IsDir() && filepath.Ext(path) == ".proto" && (len(input.Only) == 0 || isIn(path, input.Only)) && in.includes(path):
			in.addFile(path)
			found = true
		}
		return nil
	})
	if err == nil && !found {
		err = fmt.Errorf("%s: there are no .proto files in it", input.Path)
	}
	return err
}

// excludes and includes report what a buf.yaml says about files that are not named
// one by one.
func (in *inputs) excludes(path string) bool {
	return slices.ContainsFunc(in.roots, func(r root) bool { return isIn(path, r.exclude) })
}

func (in *inputs) includes(path string) bool {
	for _, r := range in.roots {
		if len(r.only) > 0 && isBelow(r.dir, path) && !isIn(path, r.only) {
			return false
		}
	}
	return true
}

func (in *inputs) addFile(path string) { in.files = append(in.files, path) }

func skip(entry fs.DirEntry) error {
	if entry != nil && entry.IsDir() {
		return fs.SkipDir
	}
	return nil
}

// isForeign reports whether files in a directory of this name are hidden or copies of
// other projects' files.
func isForeign(name string) bool {
	return strings.HasPrefix(name, ".") || name == "node_modules" || name == "vendor"
}

// isIn reports whether path is one of list or in a directory of list.
func isIn(path string, list []string) bool {
	return slices.ContainsFunc(list, func(dir string) bool { return isBelow(dir, path) })
}

// isBelow reports whether path is dir or in it.
func isBelow(dir, path string) bool {
	absDir, errDir := filepath.Abs(dir)
	absPath, errPath := filepath.Abs(path)
	if errDir != nil || errPath != nil {
		return false
	}
	rel, err := filepath.Rel(absDir, absPath)
	return err == nil && filepath.IsLocal(rel)
}

// compileRoots returns the roots as the compiler takes them.
func (in *inputs) compileRoots() compile.Roots {
	var roots compile.Roots
	for _, r := range in.roots {
		roots = append(roots, r.dir)
	}
	return roots
}

// nameAll finds the names of the files. Errors are about all of them.
func (in *inputs) nameAll() error {
	slices.Sort(in.files)
	in.files = slices.Compact(in.files)
	roots := in.compileRoots()
	var failed []error
	for _, file := range in.files {
		name, err := roots.Name(file)
		if err != nil {
			failed = append(failed, err)
		}
		in.names = append(in.names, name)
	}
	return errors.Join(failed...)
}
