package schema

import (
	"context"
	"fmt"
	"os"
	"sync"

	"github.com/curlew-rpc/curlew/cmd/curlew/internal/compile"
	"github.com/curlew-rpc/curlew/cmd/curlew/internal/msgjson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

// files is a Source of files.
type files struct {
	reg *protoregistry.Files
}

// FromProtos compiles .proto files, with their imports looked for in the directories
// roots, or in the current one if there are none.
func FromProtos(ctx context.Context, roots, protos []string) (Source, error) {
	if len(roots) == 0 {
		roots = []string{"."}
	}
	names := make([]string, 0, len(protos))
	for _, p := range protos {
		name, err := importName(roots, p)
		if err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	result, err := compile.New(compile.Roots(roots)).Compile(ctx, names)
	if err != nil {
		return nil, err
	}
	reg, err := build(result.Files)
	if err != nil {
		return nil, err
	}
	return &files{reg}, nil
}

// importName returns what imports call a file that is named by its path, or that way
// already.
func importName(roots []string, file string) (string, error) {
	if _, err := os.Stat(file); err != nil {
		if _, err := compile.Roots(roots).Find(file); err == nil {
			return file, nil
		}
		return "", err
	}
	return compile.Roots(roots).Name(file)
}

// FromSets reads files that hold a google.protobuf.FileDescriptorSet, as protoc and
// buf write them.
func FromSets(paths []string) (Source, error) {
	var all []*descriptorpb.FileDescriptorProto
	seen := make(map[string]bool)
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		set := new(descriptorpb.FileDescriptorSet)
		if err := proto.Unmarshal(b, set); err != nil || len(set.GetFile()) == 0 {
			return nil, fmt.Errorf("%s is not a file descriptor set", path)
		}
		for _, f := range set.GetFile() {
			if !seen[f.GetName()] {
				seen[f.GetName()] = true
				all = append(all, f)
			}
		}
	}
	reg, err := build(all)
	if err != nil {
		return nil, err
	}
	return &files{reg}, nil
}

func (s *files) Services(context.Context) ([]string, error) { return servicesOf(s.reg), nil }

func (s *files) Find(_ context.Context, name protoreflect.FullName) (protoreflect.Descriptor, error) {
	d, err := s.reg.FindDescriptorByName(name)
	if err != nil {
		return nil, ErrNotFound
	}
	return d, nil
}

func (s *files) Resolver(context.Context) msgjson.Resolver {
	return types{local: dynamicpb.NewTypes(s.reg), mu: new(sync.Mutex)}
}
