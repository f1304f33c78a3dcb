package web_test

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/balance"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/health"
	"github.com/curlew-rpc/curlew/web"
)

// reported is a policy that has reports of load read, and keeps where they go.
type reported struct {
	balance.Policy
	load *atomic.Pointer[balance.Load]
}

func (p reported) NewPlanner() balance.Planner { return planner{p.Policy.NewPlanner(), p.load} }

type planner struct {
	balance.Planner
	load *atomic.Pointer[balance.Load]
}

func (p planner) Plan(in balance.Snapshot) balance.Plan {
	for _, v := range in.Endpoints {
		v.Load.WantReports()
		p.load.Store(v.Load)
	}
	return p.Planner.Plan(in)
}

// The load that comes with a response is told to the balancing policy.
func TestLoadReports(t *testing.T) {
	const half = "CQAAAAAAAOA/" // cpu_utilization: 0.5
	for p, a := range map[web.Protocol]answer{
		web.Connect: {0, map[string]string{"content-type": "application/proto", "trailer-endpoint-load-metrics-bin": half}, ""},
		web.GRPCWeb: {0, map[string]string{"content-type": "application/grpc-web+proto"},
			message("") + framed(0x80, []byte("grpc-status: 0\r\nendpoint-load-metrics-bin: "+half+"\r\n"))},
	} {
		policy := reported{balance.RoundRobin(), new(atomic.Pointer[balance.Load])}
		everyWay(t, scripted(a), func(t *testing.T, c *curlew.Client) {
			if _, err := curlew.CallUnary(t.Context(), c.Caller(), unary, wrapperspb.String("in")); err != nil {
				t.Fatal(err)
			}
			if r := policy.load.Load().Report(); r == nil || r.CPU != 0.5 {
				t.Errorf("%+v", r)
			}
		}, web.WithProtocol(p), curlew.WithBalancer(policy))
	}
}

// The client asks for the health of an endpoint in the protocol that it speaks.
func TestHealthWatched(t *testing.T) {
	for _, p := range []web.Protocol{web.Connect, web.GRPCWeb} {
		t.Run(p.String(), func(t *testing.T) {
			curlewtest.NoLeaks(t)
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			srv := curlew.NewServer(web.Enable())
			srv.Register(curlew.Service{Name: "t.S", Methods: []curlew.MethodHandler{
				curlew.HandleUnary(unary, func(_ context.Context, in *str) (*str, error) { return in, nil }),
			}})
			state := health.New()
			state.Register(srv)
			served := make(chan error, 1)
			go func() { served <- srv.Serve(l) }()
			defer func() {
				srv.Close()
				<-served
			}()
			c := newClient(t, "passthrough:///"+l.Addr().String(), web.WithProtocol(p), curlew.WithServiceConfig(curlew.ServiceConfig{
				Health:   &curlew.HealthConfig{Service: "t.S"},
				Balancer: balance.RoundRobin(),
			}))
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			state.Set("t.S", health.NotServing)
			if _, err := curlew.CallUnary(ctx, c.Caller(), unary, wrapperspb.String("in")); curlew.CodeOf(err) != curlew.Unavailable {
				t.Fatal(err)
			}
			state.Set("t.S", health.Serving)
			if err := c.Ready(ctx); err != nil {
				t.Fatal(err)
			}
			if _, err := curlew.CallUnary(ctx, c.Caller(), unary, wrapperspb.String("in")); err != nil {
				t.Fatal(err)
			}
		})
	}
}
