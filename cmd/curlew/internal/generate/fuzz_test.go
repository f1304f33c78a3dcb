package generate

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/curlew-rpc/curlew/cmd/curlew/internal/compile"
)

// FuzzLoad checks that any configuration is either read or refused with errors that
// say where, as is any buf.yaml.
func FuzzLoad(f *testing.F) {
	for _, seed := range []string{
		"", "---\n", "version: 1\n", "version: v1\n", "version: v2\n", "plugins: 1", "a", "[]", "? {}\n: {}\n", "&a [*a]", "version: 1\noutputs: &a\n- inputs: *a\n",
		"version: 1\nimports: [a]\ninputs: b\nexclude: [c]\nclean: true\ngo_package_prefix: d\noutputs:\n- plugin: go\n  out: e\n  options: {f: g, h: }\n",
		"version: v1\nmanaged:\n  enabled: true\n  go_package_prefix: {default: a, except: [b], override: {c: d}}\n  override: {GO_PACKAGE: {a: b}}\nplugins:\n- {name: go, out: a, opt: [b], path: c, strategy: all}\n",
		"version: v2\nclean: true\nmanaged:\n  enabled: true\n  disable: [{module: a}]\n  override: [{file_option: go_package, value: b, path: c}]\nplugins:\n- {local: [a, b], out: c, include_imports: true}\n- {remote: x/y/z, out: a}\ninputs:\n- {directory: a, paths: [b]}\n- {module: a}\n",
		"version: v2\nmodules: [{path: a, name: b, includes: [c], excludes: [d]}]\ndeps: [e]\n", "name: a\nbuild: {roots: [a], excludes: [b]}\n", "directories: [a, b]\n",
		"version: 1\n<<: {clean: true}\n", "version: !!int 1\n", "version: 1\n\tx", "a: b\n---\nc: d\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := t.TempDir()
		for _, name := range []string{curlewFile, "buf.yaml"} {
			if err := os.WriteFile(filepath.Join(dir, name), data, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		_, err := Load(filepath.Join(dir, curlewFile))
		located(t, err)
		_, err = bufRoots(dir)
		located(t, err)
	})
}

func located(t *testing.T, err error) {
	t.Helper()
	var ds compile.Diagnostics
	if err != nil && !errors.As(err, &ds) {
		t.Errorf("not a place in the file: %v", err)
	}
	for _, d := range ds {
		if d.File == "" || d.Line < 1 || d.Column < 1 || d.Message == "" {
			t.Errorf("not a place in the file: %+v", d)
		}
	}
}
