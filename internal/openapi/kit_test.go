package openapi

import (
	"os"
	"testing"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	// What the files import.
	_ "google.golang.org/protobuf/types/known/anypb"
	_ "google.golang.org/protobuf/types/known/durationpb"
	_ "google.golang.org/protobuf/types/known/emptypb"
	_ "google.golang.org/protobuf/types/known/fieldmaskpb"
	_ "google.golang.org/protobuf/types/known/structpb"
	_ "google.golang.org/protobuf/types/known/timestamppb"
	_ "google.golang.org/protobuf/types/known/wrapperspb"
)

// files are descriptors that a test writes as text. They can have the options of
// google/api.
type files struct {
	*protoregistry.Files
	t *testing.T
}

func newFiles(t *testing.T) *files {
	t.Helper()
	f := &files{new(protoregistry.Files), t}
	f.load("annotations.txtpb")
	return f
}

// FindFileByPath finds a file that was added, or one that is linked.
func (f *files) FindFileByPath(path string) (protoreflect.FileDescriptor, error) {
	if fd, err := f.Files.FindFileByPath(path); err == nil {
		return fd, nil
	}
	return protoregistry.GlobalFiles.FindFileByPath(path)
}

// FindDescriptorByName finds what was added, or what is linked.
func (f *files) FindDescriptorByName(name protoreflect.FullName) (protoreflect.Descriptor, error) {
	if d, err := f.Files.FindDescriptorByName(name); err == nil {
		return d, nil
	}
	return protoregistry.GlobalFiles.FindDescriptorByName(name)
}

// load adds a file of testdata.
func (f *files) load(name string) protoreflect.FileDescriptor {
	f.t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		f.t.Fatal(err)
	}
	return f.add(string(text))
}

// add adds the file that text describes.
func (f *files) add(text string) protoreflect.FileDescriptor {
	f.t.Helper()
	fdp := new(descriptorpb.FileDescriptorProto)
	options := prototext.UnmarshalOptions{Resolver: dynamicpb.NewTypes(f.Files)}
	if err := options.Unmarshal([]byte(text), fdp); err != nil {
		f.t.Fatal(err)
	}
	fd, err := protodesc.FileOptions{AllowUnresolvable: true}.New(fdp, f)
	if err != nil {
		f.t.Fatal(err)
	}
	if err := f.RegisterFile(fd); err != nil {
		f.t.Fatal(err)
	}
	return fd
}

func servicesOf(all ...protoreflect.FileDescriptor) (services []protoreflect.ServiceDescriptor) {
	for _, fd := range all {
		for i := range fd.Services().Len() {
			services = append(services, fd.Services().Get(i))
		}
	}
	return services
}
