package grpcgo

import (
	"slices"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	grpchealth "google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	grpcreflection "google.golang.org/grpc/reflection"
	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/health"
	"github.com/curlew-rpc/curlew/interop/internal/peerpb"
	"github.com/curlew-rpc/curlew/interop/peerservice"
	"github.com/curlew-rpc/curlew/reflection"
)

// This binary links both stacks' packages of health checking, load reports, reflection and
// status details. If they registered the same protobuf names, it would panic
// before any test.

// The reference client watches and asks our health service.
func TestHealthServer(t *testing.T) {
	checker := health.New()
	checker.Set("a.B", health.NotServing)
	addr := curlewServer(t, nil, func(s *curlew.Server) { checker.Register(s) })
	client := healthpb.NewHealthClient(grpcConn(t, addr, nil))
	ctx := bounded(t)
	for service, want := range map[string]healthpb.HealthCheckResponse_ServingStatus{
		"":    healthpb.HealthCheckResponse_SERVING,
		"a.B": healthpb.HealthCheckResponse_NOT_SERVING,
	} {
		res, err := client.Check(ctx, &healthpb.HealthCheckRequest{Service: service})
		if err != nil || res.Status != want {
			t.Errorf("%q: %v, error %v, want %v", service, res, err, want)
		}
	}
	if _, err := client.Check(ctx, &healthpb.HealthCheckRequest{Service: "none"}); status.Code(err) != codes.NotFound {
		t.Errorf("an unknown service: error %v", err)
	}
	list, err := client.List(ctx, &healthpb.HealthListRequest{})
	if err != nil || len(list.Statuses) != 2 || list.Statuses["a.B"].GetStatus() != healthpb.HealthCheckResponse_NOT_SERVING {
		t.Errorf("list %v, error %v", list, err)
	}
	watch, err := client.Watch(ctx, &healthpb.HealthCheckRequest{Service: "a.B"})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []healthpb.HealthCheckResponse_ServingStatus{
		healthpb.HealthCheckResponse_NOT_SERVING,
		healthpb.HealthCheckResponse_SERVING,
	} {
		res, err := watch.Recv()
		if err != nil || res.Status != want {
			t.Fatalf("watch: %v, error %v, want %v", res, err, want)
		}
		checker.Set("a.B", health.Serving)
	}
}

// Our client asks the reference health service.
func TestHealthClient(t *testing.T) {
	svc := grpchealth.NewServer()
	svc.SetServingStatus("a.B", healthpb.HealthCheckResponse_NOT_SERVING)
	addr := grpcServer(t, nil, func(s *grpc.Server) { healthpb.RegisterHealthServer(s, svc) })
	client := health.NewClient(curlewClient(t, addr, nil))
	ctx := bounded(t)
	if s, err := client.Check(ctx, ""); s != health.Serving || err != nil {
		t.Errorf("the server: %v, error %v", s, err)
	}
	if s, err := client.Check(ctx, "a.B"); s != health.NotServing || err != nil {
		t.Errorf("a.B: %v, error %v", s, err)
	}
	if _, err := client.Check(ctx, "none"); curlew.CodeOf(err) != curlew.NotFound {
		t.Errorf("an unknown service: error %v", err)
	}
	var seen []health.Status
	for s, err := range client.Watch(ctx, "a.B") {
		if err != nil {
			t.Fatal(err)
		}
		if seen = append(seen, s); s == health.Serving {
			break
		}
		svc.SetServingStatus("a.B", healthpb.HealthCheckResponse_SERVING)
	}
	if want := []health.Status{health.NotServing, health.Serving}; !slices.Equal(seen, want) {
		t.Errorf("watched %v, want %v", seen, want)
	}
}

// The reference client gets the same of our reflection as of the reference's.
func TestReflectionServer(t *testing.T) {
	ours := curlewServer(t, nil, peerservice.Register, func(s *curlew.Server) {
		health.New().Register(s)
		reflection.Register(s)
	})
	theirs := grpcServer(t, nil, func(s *grpc.Server) {
		peerpb.RegisterPeerServiceServer(s, new(peerServer))
		healthpb.RegisterHealthServer(s, grpchealth.NewServer())
		grpcreflection.Register(s)
	})
	requests := []*reflectionpb.ServerReflectionRequest{
		{MessageRequest: &reflectionpb.ServerReflectionRequest_ListServices{}},
		{MessageRequest: &reflectionpb.ServerReflectionRequest_FileByFilename{FileByFilename: "curlew/interop/v1/peer.proto"}},
		{MessageRequest: &reflectionpb.ServerReflectionRequest_FileByFilename{FileByFilename: "google/protobuf/any.proto"}},
		{MessageRequest: &reflectionpb.ServerReflectionRequest_FileByFilename{FileByFilename: "none.proto"}},
		{MessageRequest: &reflectionpb.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: "curlew.interop.v1.PeerService"}},
		{MessageRequest: &reflectionpb.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: "curlew.interop.v1.Failure"}},
		{MessageRequest: &reflectionpb.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: "grpc.health.v1.Health"}},
		{MessageRequest: &reflectionpb.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: "grpc.reflection.v1.ServerReflection"}},
		{MessageRequest: &reflectionpb.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: "no.Such"}},
	}
	got, want := reflect(t, ours, requests), reflect(t, theirs, requests)
	for i, req := range requests {
		if !proto.Equal(got[i], want[i]) {
			t.Errorf("%v:\n%v\nwant\n%v", req, got[i], want[i])
		}
	}
}

// reflect returns the comparable parts of a server's answers: of errors the code,
// and of files what is said of messages and services.
func reflect(t *testing.T, addr string, requests []*reflectionpb.ServerReflectionRequest) (answers []proto.Message) {
	stream, err := reflectionpb.NewServerReflectionClient(grpcConn(t, addr, nil)).ServerReflectionInfo(bounded(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, req := range requests {
		if err := stream.Send(req); err != nil {
			t.Fatal(err)
		}
		res, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		answers = append(answers, asked(t, res))
	}
	return answers
}

// asked returns what answers to the same question have in common.
func asked(t *testing.T, res *reflectionpb.ServerReflectionResponse) proto.Message {
	switch r := res.MessageResponse.(type) {
	case *reflectionpb.ServerReflectionResponse_ErrorResponse:
		r.ErrorResponse.ErrorMessage = ""
		return r.ErrorResponse
	case *reflectionpb.ServerReflectionResponse_FileDescriptorResponse:
		// The file that was asked for and those that it imports, in any order.
		var set descriptorpb.FileDescriptorSet
		for _, b := range r.FileDescriptorResponse.FileDescriptorProto {
			f := new(descriptorpb.FileDescriptorProto)
			if err := proto.Unmarshal(b, f); err != nil {
				t.Fatal(err)
			}
			f.Options = nil
			set.File = append(set.File, f)
		}
		slices.SortFunc(set.File, func(a, b *descriptorpb.FileDescriptorProto) int {
			return len(a.GetName()) - len(b.GetName())
		})
		return &set
	case *reflectionpb.ServerReflectionResponse_ListServicesResponse:
		return r.ListServicesResponse
	}
	t.Fatalf("answer %v", res)
	return nil
}

// Details that one stack makes are the other's.
func TestDetails(t *testing.T) {
	addr := curlewServer(t, nil, peerservice.Register)
	want := &errdetails.ErrorInfo{Reason: "R", Domain: "d", Metadata: map[string]string{"k": "v"}}
	made, err := status.New(codes.Aborted, "m").WithDetails(want)
	if err != nil {
		t.Fatal(err)
	}
	_, err = peerpb.NewPeerServiceClient(grpcConn(t, addr, nil)).Unary(bounded(t), &peerpb.Request{
		Failure: &peerpb.Failure{Code: int32(codes.Aborted), Message: "m", Details: made.Proto().Details},
	})
	if got := status.Convert(err).Proto(); !proto.Equal(got, made.Proto()) {
		t.Errorf("status %v, want %v", got, made.Proto())
	}
}
