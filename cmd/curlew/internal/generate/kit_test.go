package generate

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"
)

// TestMain makes the test's program a plugin if it is called as one.
func TestMain(m *testing.M) {
	if strings.HasPrefix(filepath.Base(os.Args[0]), "protoc-gen-dump") {
		os.Exit(dump(os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// dump is a plugin that writes down what it is told, one file for each. Its options
// make it fail in some way.
func dump(stdin io.Reader, stdout, stderr io.Writer) int {
	data, err := io.ReadAll(stdin)
	req := new(pluginpb.CodeGeneratorRequest)
	if err != nil || proto.Unmarshal(data, req) != nil {
		return 4
	}
	res := &pluginpb.CodeGeneratorResponse{
		SupportedFeatures: proto.Uint64(3),
		MinimumEdition:    proto.Int32(int32(descriptorpb.Edition_EDITION_2023)),
		MaximumEdition:    proto.Int32(int32(descriptorpb.Edition_EDITION_2024)),
	}
	add := func(name, content string) {
		res.File = append(res.File, &pluginpb.CodeGeneratorResponse_File{Name: &name, Content: &content})
	}
	for _, option := range strings.Split(req.GetParameter(), ",") {
		key, value, _ := strings.Cut(option, "=")
		switch key {
		case "error":
			res.Error = &value
		case "exit":
			fmt.Fprintln(stderr, value)
			return 3
		case "say":
			fmt.Fprintln(stderr, value)
		case "garbage":
			fmt.Fprint(stdout, value)
			return 0
		case "insert":
			res.File = append(res.File, &pluginpb.CodeGeneratorResponse_File{Name: &value, InsertionPoint: proto.String("here")})
		case "file":
			add(value, req.GetFileToGenerate()[0])
		case "continued":
			add(value, "one\n")
			res.File = append(res.File, &pluginpb.CodeGeneratorResponse_File{Content: proto.String("two\n")})
		case "features":
			res.SupportedFeatures = nil
		case "edition":
			res.MaximumEdition = proto.Int32(int32(descriptorpb.Edition_EDITION_2023))
		}
	}
	for _, name := range req.GetFileToGenerate() {
		add(name+".txt", describeRequest(req, name))
	}
	out, err := proto.Marshal(res)
	if err != nil {
		return 5
	}
	stdout.Write(out)
	return 0
}

// describeRequest returns what the request says of a file.
func describeRequest(req *pluginpb.CodeGeneratorRequest, name string) string {
	var b strings.Builder
	fmt.Fprintln(&b, "parameter", req.GetParameter())
	fmt.Fprintln(&b, "with", strings.Join(req.GetFileToGenerate(), " "))
	for _, f := range req.GetProtoFile() {
		if f.GetName() == name {
			for _, option := range optionsOf(f) {
				fmt.Fprintln(&b, option)
			}
			fmt.Fprintln(&b, "imports", strings.Join(f.GetDependency(), " "))
		}
	}
	return b.String()
}

// optionsOf returns a file's options, each as "name value".
func optionsOf(f *descriptorpb.FileDescriptorProto) []string {
	var list []string
	f.GetOptions().ProtoReflect().Range(func(field protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		list = append(list, fmt.Sprintf("%s %v", field.Name(), v))
		return true
	})
	slices.Sort(list)
	return list
}

// installPlugin makes the test's program a plugin in a directory, by which it is
// returned.
func installPlugin(t *testing.T, dir, name string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	file, err := filepath.Abs(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, file); err != nil {
		t.Fatal(err)
	}
	return file
}

// project writes files, by name, below a new directory and makes it the current one.
func project(t *testing.T, files map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	write(t, files)
}

func write(t *testing.T, files map[string]string) {
	t.Helper()
	for name, content := range files {
		name = filepath.FromSlash(name)
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// tree returns the files below a directory by name. Directories that are not there have
// none.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			if os.IsNotExist(err) {
				return nil
			}
			return err
		}
		data, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		files[filepath.ToSlash(name)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// run runs a configuration and returns what it noted.
func run(t *testing.T, c *Config, check bool) (string, error) {
	t.Helper()
	var notes bytes.Buffer
	err := Run(t.Context(), c, check, &notes)
	return notes.String(), err
}

// load loads a configuration that is right.
func load(t *testing.T, file string) *Config {
	t.Helper()
	c, err := Load(file)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
