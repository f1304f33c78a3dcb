package compile

import (
	"fmt"

	"github.com/bufbuild/protocompile/options"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

// WithoutSourceOptions returns the files without the options that are declared to be
// for source code only (retention = RETENTION_SOURCE), by name. Files without such
// options are returned as they are; none is changed.
func WithoutSourceOptions(files []*descriptorpb.FileDescriptorProto) (map[string]*descriptorpb.FileDescriptorProto, error) {
	types := new(protoregistry.Types)
	linked, err := protodesc.NewFiles(&descriptorpb.FileDescriptorSet{File: files})
	if err != nil {
		// Go cannot represent the files, and so not options that they declare.
		linked, err = new(protoregistry.Files), nil
	}
	linked.RangeFiles(func(f protoreflect.FileDescriptor) bool {
		err = registerExtensions(types, f)
		return err == nil
	})
	if err != nil {
		return nil, err
	}
	stripped := make(map[string]*descriptorpb.FileDescriptorProto, len(files))
	for _, f := range files {
		if stripped[f.GetName()], err = withoutSourceOptions(f, types); err != nil {
			return nil, fmt.Errorf("%s: %w", f.GetName(), err)
		}
	}
	return stripped, nil
}

func withoutSourceOptions(f *descriptorpb.FileDescriptorProto, types *protoregistry.Types) (*descriptorpb.FileDescriptorProto, error) {
	data, err := proto.Marshal(f)
	if err != nil {
		return nil, err
	}
	known := new(descriptorpb.FileDescriptorProto)
	if err := (proto.UnmarshalOptions{Resolver: types}).Unmarshal(data, known); err != nil {
		return nil, err
	}
	stripped, err := options.StripSourceRetentionOptionsFromFile(known)
	if err != nil || stripped == known {
		return f, err
	}
	if data, err = proto.Marshal(stripped); err != nil {
		return nil, err
	}
	file := new(descriptorpb.FileDescriptorProto)
	return file, proto.Unmarshal(data, file)
}

// registerExtensions adds the extensions that a file, or a message, declares.
func registerExtensions(types *protoregistry.Types, in interface {
	Extensions() protoreflect.ExtensionDescriptors
	Messages() protoreflect.MessageDescriptors
}) error {
	extensions := in.Extensions()
	for i := range extensions.Len() {
		if err := types.RegisterExtension(dynamicpb.NewExtensionType(extensions.Get(i))); err != nil {
			return err
		}
	}
	messages := in.Messages()
	for i := range messages.Len() {
		if err := registerExtensions(types, messages.Get(i)); err != nil {
			return err
		}
	}
	return nil
}
