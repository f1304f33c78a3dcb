// Command privatepb generates Go code for a .proto file that another module may
// bring into a program too: the code registers its types nowhere, so that the two
// do not collide. It runs protoc, with the plugins of this module, and needs protoc
// on the path.
//
//	privatepb DIRECTORY FILE [IMPORT...]
//
// FILE is in the working directory, where the output goes too; DIRECTORY is where
// importers of the .proto file have it, such as grpc/health/v1. An IMPORT is the path
// of a file that FILE imports and that is in the same package. Since no global
// registry has it, the package then has a function imports that returns a registry of
// all that FILE imports.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"go/format"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: privatepb DIRECTORY FILE [IMPORT...]")
		os.Exit(2)
	}
	if err := generate(os.Args[1], os.Args[2], os.Args[3:]); err != nil {
		fmt.Fprintln(os.Stderr, "privatepb:", err)
		os.Exit(1)
	}
}

func generate(dir, file string, imports []string) error {
	tmp, err := os.MkdirTemp("", "privatepb")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	if err := run("go", "build", "-o", tmp+"/", "google.golang.org/protobuf/cmd/protoc-gen-go", "github.com/curlew-rpc/curlew/cmd/protoc-gen-curlew"); err != nil {
		return err
	}
	goPackage, err := exec.Command("go", "list", "-f", "{{.ImportPath}};{{.Name}}").Output()
	if err != nil {
		return fmt.Errorf("go list: %w", err)
	}
	args, opts := []string{"-I" + dir + "=."}, "paths=source_relative"
	for _, p := range imports {
		args = append(args, "-I"+path.Dir(p)+"=.")
	}
	for _, p := range append(imports, path.Join(dir, file)) {
		opts += ",M" + p + "=" + strings.TrimSpace(string(goPackage))
	}
	for _, name := range []string{"go", "curlew"} {
		args = append(args,
			"--plugin="+filepath.Join(tmp, "protoc-gen-"+name),
			"--"+name+"_out="+tmp,
			"--"+name+"_opt="+opts)
	}
	if err := run("protoc", append(args, path.Join(dir, file))...); err != nil {
		return err
	}
	base := strings.TrimSuffix(file, ".proto")
	for _, name := range []string{base + ".pb.go", base + "_curlew.pb.go"} {
		src, err := os.ReadFile(filepath.Join(tmp, dir, name))
		if errors.Is(err, fs.ErrNotExist) && name == base+"_curlew.pb.go" {
			continue // a file without services
		}
		if err != nil {
			return err
		}
		if name == base+".pb.go" {
			if src, err = unregister(src, len(imports) > 0); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		if err := os.WriteFile(name, src, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func run(name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// edits give the builder of a file's types registries of its own, which it would
// otherwise take to be the global ones.
var edits = [][2]string{
	{
		"\tprotoreflect \"google.golang.org/protobuf/reflect/protoreflect\"\n",
		"\tprotoreflect \"google.golang.org/protobuf/reflect/protoreflect\"\n" +
			"\tprotoregistry \"google.golang.org/protobuf/reflect/protoregistry\"\n",
	},
	{"File: protoimpl.DescBuilder{\n", "File: protoimpl.DescBuilder{\nFileRegistry: new(protoregistry.Files),\n"},
	{"\t\tGoTypes: ", "TypeRegistry: new(protoregistry.Types),\n\t\tGoTypes: "},
}

// unregister changes the output of protoc-gen-go to register nothing globally, and to
// find what it imports, if anything, in the registry that the function imports returns.
func unregister(src []byte, imports bool) ([]byte, error) {
	for _, e := range edits {
		if n := bytes.Count(src, []byte(e[0])); n != 1 {
			return nil, fmt.Errorf("%q occurs %d times, not once: does protoc-gen-go generate other code now?", e[0], n)
		}
		src = bytes.Replace(src, []byte(e[0]), []byte(e[1]), 1)
	}
	if imports {
		src = bytes.Replace(src, []byte("new(protoregistry.Files)"), []byte("imports()"), 1)
	}
	return format.Source(src)
}
