package grpcgo

import (
	"context"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/interop"
	testgrpc "google.golang.org/grpc/interop/grpc_testing"

	"github.com/curlew-rpc/curlew/interop/internal/testcert"
	"github.com/curlew-rpc/curlew/interop/testservice"
)

// referenceCases are the reference client's cases on a channel.
var referenceCases = []struct {
	name string
	run  func(context.Context, *grpc.ClientConn)
}{
	{"empty_unary", onService(interop.DoEmptyUnaryCall)},
	{"large_unary", onService(interop.DoLargeUnaryCall)},
	{"client_streaming", onService(interop.DoClientStreaming)},
	{"server_streaming", onService(interop.DoServerStreaming)},
	{"ping_pong", onService(interop.DoPingPong)},
	{"empty_stream", onService(interop.DoEmptyStream)},
	{"timeout_on_sleeping_server", onService(interop.DoTimeoutOnSleepingServer)},
	{"cancel_after_begin", onService(interop.DoCancelAfterBegin)},
	{"cancel_after_first_response", onService(interop.DoCancelAfterFirstResponse)},
	{"status_code_and_message", onService(interop.DoStatusCodeAndMessage)},
	{"special_status_message", onService(interop.DoSpecialStatusMessage)},
	{"custom_metadata", onService(interop.DoCustomMetadata)},
	{"unimplemented_method", interop.DoUnimplementedMethod},
	{"unimplemented_service", func(ctx context.Context, cc *grpc.ClientConn) {
		interop.DoUnimplementedService(ctx, testgrpc.NewUnimplementedServiceClient(cc))
	}},
	{"pick_first_unary", func(ctx context.Context, cc *grpc.ClientConn) {
		interop.DoPickFirstUnary(ctx, testgrpc.NewTestServiceClient(cc))
	}},
}

func onService(f func(context.Context, testgrpc.TestServiceClient, ...grpc.CallOption)) func(context.Context, *grpc.ClientConn) {
	return func(ctx context.Context, cc *grpc.ClientConn) { f(ctx, testgrpc.NewTestServiceClient(cc)) }
}

// The reference client against our server.
func TestServer(t *testing.T) {
	securities(t, func(t *testing.T, pair *testcert.Pair) {
		addr := curlewServer(t, pair, testservice.Register)
		cc := grpcConn(t, addr, pair)
		for _, c := range referenceCases {
			t.Run(c.name, func(t *testing.T) {
				attempt(t, func() { c.run(bounded(t), cc) })
			})
		}
		soak := interop.SoakTestConfig{
			RequestSize:                      271828,
			ResponseSize:                     314159,
			PerIterationMaxAcceptableLatency: 10 * time.Second,
			OverallTimeout:                   30 * time.Second,
			ServerAddr:                       addr,
			NumWorkers:                       4,
			Iterations:                       100,
		}
		t.Run("rpc_soak", func(t *testing.T) {
			soak.ChannelForTest = func() (*grpc.ClientConn, func()) { return cc, func() {} }
			attempt(t, func() { interop.DoSoakTest(bounded(t), soak) })
		})
		t.Run("channel_soak", func(t *testing.T) {
			soak.ChannelForTest = func() (*grpc.ClientConn, func()) {
				cc := grpcConn(t, addr, pair)
				return cc, func() { cc.Close() }
			}
			attempt(t, func() { interop.DoSoakTest(bounded(t), soak) })
		})
	})
}
