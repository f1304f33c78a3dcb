package gen

import (
	"flag"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"
)

var update = flag.Bool("update", false, "write the golden files")

const (
	// repository is the repository's root, seen from here.
	repository = "../.."
	// golden is where the golden packages are, seen from there. They are built with
	// the rest of the repository, so that what is generated compiles.
	golden = "internal/gen/internal/golden/"
)

// goldenFiles returns the descriptors of the golden packages. The command's tests make
// them, with its compiler.
func goldenFiles(t testing.TB) []*descriptorpb.FileDescriptorProto {
	t.Helper()
	data, err := os.ReadFile("testdata/golden.binpb")
	if err != nil {
		t.Fatal(err)
	}
	set := new(descriptorpb.FileDescriptorSet)
	if err := proto.Unmarshal(data, set); err != nil {
		t.Fatal(err)
	}
	return set.File
}

// generate returns the generator's files for those of the request, by name.
func generate(t testing.TB, parameter string, toGenerate ...string) map[string]string {
	t.Helper()
	var o Options
	p, err := protogen.Options{ParamFunc: o.Set}.New(&pluginpb.CodeGeneratorRequest{
		FileToGenerate: toGenerate,
		Parameter:      proto.String(parameter),
		ProtoFile:      goldenFiles(t),
	})
	if err != nil {
		t.Fatal(err)
	}
	Generate(p, o)
	return contents(t, p.Response())
}

func contents(t testing.TB, res *pluginpb.CodeGeneratorResponse) map[string]string {
	t.Helper()
	if res.Error != nil {
		t.Fatal(res.GetError())
	}
	files := make(map[string]string)
	for _, f := range res.GetFile() {
		files[f.GetName()] = f.GetContent()
	}
	return files
}

// packages returns the golden files by directory.
func packages(t testing.TB) map[string][]string {
	t.Helper()
	dirs := make(map[string][]string)
	for _, f := range goldenFiles(t) {
		if name := f.GetName(); strings.HasPrefix(name, golden) {
			dirs[path.Dir(name)] = append(dirs[path.Dir(name)], name)
		}
	}
	return dirs
}

func parameter(dir string) string {
	if dir == golden+"apart" {
		return "paths=source_relative,package_suffix=curlew"
	}
	return "paths=source_relative"
}

func TestGolden(t *testing.T) {
	found := make(map[string]bool)
	for dir, names := range packages(t) {
		t.Run(strings.TrimPrefix(dir, golden), func(t *testing.T) {
			for name, content := range generate(t, parameter(dir), names...) {
				found[name] = true
				compareGolden(t, name, content)
			}
		})
	}
	// Nothing else of ours is there: files without services and messages give none.
	err := filepath.WalkDir(filepath.Join(repository, golden), func(file string, _ os.DirEntry, err error) error {
		name, _ := filepath.Rel(repository, file)
		if (strings.HasSuffix(file, FileSuffix) || strings.Contains(file, "_curlew_codec")) && !found[filepath.ToSlash(name)] {
			t.Errorf("%s is not generated", name)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func compareGolden(t *testing.T, name, content string) {
	t.Helper()
	file := filepath.Join(repository, filepath.FromSlash(name))
	if *update {
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if content != string(want) {
		t.Errorf("%s differs: run go test with -update, and look at what git says\n%s", name, firstDifference(content, string(want)))
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return "got:  " + g[i] + "\nwant: " + w[i]
		}
	}
	return "one ends earlier"
}

// TestAlone generates each file by itself: a file's code must not depend on what else
// is generated, unless names collide.
func TestAlone(t *testing.T) {
	for dir, names := range packages(t) {
		if dir == golden+"names" {
			continue
		}
		for _, name := range names {
			for file, content := range generate(t, parameter(dir), name) {
				compareGolden(t, file, content)
			}
		}
	}
}

// TestOrder generates in another order.
func TestOrder(t *testing.T) {
	dir := golden + "names"
	names := packages(t)[dir]
	slices.Reverse(names)
	for file, content := range generate(t, parameter(dir), names...) {
		compareGolden(t, file, content)
	}
}
