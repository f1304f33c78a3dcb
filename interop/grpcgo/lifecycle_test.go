package grpcgo

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/interop/internal/peerpb"
	"github.com/curlew-rpc/curlew/interop/internal/peerpb/peerpbcurlew"
	"github.com/curlew-rpc/curlew/interop/peerservice"
)

// grpcServerWith serves PeerService by the reference stack with options.
func grpcServerWith(t *testing.T, opts ...grpc.ServerOption) (*grpc.Server, string) {
	srv := grpc.NewServer(opts...)
	peerpb.RegisterPeerServiceServer(srv, new(peerServer))
	l := listen(t)
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	t.Cleanup(func() {
		srv.Stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return srv, l.Addr().String()
}

// together runs n calls at once and fails the test by their errors.
func together(t *testing.T, n int, call func(i int) error) {
	t.Helper()
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { errs[i] = call(i) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
}

// reach waits until a server has n calls under way.
func reach(t *testing.T, n int32, running func() (*peerpb.RunningResponse, error)) {
	t.Helper()
	for {
		res, err := running()
		if err != nil {
			t.Fatal(err)
		}
		if res.Calls == n {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// More calls than the server has streams for wait for each other.
func TestClientWaitsForStreams(t *testing.T) {
	for _, limit := range []uint32{1, 7} {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			_, addr := grpcServerWith(t, grpc.MaxConcurrentStreams(limit))
			client := peerpbcurlew.NewPeerServiceClient(curlewClient(t, addr, nil))
			ctx := bounded(t)
			together(t, 300, func(int) error {
				_, err := client.Unary(ctx, &peerpb.Request{DelayMs: 1})
				return err
			})
		})
	}
}

func TestServerLimitsStreams(t *testing.T) {
	for _, limit := range []int{1, 7} {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			addr := curlewServerWith(t, []curlew.ServerOption{curlew.WithMaxStreams(limit)}, peerservice.Register)
			client := peerpb.NewPeerServiceClient(grpcConn(t, addr, nil))
			ctx := bounded(t)
			together(t, 300, func(int) error {
				_, err := client.Unary(ctx, &peerpb.Request{DelayMs: 1})
				return err
			})
		})
	}
}

// No call of our client fails while the server gives its connections a short life.
func TestClientLosesNothingByConnectionAge(t *testing.T) {
	var conns atomic.Int32
	_, addr := grpcServerWith(t,
		grpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionAge: 150 * time.Millisecond, MaxConnectionAgeGrace: 10 * time.Second}),
		grpc.StatsHandler(countConns{&conns}))
	client := peerpbcurlew.NewPeerServiceClient(curlewClient(t, addr, nil))
	ctx := bounded(t)
	end := time.Now().Add(1500 * time.Millisecond)
	together(t, 16, func(i int) error {
		for n := 0; time.Now().Before(end); n++ {
			if _, err := client.Unary(ctx, &peerpb.Request{DelayMs: int32(i % 3)}); err != nil {
				return fmt.Errorf("goroutine %d, call %d: %w", i, n, err)
			}
		}
		return nil
	})
	if n := conns.Load(); n < 3 {
		t.Errorf("only %d connections: nothing was tested", n)
	}
}

// Calls under way end, and new ones go to the server that takes the address over.
func TestServerShutdownLosesNothing(t *testing.T) {
	srv := curlew.NewServer()
	peerservice.Register(srv)
	l := listen(t)
	addr := l.Addr().String()
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()

	client := peerpb.NewPeerServiceClient(grpcConn(t, addr, nil))
	ctx := bounded(t)
	if _, err := client.Unary(ctx, &peerpb.Request{}); err != nil {
		t.Fatal(err)
	}
	stream, err := client.Bidi(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Send(&peerpb.Request{Responses: 1}); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); err != nil {
		t.Fatal(err)
	}
	var calls sync.WaitGroup
	for range 20 {
		calls.Go(func() {
			if _, err := client.Unary(ctx, &peerpb.Request{DelayMs: 1000}); err != nil {
				t.Errorf("a call under way: %v", err)
			}
		})
	}
	reach(t, 21, func() (*peerpb.RunningResponse, error) { return client.Running(ctx, &peerpb.RunningRequest{}) })
	down := make(chan error, 1)
	go func() { down <- srv.Shutdown(ctx) }()
	calls.Wait()
	// The stream holds the server up and still works.
	if err := stream.Send(&peerpb.Request{Responses: 1}); err != nil {
		t.Error(err)
	}
	if _, err := stream.Recv(); err != nil {
		t.Errorf("the stream under way: %v", err)
	}
	select {
	case err := <-down:
		t.Errorf("Shutdown has returned %v while a stream is open", err)
	default:
	}
	_, err = client.Unary(ctx, &peerpb.Request{})
	if status.Code(err) != codes.Unavailable {
		t.Errorf("a call to a server that is shutting down: error %v", err)
	}
	if err := stream.CloseSend(); err != nil {
		t.Error(err)
	}
	if err := <-down; err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	if err := <-served; !errors.Is(err, curlew.ErrServerClosed) {
		t.Error(err)
	}
}

// The reference server's graceful stop lets our client's calls finish.
func TestClientSurvivesGracefulStop(t *testing.T) {
	srv, addr := grpcServerWith(t)
	client := peerpbcurlew.NewPeerServiceClient(curlewClient(t, addr, nil))
	ctx := bounded(t)
	call, err := client.Bidi(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer call.Close()
	ping := func() error {
		if err := call.Send(&peerpb.Request{Responses: 1}); err != nil {
			return err
		}
		_, err := call.Recv()
		return err
	}
	if err := ping(); err != nil {
		t.Fatal(err)
	}
	var calls sync.WaitGroup
	for range 20 {
		calls.Go(func() {
			if _, err := client.Unary(ctx, &peerpb.Request{DelayMs: 1000}); err != nil {
				t.Errorf("a call under way: %v", err)
			}
		})
	}
	reach(t, 21, func() (*peerpb.RunningResponse, error) { return client.Running(ctx, &peerpb.RunningRequest{}) })
	stopped := make(chan struct{})
	go func() { srv.GracefulStop(); close(stopped) }()
	calls.Wait()
	if err := ping(); err != nil {
		t.Errorf("the stream under way: %v", err)
	}
	if _, err := client.Unary(ctx, &peerpb.Request{}); curlew.CodeOf(err) != curlew.Unavailable {
		t.Errorf("a call to a server that is stopping: error %v", err)
	}
	if err := call.CloseSend(); err != nil {
		t.Error(err)
	}
	<-stopped
}

// Calls under way fail with Unavailable when the connection is cut, and later ones
// find the server that has come back.
func TestClientReconnects(t *testing.T) {
	l := listen(t)
	addr := l.Addr().String()
	serve := func() *grpc.Server {
		srv := grpc.NewServer()
		peerpb.RegisterPeerServiceServer(srv, new(peerServer))
		return srv
	}
	first := serve()
	go first.Serve(l)
	client := peerpbcurlew.NewPeerServiceClient(curlewClient(t, addr, nil))
	ctx := bounded(t)
	if _, err := client.Unary(ctx, &peerpb.Request{}); err != nil {
		t.Fatal(err)
	}
	cut := make(chan error, 1)
	go func() {
		_, err := client.Unary(ctx, &peerpb.Request{DelayMs: 60000})
		cut <- err
	}()
	reach(t, 1, func() (*peerpb.RunningResponse, error) { return client.Running(ctx, &peerpb.RunningRequest{}) })
	first.Stop()
	if err := <-cut; curlew.CodeOf(err) != curlew.Unavailable {
		t.Errorf("the call under way: error %v", err)
	}
	l = listenAt(t, addr)
	second := serve()
	go second.Serve(l)
	defer second.Stop()
	if _, err := client.With(curlew.WaitForReady()).Unary(ctx, &peerpb.Request{}); err != nil {
		t.Errorf("a call to the server that is back: %v", err)
	}
}

// Metadata over a side's limit fails the call, and only that.
func TestMetadataLimits(t *testing.T) {
	big := strings.Repeat("x", 20000)
	t.Run("server", func(t *testing.T) {
		client := peerpb.NewPeerServiceClient(grpcConn(t, curlewServer(t, nil, peerservice.Register), nil))
		ctx := bounded(t)
		_, err := client.Unary(metadata.AppendToOutgoingContext(ctx, "x-big", big), &peerpb.Request{})
		if err == nil {
			t.Error("metadata over the server's limit was taken")
		}
		if _, err := client.Unary(ctx, &peerpb.Request{}); err != nil {
			t.Errorf("the next call: %v", err)
		}
	})
	t.Run("client", func(t *testing.T) {
		_, addr := grpcServerWith(t)
		client := peerpbcurlew.NewPeerServiceClient(curlewClient(t, addr, nil))
		ctx := bounded(t)
		// The server would have to answer it, and knows that it may not.
		if _, err := client.With(curlew.SetHeader("x-big", big)).Unary(ctx, &peerpb.Request{}); err == nil {
			t.Error("metadata over the client's limit was taken")
		}
		if _, err := client.Unary(ctx, &peerpb.Request{}); err != nil {
			t.Errorf("the next call: %v", err)
		}
	})
}

// The reference client and server with the smallest windows and no buffers.
func TestSmallWindows(t *testing.T) {
	t.Run("server", func(t *testing.T) {
		_, addr := grpcServerWith(t, grpc.InitialWindowSize(65535), grpc.InitialConnWindowSize(65535), grpc.WriteBufferSize(0), grpc.ReadBufferSize(0))
		client := peerpbcurlew.NewPeerServiceClient(curlewClient(t, addr, nil))
		ctx := bounded(t)
		together(t, 20, func(int) error { return large(client.Unary(ctx, largeRequestOf())) })
	})
	t.Run("client", func(t *testing.T) {
		addr := curlewServer(t, nil, peerservice.Register)
		client := peerpb.NewPeerServiceClient(grpcConn(t, addr, nil,
			grpc.WithInitialWindowSize(65535), grpc.WithInitialConnWindowSize(65535), grpc.WithWriteBufferSize(0), grpc.WithReadBufferSize(0)))
		ctx := bounded(t)
		together(t, 20, func(int) error { return large(client.Unary(ctx, largeRequestOf())) })
	})
}

func largeRequestOf() *peerpb.Request { return &peerpb.Request{Payload: peerservice.Payload(1 << 20)} }

func large(res *peerpb.Response, err error) error {
	if err == nil && string(res.Payload) != string(peerservice.Payload(1<<20)) {
		err = errors.New("another payload than was sent")
	}
	return err
}
