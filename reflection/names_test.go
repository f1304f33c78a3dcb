package reflection_test

import (
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/curlew-rpc/curlew/reflection/internal/reflectionpb"
)

// Another package of the program may register these names, and would panic if we had.
func TestNothingIsRegistered(t *testing.T) {
	served(t, "v1") // whatever is done at first use has been done
	for _, pkg := range []string{"grpc.reflection.v1", "grpc.reflection.v1alpha", "grpc.health.v1", "xds.data.orca.v3", "xds.service.orca.v3"} {
		if n := protoregistry.GlobalFiles.NumFilesByPackage(protoreflect.FullName(pkg)); n != 0 {
			t.Errorf("%d files of %s are registered", n, pkg)
		}
	}
	messages := reflectionpb.File_grpc_reflection_v1_reflection_proto.Messages()
	for i := range messages.Len() {
		name := messages.Get(i).FullName()
		if m, err := protoregistry.GlobalTypes.FindMessageByName(name); err != protoregistry.NotFound {
			t.Errorf("message %s: %v, %v", name, m, err)
		}
	}
	if messages.Len() != 8 {
		t.Errorf("%d messages", messages.Len())
	}
}
