package compile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Roots are the directories in which imports are looked for, in order. An empty
// list finds nothing but what is built in.
type Roots []string

// Find returns where the file that import statements call name is. The error is
// fs.ErrNotExist if none of the roots has it.
func (r Roots) Find(name string) (string, error) {
	if !fs.ValidPath(name) {
		return "", fs.ErrNotExist
	}
	for _, root := range r {
		file := filepath.Join(root, filepath.FromSlash(name))
		info, err := os.Stat(file)
		switch {
		case err == nil && !info.IsDir():
			return file, nil
		case err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR):
			return "", err
		}
	}
	return "", fs.ErrNotExist
}

// Name returns what import statements call a file: its path from the root that it
// is in, the longest if roots are nested. It is an error if it is in none, or if
// that name stands for a file of an earlier root.
func (r Roots) Name(file string) (string, error) {
	best := ""
	for _, root := range r {
		name, err := within(root, file)
		if err != nil {
			return "", err
		}
		if name != "" && (best == "" || len(name) < len(best)) {
			best = name
		}
	}
	if best == "" {
		return "", fmt.Errorf("%s: not in a directory that imports are looked for in (%s)", file, strings.Join(r, ", "))
	}
	found, err := r.Find(best)
	if err != nil {
		return "", fmt.Errorf("%s: %w", file, err)
	}
	if !sameFile(found, file) {
		return "", fmt.Errorf("%s: hidden by %s, which is found first when %q is imported", file, found, best)
	}
	return best, nil
}

// within returns file's slash-separated path from root, or "" if it is not in there.
func within(root, file string) (string, error) {
	absRoot, err := filepath.Abs(root)
	if err != nil {
		return "", err
	}
	absFile, err := filepath.Abs(file)
	if err != nil {
		return "", err
	}
	rel, err := filepath.Rel(absRoot, absFile)
	if err != nil || !filepath.IsLocal(rel) {
		return "", nil
	}
	return filepath.ToSlash(rel), nil
}

func sameFile(a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(infoA, infoB)
}
