package generate

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// merge sorts generated files by path. A file generated twice is one if its content
// is the same, and otherwise an error.
func merge(list []generatedFile) ([]generatedFile, error) {
	slices.SortStableFunc(list, func(a, b generatedFile) int { return cmp.Compare(a.path, b.path) })
	var merged []generatedFile
	for _, f := range list {
		if n := len(merged); n == 0 || merged[n-1].path != f.path {
			merged = append(merged, f)
		} else if other := merged[n-1]; other.content != f.content {
			return nil, fmt.Errorf("%s: generated twice, by %s and %s: give them directories of their own", f.path, other.plugin, f.plugin)
		}
	}
	return merged, nil
}

// A change is a file that differs from what is generated.
type change struct {
	path    string
	kind    changeKind
	content string
}

type changeKind uint8

const (
	missing changeKind = iota
	different
	leftover
)

// String says what is wrong with the file.
func (c change) String() string {
	switch c.kind {
	case missing:
		return c.path + ": not generated yet"
	case different:
		return c.path + ": out of date"
	}
	return c.path + ": not generated any more"
}

// changes compares generated files with those on disk.
func changes(list []generatedFile) ([]change, error) {
	var found []change
	for _, f := range list {
		data, err := os.ReadFile(f.path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			found = append(found, change{f.path, missing, f.content})
		case err != nil:
			return nil, err
		case string(data) != f.content:
			found = append(found, change{f.path, different, f.content})
		}
	}
	return found, nil
}

// leftovers returns the files in the outputs' directories that are not generated.
func leftovers(outputs []Output, list []generatedFile) ([]change, error) {
	generated := make(map[string]bool, len(list))
	for _, f := range list {
		generated[f.path] = true
	}
	found := make(map[string]bool)
	for _, o := range outputs {
		err := filepath.WalkDir(o.Dir, func(path string, entry fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err == nil && !entry.IsDir() && !generated[filepath.Clean(path)] {
				found[filepath.Clean(path)] = true
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	var superfluous []change
	for _, path := range slices.Sorted(maps.Keys(found)) {
		superfluous = append(superfluous, change{path: path, kind: leftover})
	}
	return superfluous, nil
}

// mayClean reports an output whose directory holds more than generated files.
func mayClean(outputs []Output, in *inputs) error {
	for _, o := range outputs {
		switch {
		case o.Dir == "":
			return errors.New("clean needs every output to have a directory of its own")
		case isBelow(o.Dir, "."):
			return fmt.Errorf("clean would empty %s, which the current directory is in: write to a directory of its own", o.Dir)
		}
		for _, file := range in.files {
			if isBelow(o.Dir, file) {
				return fmt.Errorf("clean would remove %s from %s: write to a directory of its own", file, o.Dir)
			}
		}
	}
	return nil
}

// apply makes the changes.
func apply(list []change) error {
	for _, c := range list {
		var err error
		if c.kind == leftover {
			err = os.Remove(c.path)
		} else {
			err = writeFile(c.path, c.content)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// writeFile writes a file at once: readers see the old content or the new one.
func writeFile(path, content string) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	mode := fs.FileMode(0o644)
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
	}
	tmp, err := os.CreateTemp(dir, ".curlew-*")
	if err != nil {
		return err
	}
	_, err = tmp.WriteString(content)
	err = errors.Join(err, tmp.Chmod(mode), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		os.Remove(tmp.Name())
	}
	return err
}
