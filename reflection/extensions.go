package reflection

import (
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// An Extensions finds the extensions of messages. A *protoregistry.Types is one.
// Its methods return protoregistry.NotFound for what they do not know, and may be
// called concurrently.
type Extensions interface {
	FindExtensionByNumber(message protoreflect.FullName, number protoreflect.FieldNumber) (protoreflect.ExtensionType, error)
	RangeExtensionsByMessage(message protoreflect.FullName, f func(protoreflect.ExtensionType) bool)
}

// An index is what a reflector asks for extensions.
type index interface {
	// find returns the file that declares an extension.
	find(message protoreflect.FullName, number protoreflect.FieldNumber) (protoreflect.FileDescriptor, error)
	// numbers returns those of a message's extensions, in any order.
	numbers(message protoreflect.FullName) []int32
}

// indexOf returns the extensions of files.
func indexOf(files protodesc.Resolver) index {
	switch files := files.(type) {
	case *protoregistry.Files:
		if files == protoregistry.GlobalFiles {
			return typeIndex{protoregistry.GlobalTypes} // has them in a table
		}
		return fileIndex{files}
	case ranger:
		return fileIndex{files}
	}
	return fileIndex{new(protoregistry.Files)} // there is no way to look
}

type typeIndex struct{ Extensions }

func (x typeIndex) find(message protoreflect.FullName, number protoreflect.FieldNumber) (protoreflect.FileDescriptor, error) {
	ext, err := x.FindExtensionByNumber(message, number)
	if err != nil {
		return nil, err
	}
	return ext.TypeDescriptor().ParentFile(), nil
}

func (x typeIndex) numbers(message protoreflect.FullName) (numbers []int32) {
	x.RangeExtensionsByMessage(message, func(ext protoreflect.ExtensionType) bool {
		numbers = append(numbers, int32(ext.TypeDescriptor().Number()))
		return true
	})
	return numbers
}

// A ranger knows all its files.
type ranger interface {
	RangeFiles(func(protoreflect.FileDescriptor) bool)
}

// A fileIndex looks through all files.
type fileIndex struct{ files ranger }

func (x fileIndex) find(message protoreflect.FullName, number protoreflect.FieldNumber) (file protoreflect.FileDescriptor, err error) {
	err = protoregistry.NotFound
	x.each(message, func(ext protoreflect.ExtensionDescriptor) {
		if ext.Number() == number {
			file, err = ext.ParentFile(), nil
		}
	})
	return file, err
}

func (x fileIndex) numbers(message protoreflect.FullName) (numbers []int32) {
	x.each(message, func(ext protoreflect.ExtensionDescriptor) { numbers = append(numbers, int32(ext.Number())) })
	return numbers
}

// each calls f with the extensions of a message.
func (x fileIndex) each(message protoreflect.FullName, f func(protoreflect.ExtensionDescriptor)) {
	x.files.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		eachIn(file, func(ext protoreflect.ExtensionDescriptor) {
			if ext.ContainingMessage().FullName() == message {
				f(ext)
			}
		})
		return true
	})
}

// A scope is a file or a message, in which extensions and messages are declared.
type scope interface {
	Extensions() protoreflect.ExtensionDescriptors
	Messages() protoreflect.MessageDescriptors
}

func eachIn(s scope, f func(protoreflect.ExtensionDescriptor)) {
	for i := range s.Extensions().Len() {
		f(s.Extensions().Get(i))
	}
	for i := range s.Messages().Len() {
		eachIn(s.Messages().Get(i), f)
	}
}
