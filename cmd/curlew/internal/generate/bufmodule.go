package generate

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v3"
)

// A root is a directory in which imports are looked for.
type root struct {
	dir string
	// module is the name that its buf.yaml gives it, if it has one.
	module string
	// only and exclude say which files of it are inputs when nothing else does.
	only, exclude []string
	// deps are the modules that its buf.yaml depends on.
	deps []string
}

// bufRoots returns the roots that a directory's buf.work.yaml or buf.yaml names, or
// none if it has neither. What else these files say is not looked at.
func bufRoots(dir string) ([]root, error) {
	if roots, err := readBuf(dir, "buf.work.yaml", (*document).bufWork); err != nil || roots != nil {
		return roots, err
	}
	return readBuf(dir, "buf.yaml", (*document).bufModules)
}

func readBuf(dir, name string, read func(d *document, dir string, n *yaml.Node) []root) ([]root, error) {
	file := filepath.Join(dir, name)
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	d := &document{file: file}
	n := d.parse(data)
	var roots []root
	if n != nil {
		roots = read(d, dir, n)
	}
	if len(d.errors) > 0 {
		return nil, d.errors
	}
	if len(roots) == 0 {
		roots = []root{{dir: filepath.Clean(dir)}}
	}
	return roots, nil
}

// bufWork reads a buf.work.yaml, which is of version v1.
func (d *document) bufWork(dir string, n *yaml.Node) []root {
	var dirs []string
	if list := lookup(n, "directories"); list != nil {
		d.paths(dir, &dirs)(list)
	}
	var roots []root
	for _, sub := range dirs {
		module, err := readBuf(sub, "buf.yaml", (*document).bufModules)
		if err != nil {
			d.errorf(n, "%v", err)
		}
		if len(module) == 0 {
			module = []root{{dir: sub}}
		}
		roots = append(roots, module...)
	}
	return roots
}

// bufModules reads a buf.yaml: of version v1, which is about its own directory, or
// v2, which lists directories.
func (d *document) bufModules(dir string, n *yaml.Node) []root {
	name := d.textOf(n, "name")
	var deps []string
	if list := lookup(n, "deps"); list != nil {
		d.texts(&deps)(list)
	}
	if modules := lookup(n, "modules"); modules != nil {
		var roots []root
		d.items(modules, func(item *yaml.Node) {
			r := root{dir: under(dir, d.textOf(item, "path")), module: d.textOf(item, "name"), deps: deps}
			if r.module == "" {
				r.module = name
			}
			d.textsOf(item, "includes", dir, &r.only)
			d.textsOf(item, "excludes", dir, &r.exclude)
			roots = append(roots, r)
		})
		return roots
	}
	r := root{dir: filepath.Clean(dir), module: name, deps: deps}
	build := lookup(n, "build")
	if build == nil {
		return []root{r}
	}
	d.textsOf(build, "excludes", dir, &r.exclude)
	var dirs []string
	d.textsOf(build, "roots", dir, &dirs) // v1beta1
	if len(dirs) == 0 {
		return []root{r}
	}
	var roots []root
	for _, sub := range dirs {
		roots = append(roots, root{dir: sub, module: r.module, exclude: r.exclude, deps: deps})
	}
	return roots
}

func (d *document) textOf(n *yaml.Node, key string) string {
	value := lookup(n, key)
	if value == nil || isNull(value) {
		return ""
	}
	return d.scalar(value)
}

func (d *document) textsOf(n *yaml.Node, key, dir string, p *[]string) {
	if value := lookup(n, key); value != nil {
		d.paths(dir, p)(value)
	}
}
