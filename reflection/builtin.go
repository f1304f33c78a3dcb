package reflection

import (
	"fmt"
	"strings"
	"sync"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/curlew-rpc/curlew/health"
	"github.com/curlew-rpc/curlew/orca"
	"github.com/curlew-rpc/curlew/reflection/internal/reflectionpb"
)

// builtin has the files of services that come with Curlew. They are in no global
// registry, where another package of the program may have put its own.
var builtin = sync.OnceValue(func() *protoregistry.Files {
	files := new(protoregistry.Files)
	v1 := reflectionpb.File_grpc_reflection_v1_reflection_proto
	for _, f := range append(orca.Files(), health.File(), v1, alpha(v1)) {
		if err := files.RegisterFile(f); err != nil {
			panic(fmt.Sprintf("reflection: %v", err)) // their names differ
		}
	}
	return files
})

// alpha returns grpc/reflection/v1alpha/reflection.proto, which is that of v1 under
// its older name.
func alpha(v1 protoreflect.FileDescriptor) protoreflect.FileDescriptor {
	f := protodesc.ToFileDescriptorProto(v1)
	rename := func(name *string) {
		if name != nil {
			*name = strings.NewReplacer("reflection.v1", "reflection.v1alpha", "reflection/v1", "reflection/v1alpha", "reflection_v1", "reflection_v1alpha").Replace(*name)
		}
	}
	rename(f.Name)
	rename(f.Package)
	rename(f.Options.GoPackage)
	rename(f.Options.JavaPackage)
	f.Options.Deprecated = proto.Bool(true)
	for _, m := range f.MessageType {
		for _, field := range m.Field {
			rename(field.TypeName)
		}
	}
	for _, m := range methodsOf(f) {
		rename(m.InputType)
		rename(m.OutputType)
	}
	fd, err := protodesc.NewFile(f, nil)
	if err != nil {
		panic(fmt.Sprintf("reflection: v1alpha: %v", err)) // it is as valid as v1
	}
	return fd
}

func methodsOf(f *descriptorpb.FileDescriptorProto) (methods []*descriptorpb.MethodDescriptorProto) {
	for _, s := range f.Service {
		methods = append(methods, s.Method...)
	}
	return methods
}
