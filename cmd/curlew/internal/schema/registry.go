package schema

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

// build returns the files as descriptors. Each comes after its imports; what is
// imported and is not there is taken from what is linked.
func build(files []*descriptorpb.FileDescriptorProto) (*protoregistry.Files, error) {
	reg := new(protoregistry.Files)
	for _, f := range files {
		if err := add(reg, f); err != nil {
			return nil, err
		}
	}
	return reg, nil
}

// add adds a file. Imports that neither reg nor the program has are left open: they
// are an error only where they are needed.
func add(reg *protoregistry.Files, f *descriptorpb.FileDescriptorProto) error {
	fd, err := protodesc.FileOptions{AllowUnresolvable: true}.New(f, fallback{reg})
	if err == nil {
		err = reg.RegisterFile(fd)
	}
	if err != nil {
		return fmt.Errorf("the definitions in %s cannot be used: %w", f.GetName(), err)
	}
	return nil
}

// fallback finds files in a registry, or else among those linked.
type fallback struct{ *protoregistry.Files }

func (r fallback) FindFileByPath(path string) (protoreflect.FileDescriptor, error) {
	fd, err := r.Files.FindFileByPath(path)
	if err != nil {
		return protoregistry.GlobalFiles.FindFileByPath(path)
	}
	return fd, nil
}

func (r fallback) FindDescriptorByName(name protoreflect.FullName) (protoreflect.Descriptor, error) {
	d, err := r.Files.FindDescriptorByName(name)
	if err != nil {
		return protoregistry.GlobalFiles.FindDescriptorByName(name)
	}
	return d, nil
}

// servicesOf returns the names of the services in a registry.
func servicesOf(reg *protoregistry.Files) []string {
	var all []string
	reg.RangeFiles(func(fd protoreflect.FileDescriptor) bool {
		for i := range fd.Services().Len() {
			all = append(all, string(fd.Services().Get(i).FullName()))
		}
		return true
	})
	slices.Sort(all)
	return all
}

// types finds the types of a registry, or else those linked.
type types struct {
	local *dynamicpb.Types
	mu    *sync.Mutex // of the registry
	// more, if set, is called for a message that neither has, and may add it to the
	// registry.
	more func(protoreflect.FullName)
}

func (t types) FindMessageByName(name protoreflect.FullName) (protoreflect.MessageType, error) {
	mt, err := t.localMessage(name)
	if err != nil {
		mt, err = protoregistry.GlobalTypes.FindMessageByName(name)
	}
	if errors.Is(err, protoregistry.NotFound) && t.more != nil {
		t.more(name)
		mt, err = t.localMessage(name)
	}
	return mt, err
}

func (t types) localMessage(name protoreflect.FullName) (protoreflect.MessageType, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.local.FindMessageByName(name)
}

func (t types) FindMessageByURL(url string) (protoreflect.MessageType, error) {
	return t.FindMessageByName(protoreflect.FullName(url[strings.LastIndexByte(url, '/')+1:]))
}

func (t types) FindExtensionByName(name protoreflect.FullName) (protoreflect.ExtensionType, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	xt, err := t.local.FindExtensionByName(name)
	if err != nil {
		return protoregistry.GlobalTypes.FindExtensionByName(name)
	}
	return xt, nil
}

func (t types) FindExtensionByNumber(message protoreflect.FullName, n protoreflect.FieldNumber) (protoreflect.ExtensionType, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	xt, err := t.local.FindExtensionByNumber(message, n)
	if err != nil {
		return protoregistry.GlobalTypes.FindExtensionByNumber(message, n)
	}
	return xt, nil
}
