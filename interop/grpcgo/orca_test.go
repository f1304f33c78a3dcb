package grpcgo

import (
	"context"
	"fmt"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/interop"
	testgrpc "google.golang.org/grpc/interop/grpc_testing"
	grpcorca "google.golang.org/grpc/orca"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/codec"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
	"github.com/curlew-rpc/curlew/interop/internal/testcert"
	"github.com/curlew-rpc/curlew/interop/internal/testcurlew"
	"github.com/curlew-rpc/curlew/interop/testservice"
)

// loadPolicy is a policy of the reference client that shows the reports it gets.
const loadPolicy = `{"loadBalancingConfig": [{"test_backend_metrics_load_balancer": {}}]}`

// The reference client gets our reports, with calls and without.
func TestLoadReportsOfServer(t *testing.T) {
	securities(t, func(t *testing.T, pair *testcert.Pair) {
		addr := curlewServer(t, pair, testservice.Register)
		cc := grpcConn(t, addr, pair, grpc.WithDefaultServiceConfig(loadPolicy))
		for name, run := range map[string]func(context.Context, testgrpc.TestServiceClient){
			"orca_per_rpc": interop.DoORCAPerRPCTest,
			"orca_oob":     interop.DoORCAOOBTest,
		} {
			t.Run(name, func(t *testing.T) {
				attempt(t, func() { run(bounded(t), testgrpc.NewTestServiceClient(cc)) })
			})
		}
	})
}

// We read what the reference server says of a call.
func TestLoadReportOfCall(t *testing.T) {
	recorder := grpcorca.NewServerMetricsRecorder()
	recorder.SetQPS(12.5)
	recorder.SetApplicationUtilization(0.75)
	addr := grpcServe(t, []grpc.ServerOption{grpcorca.CallMetricsServerOption(recorder)}, func(s *grpc.Server) {
		testgrpc.RegisterTestServiceServer(s, interop.NewTestServer())
	})
	var trailer curlew.Header
	client := testcurlew.NewTestServiceClient(curlewClient(t, addr, nil)).With(curlew.CaptureTrailer(&trailer))
	_, err := client.UnaryCall(bounded(t), &testgrpc.SimpleRequest{OrcaPerQueryReport: &testgrpc.TestOrcaReport{
		CpuUtilization: 0.8210, MemoryUtilization: 0.5847,
		RequestCost: map[string]float64{"cost": 3456.32}, Utilization: map[string]float64{"util": 0.30499},
	}})
	if err != nil {
		t.Fatal(err)
	}
	got, err := wire.ParseLoadReport([]byte(trailer.Get(wire.LoadReportTrailer)))
	want := wire.LoadReport{
		CPU: 0.8210, Memory: 0.5847, Application: 0.75, QPS: 12.5,
		Cost: map[string]float64{"cost": 3456.32}, Utilization: map[string]float64{"util": 0.30499},
	}
	if err != nil {
		t.Fatal(err)
	}
	wantReport(t, got, want)
}

// We ask the reference server for reports without calls, and read the first.
func TestLoadReportWithoutCall(t *testing.T) {
	recorder := grpcorca.NewServerMetricsRecorder()
	recorder.SetCPUUtilization(1.25)
	recorder.SetEPS(0.5)
	recorder.SetNamedUtilization("util", 0.2039)
	addr := grpcServer(t, nil, func(s *grpc.Server) {
		if err := grpcorca.Register(s, grpcorca.ServiceOptions{ServerMetricsProvider: recorder}); err != nil {
			t.Error(err)
		}
	})
	client, err := curlew.NewClient("passthrough:///"+addr, curlew.WithCodecs(codec.Raw("proto")))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	var got wire.LoadReport
	method := &curlew.MethodOf[[]byte, *[]byte]{
		Method:      curlew.Method{Path: "/xds.service.orca.v3.OpenRcaService/StreamCoreMetrics", Kind: curlew.KindServerStream},
		NewRequest:  func() []byte { return nil },
		NewResponse: func() *[]byte { return new([]byte) },
	}
	for res, err := range curlew.CallServerStream(bounded(t), client.Caller(), method, wire.AppendLoadReportRequest(nil, 90*time.Second)) {
		if err != nil {
			t.Fatal(err)
		}
		if got, err = wire.ParseLoadReport(*res); err != nil {
			t.Error(err)
		}
		break
	}
	wantReport(t, got, wire.LoadReport{CPU: 1.25, EPS: 0.5, Utilization: map[string]float64{"util": 0.2039}})
}

func wantReport(t *testing.T, got, want wire.LoadReport) {
	t.Helper()
	if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); g != w {
		t.Errorf("report %s, want %s", g, w)
	}
}
