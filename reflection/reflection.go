package reflection

import (
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/reflection/internal/reflectionpb"
)

// An Option changes what a server tells.
type Option func(*reflector)

// WithFiles takes descriptors from files instead of protoregistry.GlobalFiles, for
// services whose code was not generated, for instance; a *protoregistry.Files is
// one. The files of health checking and of reflection need not be among them. Its
// methods return protoregistry.NotFound for what they do not know, and may be called
// concurrently.
//
// Extensions are taken from files too if it has the method RangeFiles of
// *protoregistry.Files.
func WithFiles(files protodesc.Resolver) Option {
	return func(r *reflector) { r.files = files }
}

// WithExtensions takes extensions from extensions instead of from the files.
func WithExtensions(extensions Extensions) Option {
	return func(r *reflector) { r.extensions = typeIndex{extensions} }
}

// WithServices has only those services listed for which show is true. It hides
// nothing else: who knows the name of a service can ask for its file.
func WithServices(show func(name string) bool) Option {
	return func(r *reflector) { r.show = show }
}

// Register has s tell about its services, those that are registered later included.
func Register(s *curlew.Server, opts ...Option) {
	r := &reflector{
		server: s,
		files:  protoregistry.GlobalFiles,
		show:   func(string) bool { return true },
	}
	for _, o := range opts {
		o(r)
	}
	if r.extensions == nil {
		r.extensions = indexOf(r.files)
	}
	reflectionpb.RegisterServerReflection(s, r)
	s.Register(curlew.Service{
		Name:    alphaName,
		File:    "grpc/reflection/v1alpha/reflection.proto",
		Methods: []curlew.MethodHandler{curlew.HandleBidi(alphaInfo, r.ServerReflectionInfo)},
	})
}

const alphaName = "grpc.reflection.v1alpha.ServerReflection"

// alphaInfo is the method of v1alpha, whose messages are those of v1.
var alphaInfo = &curlew.MethodOf[*reflectionpb.ServerReflectionRequest, *reflectionpb.ServerReflectionResponse]{
	Method:      curlew.Method{Path: "/" + alphaName + "/ServerReflectionInfo", Kind: curlew.KindBidi},
	NewRequest:  func() *reflectionpb.ServerReflectionRequest { return new(reflectionpb.ServerReflectionRequest) },
	NewResponse: func() *reflectionpb.ServerReflectionResponse { return new(reflectionpb.ServerReflectionResponse) },
}
