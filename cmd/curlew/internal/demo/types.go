package demo

import (
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// messageOf returns a message of a method's type. It is a wiretap.Types.
func messageOf(path string, fromClient bool) proto.Message {
	name := strings.ReplaceAll(strings.TrimPrefix(path, "/"), "/", ".")
	d, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(name))
	if err != nil {
		return nil
	}
	m, ok := d.(protoreflect.MethodDescriptor)
	if !ok {
		return nil
	}
	message := m.Output()
	if fromClient {
		message = m.Input()
	}
	t, err := protoregistry.GlobalTypes.FindMessageByName(message.FullName())
	if err != nil {
		return nil
	}
	return t.New().Interface()
}
