package reflection_test

import (
	"io"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/health"
	echov1 "github.com/curlew-rpc/curlew/internal/testproto/echo/v1"
	"github.com/curlew-rpc/curlew/reflection"
	"github.com/curlew-rpc/curlew/reflection/internal/reflectionpb"
)

type (
	request  = reflectionpb.ServerReflectionRequest
	response = reflectionpb.ServerReflectionResponse
	call     = curlew.BidiCall[*request, *response]
)

var versions = []string{"v1", "v1alpha"}

// begin begins a call of reflection.
func begin(t *testing.T, c *curlew.Client, version string) *call {
	t.Helper()
	b, err := curlew.CallBidi(t.Context(), c.Caller(), &curlew.MethodOf[*request, *response]{
		Method:      curlew.Method{Path: "/grpc.reflection." + version + ".ServerReflection/ServerReflectionInfo", Kind: curlew.KindBidi},
		NewResponse: func() *response { return new(response) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// served begins a call to a server with health checking, an echo and reflection.
func served(t *testing.T, version string, opts ...reflection.Option) *call {
	t.Helper()
	curlewtest.NoLeaks(t)
	s := curlewtest.NewServer(t, func(s *curlew.Server) {
		reflection.Register(s, opts...)
		health.New().Register(s)
		echov1.RegisterEchoService(s, echov1.UnimplementedEchoService{})
	})
	return begin(t, s.Client, version)
}

// ask sends a request and checks what every response has.
func ask(t *testing.T, c *call, req *request) *response {
	t.Helper()
	req.Host = "users.internal"
	if err := c.Send(req); err != nil && err != io.EOF {
		t.Fatal(err)
	}
	res, err := c.Recv()
	if err != nil {
		t.Fatalf("%v: %v", req, err)
	}
	if res.GetValidHost() != req.Host || !proto.Equal(res.GetOriginalRequest(), req) {
		t.Errorf("%v is answered as %q, %v", req, res.GetValidHost(), res.GetOriginalRequest())
	}
	return res
}

// paths returns the paths of the files of a response.
func paths(t *testing.T, res *response) (paths []string) {
	t.Helper()
	if e := res.GetErrorResponse(); e != nil {
		t.Errorf("%v fails with %v", res.GetOriginalRequest(), e)
	}
	for _, f := range files(t, res).GetFile() {
		paths = append(paths, f.GetName())
	}
	return paths
}

func files(t *testing.T, res *response) *descriptorpb.FileDescriptorSet {
	t.Helper()
	var set descriptorpb.FileDescriptorSet
	for _, b := range res.GetFileDescriptorResponse().GetFileDescriptorProto() {
		f := new(descriptorpb.FileDescriptorProto)
		if err := proto.Unmarshal(b, f); err != nil {
			t.Fatal(err)
		}
		set.File = append(set.File, f)
	}
	return &set
}

func wantError(t *testing.T, res *response, code curlew.Code) {
	t.Helper()
	e := res.GetErrorResponse()
	if e == nil || curlew.Code(e.GetErrorCode()) != code || e.GetErrorMessage() == "" {
		t.Errorf("%v is answered with %v, want %v", res.GetOriginalRequest(), res.GetMessageResponse(), code)
	}
}

func bySymbol(name string) *request {
	return &request{MessageRequest: &reflectionpb.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: name}}
}

func byPath(path string) *request {
	return &request{MessageRequest: &reflectionpb.ServerReflectionRequest_FileByFilename{FileByFilename: path}}
}

func byExtension(message string, number int32) *request {
	return &request{MessageRequest: &reflectionpb.ServerReflectionRequest_FileContainingExtension{
		FileContainingExtension: &reflectionpb.ExtensionRequest{ContainingType: message, ExtensionNumber: number},
	}}
}

func extensionsOf(message string) *request {
	return &request{MessageRequest: &reflectionpb.ServerReflectionRequest_AllExtensionNumbersOfType{AllExtensionNumbersOfType: message}}
}

func list() *request {
	return &request{MessageRequest: &reflectionpb.ServerReflectionRequest_ListServices{ListServices: "*"}}
}
