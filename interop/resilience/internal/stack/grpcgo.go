package stack

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/balancer/leastrequest"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
	"google.golang.org/grpc/status"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/interop/internal/workpb"
)

// grpcGo is google.golang.org/grpc.
type grpcGo struct{}

func (grpcGo) Name() string { return "grpc-go" }

func (grpcGo) NewServer(h Handler, o ServerOptions) (Server, error) {
	if o.AdaptiveLimit {
		return nil, &Missing{"limit that adapts"}
	}
	var opts []grpc.ServerOption
	if o.MaxStreams > 0 {
		opts = append(opts, grpc.MaxConcurrentStreams(o.MaxStreams))
	}
	if o.MaxAge > 0 {
		opts = append(opts, grpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionAge: o.MaxAge, MaxConnectionAgeGrace: o.MaxAgeGrace}))
	}
	if o.FrequentPings {
		opts = append(opts, grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: time.Second, PermitWithoutStream: true}))
	}
	srv := grpc.NewServer(opts...)
	workpb.RegisterWorkServiceServer(srv, &grpcWork{h: h})
	return grpcServer{srv}, nil
}

type grpcServer struct{ srv *grpc.Server }

func (s grpcServer) Serve(l net.Listener) error { return s.srv.Serve(l) }

func (s grpcServer) Shutdown(ctx context.Context) {
	defer context.AfterFunc(ctx, s.srv.Stop)()
	s.srv.GracefulStop()
}

// grpcWork is the WorkService.
type grpcWork struct {
	workpb.UnimplementedWorkServiceServer
	h Handler
}

func (w *grpcWork) Do(ctx context.Context, req *workpb.WorkRequest) (*workpb.WorkResponse, error) {
	server, code := w.h.Handle(ctx, req.GetId())
	if code != curlew.OK {
		return nil, status.Error(codes.Code(code), "as the test says")
	}
	return &workpb.WorkResponse{Id: req.GetId(), Server: server}, nil
}

func (w *grpcWork) Look(ctx context.Context, req *workpb.WorkRequest) (*workpb.WorkResponse, error) {
	return w.Do(ctx, req)
}

func (w *grpcWork) Converse(s grpc.BidiStreamingServer[workpb.WorkRequest, workpb.WorkResponse]) error {
	return answerAll(s.Recv, func(req *workpb.WorkRequest) error {
		res, err := w.Do(s.Context(), req)
		if err != nil {
			return err
		}
		return s.Send(res)
	})
}

func (grpcGo) NewClient(t Target, o ClientOptions) (Client, error) {
	if o.Hedging != nil {
		return nil, &Missing{"hedging"}
	}
	if o.MaxConnections > 1 {
		// Every user gets by with a pool of channels of his own; this is one channel.
		o.MaxConnections = 0
	}
	config, err := json.Marshal(grpcServiceConfig(o))
	if err != nil {
		return nil, err
	}
	opts := []grpc.DialOption{
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultServiceConfig(string(config)),
	}
	if o.Keepalive > 0 {
		opts = append(opts, grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: o.Keepalive, Timeout: o.KeepaliveAfter}))
	}
	target := "dns://" + t.DNS + "/" + t.Name
	if t.DNS == "" {
		r := manual.NewBuilderWithScheme("static")
		var s resolver.State
		for _, a := range t.Addrs {
			s.Endpoints = append(s.Endpoints, resolver.Endpoint{Addresses: []resolver.Address{{Addr: a}}})
		}
		r.InitialState(s)
		opts = append(opts, grpc.WithResolvers(r))
		target = "static:///servers"
	}
	conn, err := grpc.NewClient(target, opts...)
	if err != nil {
		return nil, err
	}
	conn.Connect()
	return &grpcClient{conn, workpb.NewWorkServiceClient(conn)}, nil
}

// object is one of JSON.
type object = map[string]any

// grpcServiceConfig returns gRPC's service config for what is asked of a client.
func grpcServiceConfig(o ClientOptions) object {
	policy := object{"round_robin": object{}}
	if o.Balance == LatencyAware {
		policy = object{leastrequest.Name: object{"choiceCount": 2}}
	}
	config := object{"loadBalancingConfig": []object{policy}}
	retry := func(attempts int, backoff time.Duration) object {
		return object{
			"maxAttempts":          attempts,
			"initialBackoff":       fmt.Sprintf("%gs", backoff.Seconds()),
			"maxBackoff":           "1s",
			"backoffMultiplier":    2,
			"retryableStatusCodes": []string{"UNAVAILABLE"},
		}
	}
	switch {
	case o.Retries != nil:
		config["methodConfig"] = []object{{"name": []object{{}}, "retryPolicy": retry(o.Retries.Attempts, o.Retries.Backoff)}}
		if o.Retries.MaxTokens > 0 {
			config["retryThrottling"] = object{"maxTokens": o.Retries.MaxTokens, "tokenRatio": o.Retries.TokenRatio}
		}
	case o.Idempotent:
		name := []object{{"service": "curlew.interop.v1.WorkService", "method": "Look"}}
		config["methodConfig"] = []object{{"name": name, "retryPolicy": retry(3, 50*time.Millisecond)}}
	}
	return config
}

type grpcClient struct {
	conn *grpc.ClientConn
	work workpb.WorkServiceClient
}

func (c *grpcClient) Call(ctx context.Context, id uint64, idempotent bool) (uint32, curlew.Code, error) {
	method := c.work.Do
	if idempotent {
		method = c.work.Look
	}
	res, err := method(ctx, &workpb.WorkRequest{Id: id})
	return res.GetServer(), c.Code(err), err
}

func (c *grpcClient) Converse(ctx context.Context) (Conversation, error) {
	s, err := c.work.Converse(ctx)
	if err != nil {
		return nil, err
	}
	return grpcConversation{s}, nil
}

func (c *grpcClient) Code(err error) curlew.Code { return curlew.Code(status.Code(err)) }
func (c *grpcClient) Close()                     { c.conn.Close() }

type grpcConversation struct {
	grpc.BidiStreamingClient[workpb.WorkRequest, workpb.WorkResponse]
}

func (c grpcConversation) Send(id uint64) error {
	return c.BidiStreamingClient.Send(&workpb.WorkRequest{Id: id})
}

func (c grpcConversation) Recv() (uint64, error) {
	res, err := c.BidiStreamingClient.Recv()
	return res.GetId(), err
}
