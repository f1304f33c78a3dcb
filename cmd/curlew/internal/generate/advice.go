package generate

import (
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/curlew-rpc/curlew/cmd/curlew/internal/compile"
)

// advise adds to errors about imports that cannot be found what to do about them.
func (in *inputs) advise(ds compile.Diagnostics) {
	for i := range ds {
		if ds[i].Missing == "" {
			continue
		}
		if dir := in.directoryOf(ds[i].Missing); dir != "" {
			ds[i].Message += " (it is in " + dir + ": add -I " + dir + ", or imports in " + curlewFile + ")"
		} else if deps := in.deps(); deps != "" {
			ds[i].Message += " (modules that buf.yaml depends on are not fetched: if it is in " + deps +
				", run buf export for that and add its directory with -I)"
		}
	}
}

// directoryOf returns the directory, below the current one, from which the name of a
// file leads to it, or "".
func (in *inputs) directoryOf(name string) string {
	found := ""
	// What cannot be read cannot be advised.
	_ = filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path != "." && entry.IsDir() && isForeign(entry.Name()) {
			return skip(entry)
		}
		if dir, ok := strings.CutSuffix(filepath.ToSlash(path), "/"+name); ok && !entry.IsDir() {
			found = filepath.FromSlash(dir)
			return fs.SkipAll
		}
		return nil
	})
	return found
}

// deps returns the modules that the inputs' modules depend on.
func (in *inputs) deps() string {
	var deps []string
	for _, r := range in.roots {
		deps = append(deps, r.deps...)
	}
	return strings.Join(deps, " or ")
}
