package orca_test

import (
	"testing"

	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/curlew-rpc/curlew/orca"
)

// Another package of the program may register these names, and would panic if we had.
func TestNothingIsRegistered(t *testing.T) {
	var names []protoreflect.FullName
	for _, f := range orca.Files() {
		if got, err := protoregistry.GlobalFiles.FindFileByPath(f.Path()); err != protoregistry.NotFound {
			t.Errorf("file %s: %v, %v", f.Path(), got, err)
		}
		for i := range f.Messages().Len() {
			names = append(names, f.Messages().Get(i).FullName())
		}
	}
	if len(names) != 2 || names[0] != "xds.data.orca.v3.OrcaLoadReport" || names[1] != "xds.service.orca.v3.OrcaLoadReportRequest" {
		t.Errorf("messages %v", names)
	}
	for _, name := range names {
		if m, err := protoregistry.GlobalTypes.FindMessageByName(name); err != protoregistry.NotFound {
			t.Errorf("message %s: %v, %v", name, m, err)
		}
	}
}

// The files are whole, as reflection needs them: what one imports is there too.
func TestFiles(t *testing.T) {
	for _, f := range orca.Files() {
		for i := range f.Imports().Len() {
			if imp := f.Imports().Get(i); imp.IsPlaceholder() {
				t.Errorf("%s imports %s, which is missing", f.Path(), imp.Path())
			}
		}
		if _, err := protodesc.NewFile(protodesc.ToFileDescriptorProto(f), resolver{}); err != nil {
			t.Errorf("%s: %v", f.Path(), err)
		}
	}
}

// A resolver knows the files of this package and the global ones.
type resolver struct{}

func (resolver) files() *protoregistry.Files {
	files := new(protoregistry.Files)
	for _, f := range orca.Files() {
		files.RegisterFile(f)
	}
	return files
}

func (r resolver) FindFileByPath(path string) (protoreflect.FileDescriptor, error) {
	if f, err := r.files().FindFileByPath(path); err == nil {
		return f, nil
	}
	return protoregistry.GlobalFiles.FindFileByPath(path)
}

func (r resolver) FindDescriptorByName(name protoreflect.FullName) (protoreflect.Descriptor, error) {
	if d, err := r.files().FindDescriptorByName(name); err == nil {
		return d, nil
	}
	return protoregistry.GlobalFiles.FindDescriptorByName(name)
}
