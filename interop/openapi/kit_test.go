package openapi

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/bufbuild/protocompile"
	"github.com/bufbuild/protocompile/linker"
	"github.com/curlew-rpc/curlew/internal/openapi"
	"github.com/pb33f/libopenapi/datamodel"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	// What the files import.
	_ "google.golang.org/genproto/googleapis/api/annotations"
	_ "google.golang.org/genproto/googleapis/api/httpbody"
	_ "google.golang.org/genproto/googleapis/rpc/status"
)

// sets are the .proto files that documents are made of, and the directory that their
// names start from.
var sets = []struct {
	name, root string
	files      []string
}{
	{"library", "testdata", []string{"library/v1/library.proto"}},
	{"torture", "testdata", []string{"torture/v1/torture.proto"}},
	{"demo", "../../cmd/curlew/internal", []string{"demo/orders/v1/orders.proto", "demo/shop/v1/shop.proto"}},
	{"examples", "../../examples/proto", nil},
	{"interop", "../proto", nil},
}

// compile compiles the files, all below the root if none are named, with comments.
func compile(t *testing.T, root string, files []string) []protoreflect.FileDescriptor {
	t.Helper()
	if files == nil {
		files = protosBelow(t, root)
	}
	compiler := protocompile.Compiler{
		Resolver: protocompile.WithStandardImports(protocompile.CompositeResolver{
			&protocompile.SourceResolver{ImportPaths: []string{root}},
			protocompile.ResolverFunc(linked),
		}),
		SourceInfoMode: protocompile.SourceInfoStandard,
	}
	compiled, err := compiler.Compile(t.Context(), files...)
	if err != nil {
		t.Fatal(err)
	}
	var all []protoreflect.FileDescriptor
	for _, f := range compiled {
		all = append(all, plain(t, f))
	}
	return all
}

// linked finds files whose descriptors are in the program.
func linked(path string) (protocompile.SearchResult, error) {
	fd, err := protoregistry.GlobalFiles.FindFileByPath(path)
	return protocompile.SearchResult{Desc: fd}, err
}

// plain returns a file as protobuf's own packages know it: their options are decoded,
// and their locations those of the source.
func plain(t *testing.T, f linker.File) protoreflect.FileDescriptor {
	t.Helper()
	reg := new(protoregistry.Files)
	var add func(protoreflect.FileDescriptor) protoreflect.FileDescriptor
	add = func(fd protoreflect.FileDescriptor) protoreflect.FileDescriptor {
		if before, err := reg.FindFileByPath(fd.Path()); err == nil {
			return before
		}
		for i := range fd.Imports().Len() {
			add(fd.Imports().Get(i).FileDescriptor)
		}
		encoded, err := proto.Marshal(protodesc.ToFileDescriptorProto(fd))
		if err != nil {
			t.Fatal(err)
		}
		decoded := new(descriptorpb.FileDescriptorProto)
		if err := proto.Unmarshal(encoded, decoded); err != nil {
			t.Fatal(err)
		}
		made, err := protodesc.NewFile(decoded, reg)
		if err != nil {
			t.Fatal(err)
		}
		if err := reg.RegisterFile(made); err != nil {
			t.Fatal(err)
		}
		return made
	}
	return add(f)
}

func protosBelow(t *testing.T, root string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, _ os.DirEntry, err error) error {
		if filepath.Ext(path) == ".proto" {
			name, relErr := filepath.Rel(root, path)
			if relErr != nil {
				return relErr
			}
			files = append(files, filepath.ToSlash(name))
		}
		return err
	})
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files below %s: %v", len(files), root, err)
	}
	return files
}

func servicesOf(files []protoreflect.FileDescriptor) (all []protoreflect.ServiceDescriptor) {
	for _, f := range files {
		for i := range f.Services().Len() {
			all = append(all, f.Services().Get(i))
		}
	}
	return all
}

func build(t *testing.T, files []protoreflect.FileDescriptor) *openapi.Document {
	t.Helper()
	d, err := openapi.Build(servicesOf(files), openapi.Config{Description: "For tests.", Servers: []string{"https://example.com"}, Bearer: true})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func unmarshal(t *testing.T, document []byte) any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// metaschema returns the schema of OpenAPI 3.1 documents.
func metaschema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	const url = "https://spec.openapis.org/oas/3.1/schema"
	if err := c.AddResource(url, unmarshal(t, []byte(datamodel.OpenAPI31SchemaData))); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(url)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
