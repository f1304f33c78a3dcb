package reflection_test

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	_ "google.golang.org/protobuf/types/gofeaturespb" // has an extension

	"github.com/curlew-rpc/curlew"
	echov1 "github.com/curlew-rpc/curlew/internal/testproto/echo/v1"
)

const (
	durationFile = "google/protobuf/duration.proto"
	descFile     = "google/protobuf/descriptor.proto"
	featuresFile = "google/protobuf/go_features.proto"
	healthFile   = "grpc/health/v1/health.proto"
	v1File       = "grpc/reflection/v1/reflection.proto"
	v1alphaFile  = "grpc/reflection/v1alpha/reflection.proto"
	orcaFile     = "xds/service/orca/v3/orca.proto"
	reportFile   = "xds/data/orca/v3/orca_load_report.proto"
)

var echoFile = new(echov1.EchoRequest).ProtoReflect().Descriptor().ParentFile().Path()

// Each is asked for on a stream of its own, so that imports come along.
func TestFiles(t *testing.T) {
	for _, test := range []struct {
		req  *request
		want []string
	}{
		{byPath(echoFile), []string{echoFile, durationFile}},
		{byPath(durationFile), []string{durationFile}},
		{byPath(healthFile), []string{healthFile}},
		{byPath(v1File), []string{v1File}},
		{byPath(v1alphaFile), []string{v1alphaFile}},
		{bySymbol("curlew.test.echo.v1.EchoService"), []string{echoFile, durationFile}},
		{bySymbol("curlew.test.echo.v1.EchoService.Bidi"), []string{echoFile, durationFile}},
		{bySymbol("curlew.test.echo.v1.EchoRequest"), []string{echoFile, durationFile}},
		{bySymbol("curlew.test.echo.v1.EchoRequest.text"), []string{echoFile, durationFile}},
		{bySymbol("curlew.test.echo.v1.EchoResponse.HeaderEntry.value"), []string{echoFile, durationFile}},
		{bySymbol("google.protobuf.FieldDescriptorProto.Type"), []string{descFile}},
		{bySymbol("google.protobuf.FieldDescriptorProto.TYPE_INT32"), []string{descFile}},
		{bySymbol("pb.go"), []string{featuresFile, descFile}},
		{bySymbol("grpc.health.v1.Health.Watch"), []string{healthFile}},
		{bySymbol("grpc.health.v1.HealthCheckResponse.ServingStatus"), []string{healthFile}},
		{bySymbol("xds.service.orca.v3.OpenRcaService"), []string{orcaFile, durationFile, reportFile}},
		{bySymbol("xds.data.orca.v3.OrcaLoadReport.cpu_utilization"), []string{reportFile}},
		{bySymbol("grpc.reflection.v1.ServerReflection"), []string{v1File}},
		{bySymbol("grpc.reflection.v1.ServerReflectionRequest.message_request"), []string{v1File}},
		{bySymbol("grpc.reflection.v1alpha.ServerReflection"), []string{v1alphaFile}},
		{bySymbol("grpc.reflection.v1alpha.ExtensionRequest"), []string{v1alphaFile}},
		{byExtension("google.protobuf.FeatureSet", 1002), []string{featuresFile, descFile}},
	} {
		for _, version := range versions {
			res := ask(t, served(t, version), test.req)
			if got := paths(t, res); !slices.Equal(got, test.want) {
				t.Errorf("%s: %v is answered with %q, want %q", version, test.req, got, test.want)
			}
			if _, err := protodesc.NewFiles(files(t, res)); err != nil {
				t.Errorf("%v: %v", test.req, err)
			}
		}
	}
}

// What a client has got on a stream is not sent again, unless it asks for it.
func TestImportsAreSentOnce(t *testing.T) {
	c := served(t, "v1")
	for i, test := range []struct {
		req  *request
		want []string
	}{
		{byPath(echoFile), []string{echoFile, durationFile}},
		{byPath(echoFile), []string{echoFile}},
		{byPath(durationFile), []string{durationFile}},
		{byPath(descFile), []string{descFile}},
		{byPath(featuresFile), []string{featuresFile}},
	} {
		if got := paths(t, ask(t, c, test.req)); !slices.Equal(got, test.want) {
			t.Errorf("answer %d is %q, want %q", i, got, test.want)
		}
	}
}

func TestExtensionNumbers(t *testing.T) {
	c := served(t, "v1")
	res := ask(t, c, extensionsOf("google.protobuf.FeatureSet")).GetAllExtensionNumbersResponse()
	if res.GetBaseTypeName() != "google.protobuf.FeatureSet" || !slices.Contains(res.GetExtensionNumber(), 1002) || !slices.IsSorted(res.GetExtensionNumber()) {
		t.Errorf("extensions %v", res)
	}
	res = ask(t, c, extensionsOf("grpc.health.v1.HealthCheckRequest")).GetAllExtensionNumbersResponse()
	if res.GetBaseTypeName() != "grpc.health.v1.HealthCheckRequest" || len(res.GetExtensionNumber()) != 0 {
		t.Errorf("extensions %v", res)
	}
}

// A request that cannot be answered does not end the call.
func TestErrors(t *testing.T) {
	for _, version := range versions {
		c := served(t, version)
		for _, test := range []struct {
			req  *request
			code curlew.Code
		}{
			{byPath(""), curlew.NotFound},
			{byPath("no/such.proto"), curlew.NotFound},
			{bySymbol(""), curlew.NotFound},
			{bySymbol("."), curlew.NotFound},
			{bySymbol("no.Such"), curlew.NotFound},
			{bySymbol("curlew.test.echo.v1"), curlew.NotFound},
			{bySymbol("curlew.test.echo.v1.EchoService.NoSuch"), curlew.NotFound},
			{byExtension("google.protobuf.FeatureSet", 1), curlew.NotFound},
			{byExtension("google.protobuf.FeatureSet", -1), curlew.NotFound},
			{byExtension("no.Such", 1002), curlew.NotFound},
			{extensionsOf("no.Such"), curlew.NotFound},
			{extensionsOf("grpc.health.v1.Health"), curlew.NotFound},
			{&request{}, curlew.Unimplemented},
		} {
			wantError(t, ask(t, c, test.req), test.code)
		}
		if got := paths(t, ask(t, c, byPath(durationFile))); len(got) != 1 {
			t.Errorf("after errors: %q", got)
		}
		c.CloseSend()
		if err := c.Close(); err != nil {
			t.Errorf("the call ends with %v", err)
		}
	}
}

// The descriptors of v1alpha, which are made of those of v1, have its names throughout.
func TestAlphaDescriptors(t *testing.T) {
	c := served(t, "v1")
	set := files(t, ask(t, c, byPath(v1alphaFile)))
	registry, err := protodesc.NewFiles(set)
	if err != nil {
		t.Fatal(err)
	}
	d, err := registry.FindDescriptorByName("grpc.reflection.v1alpha.ServerReflection.ServerReflectionInfo")
	if err != nil {
		t.Fatal(err)
	}
	info := d.(protoreflect.MethodDescriptor)
	if in, out := info.Input().FullName(), info.Output().FullName(); in != "grpc.reflection.v1alpha.ServerReflectionRequest" ||
		out != "grpc.reflection.v1alpha.ServerReflectionResponse" || !info.IsStreamingClient() || !info.IsStreamingServer() {
		t.Errorf("from %v to %v", in, out)
	}
	options := set.GetFile()[0].GetOptions()
	if options.GetGoPackage() != "google.golang.org/grpc/reflection/grpc_reflection_v1alpha" ||
		options.GetJavaPackage() != "io.grpc.reflection.v1alpha" || !options.GetDeprecated() {
		t.Errorf("options %v", options)
	}
	if v1 := files(t, ask(t, c, byPath(v1File))).GetFile()[0].GetOptions(); v1.GetGoPackage() != "google.golang.org/grpc/reflection/grpc_reflection_v1" || v1.GetDeprecated() {
		t.Errorf("options of v1: %v", v1)
	}
}
