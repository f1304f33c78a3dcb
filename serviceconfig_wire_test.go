package curlew_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/balance"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/health"
	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
	"github.com/curlew-rpc/curlew/orca"
	"github.com/curlew-rpc/curlew/resolve"
)

// pushes is a resolver of endpoints with a service config.
type pushes struct {
	config    string
	endpoints []resolve.Endpoint
	delay     time.Duration
	refused   chan error
}

func (r *pushes) Watch(ctx context.Context, _ resolve.Target, _ <-chan struct{}, push func(resolve.Update) error) error {
	time.Sleep(r.delay)
	err := push(resolve.Update{Endpoints: r.endpoints, ServiceConfig: r.config})
	if r.refused != nil {
		r.refused <- err
	}
	<-ctx.Done()
	return ctx.Err()
}

func at(addrs ...string) (list []resolve.Endpoint) {
	for _, a := range addrs {
		list = append(list, resolve.Endpoint{Addrs: []resolve.Addr{{Network: "tcp", Address: a}}})
	}
	return list
}

func resolved(t *testing.T, r *pushes, opts ...curlew.ClientOption) *curlew.Client {
	t.Helper()
	c, err := curlew.NewClient("test:///svc", append(opts, curlew.WithResolver(r))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

const retryTwice = `{"methodConfig":[{"name":[{"service":"t.S"}],"retryPolicy":{"maxAttempts":2,
	"initialBackoff":"0.001s","maxBackoff":"0.01s","backoffMultiplier":1,"retryableStatusCodes":["UNAVAILABLE"]}}]}`

// What a resolver brings holds for the first call already, counts before the client's
// own, and is ignored when that is asked for; a wrong one leaves the client's own.
func TestResolverServiceConfig(t *testing.T) {
	curlewtest.NoLeaks(t)
	own := curlew.WithServiceConfig(policy(curlew.MethodConfig{Retry: retryOn(4, curlew.Unavailable)}))
	for _, row := range []struct {
		name     string
		config   string
		opts     []curlew.ClientOption
		attempts int
		refused  string
	}{
		{"of the resolver", retryTwice, nil, 2, ""},
		{"the client's own", "", []curlew.ClientOption{own}, 4, ""},
		{"the resolver's before the client's", retryTwice, []curlew.ClientOption{own}, 2, ""},
		{"the resolver's is ignored", retryTwice, []curlew.ClientOption{own, curlew.WithoutResolverConfig()}, 4, ""},
		{"a wrong one and an own", `{"methodConfig":[{"name":[{}],"timeout":"soon"}]}`, []curlew.ClientOption{own}, 4, "methodConfig[0].timeout"},
	} {
		y := tally{steps: steps(unavailable)}
		r := &pushes{config: row.config, endpoints: at(y.serve(t)), delay: 20 * time.Millisecond, refused: make(chan error, 1)}
		o := perform(t.Context(), resolved(t, r, row.opts...), unary)
		if seen, _ := y.seen(); len(seen) != row.attempts || !errors.Is(o.err, curlew.Unavailable) {
			t.Errorf("%s: %d attempts, %v", row.name, len(seen), o.err)
		}
		if err := <-r.refused; (err == nil) != (row.refused == "") || err != nil && !strings.Contains(err.Error(), row.refused) {
			t.Errorf("%s: push said %v", row.name, err)
		}
	}
	y := tally{steps: steps(good)}
	r := &pushes{config: `{"loadBalancingConfig":[{"nonsense":{}}]}`, endpoints: at(y.serve(t))}
	o := perform(t.Context(), resolved(t, r), unary)
	if !errors.Is(o.err, curlew.Unavailable) || !strings.Contains(o.err.Error(), "loadBalancingConfig") {
		t.Errorf("a wrong one and no other: %v", o.err)
	}
}

// serveHealth is a server that tells its health.
func serveHealth(t *testing.T) (addr string, checker *health.Checker) {
	srv := curlew.NewServer()
	srv.Register(testService())
	checker = health.New()
	checker.Register(srv)
	return serveOn(t, srv), checker
}

// A client that watches health leaves an endpoint alone that does not serve, and comes
// back to it.
func TestHealthWatching(t *testing.T) {
	curlewtest.NoLeaks(t)
	addrA, a := serveHealth(t)
	addrB, b := serveHealth(t)
	a.Set("t.S", health.Serving)
	b.Set("t.S", health.NotServing)
	r := &pushes{endpoints: at(addrA, addrB), config: `{"loadBalancingConfig":[{"round_robin":{}}],"healthCheckConfig":{"serviceName":"t.S"}}`}
	c := resolved(t, r)
	ctx, cancel := context.WithTimeout(t.Context(), rawpeer.Patience)
	defer cancel()
	only := func(want string) {
		t.Helper()
		for n := 0; n < 20 && ctx.Err() == nil; {
			var p curlew.Peer
			if _, err := curlew.CallUnary(ctx, c.Caller().With(curlew.CapturePeer(&p), curlew.WaitForReady()), unary, wrapperspb.String("x")); err != nil {
				t.Fatal(err)
			}
			if n++; p.Addr.String() != want {
				n = 0 // it has not come through yet
			}
		}
	}
	only(addrA)
	b.Set("t.S", health.Serving)
	a.Set("t.S", health.NotServing)
	only(addrB)
	b.Set("t.S", health.ServiceUnknown)
	for c.State() != balance.TransientFailure && ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	_, err := curlew.CallUnary(ctx, c.Caller(), unary, wrapperspb.String("x"))
	if !errors.Is(err, curlew.Unavailable) || !strings.Contains(err.Error(), "it says that it does not serve") {
		t.Errorf("nobody serves: %v", err)
	}
	a.Set("t.S", health.Serving)
	only(addrA)
}

// A client can only know the health of a server that tells it: others are used.
func TestNoHealthService(t *testing.T) {
	curlewtest.NoLeaks(t)
	srv := curlew.NewServer()
	srv.Register(testService())
	r := &pushes{endpoints: at(serveOn(t, srv)), config: `{"loadBalancingConfig":[{"round_robin":{}}],"healthCheckConfig":{"serviceName":"t.S"}}`}
	if _, err := curlew.CallUnary(t.Context(), resolved(t, r).Caller(), unary, wrapperspb.String("x")); err != nil {
		t.Error(err)
	}
}

// A server that allows one stream at a time has none for its health: it is used for calls.
func TestNoStreamForHealth(t *testing.T) {
	curlewtest.NoLeaks(t)
	addr := scripted(t, func(nc net.Conn) {
		p := rawpeer.Server(t, nc, maxStreams(1))
		for id := nextRequest(p); id != 0; id = nextRequest(p) {
			if rawpeer.Value(p.Stream(id).First(), ":path") == "/grpc.health.v1.Health/Watch" {
				header()(p, id)
				data(rawpeer.Message(0, "\x08\x01"))(p, id) // serving
				continue
			}
			good(p, id)
		}
	})
	r := &pushes{endpoints: at(addr), config: `{"loadBalancingConfig":[{"round_robin":{}}],"healthCheckConfig":{"serviceName":"t.S"}}`}
	ctx, cancel := context.WithTimeout(t.Context(), rawpeer.Patience)
	defer cancel()
	c := resolved(t, r)
	for range 3 {
		if _, err := curlew.CallUnary(ctx, c.Caller(), unary, wrapperspb.String("x")); err != nil {
			t.Fatal(err)
		}
	}
}

// lastReport is a round robin that keeps the last report of each endpoint.
type lastReport struct {
	balance.Policy
	every time.Duration
	got   chan *balance.Report
}

func (p lastReport) NewPlanner() balance.Planner {
	return &lastReportPlanner{p, p.Policy.NewPlanner()}
}

type lastReportPlanner struct {
	lastReport
	inner balance.Planner
}

func (p *lastReportPlanner) Plan(in balance.Snapshot) balance.Plan {
	plan := p.inner.Plan(in)
	plan.Reports, plan.Wake = p.every, 10*time.Millisecond
	for _, v := range in.Endpoints {
		v.Load.WantReports()
		if r := v.Load.Report(); r != nil {
			select {
			case p.got <- r:
			default:
			}
		}
	}
	return plan
}

// Reports of load come with responses, and out of band to who asks for them.
func TestLoadReports(t *testing.T) {
	curlewtest.NoLeaks(t)
	for _, every := range []time.Duration{0, time.Second} {
		reporter := orca.NewReporter(orca.WithMinInterval(10*time.Millisecond), orca.WithoutRates())
		reporter.SetCPU(0.75)
		reporter.SetNamed("queue", 3)
		opts := []curlew.ServerOption{}
		if every == 0 {
			opts = append(opts, curlew.WithInterceptors(reporter.Interceptor()))
		}
		srv := curlew.NewServer(opts...)
		srv.Register(testService())
		reporter.Register(srv)
		p := lastReport{balance.RoundRobin(), every, make(chan *balance.Report, 1)}
		c := dialTest(t, serveOn(t, srv), curlew.WithBalancer(p))
		if _, err := curlew.CallUnary(t.Context(), c.Caller(), unary, wrapperspb.String("x")); err != nil {
			t.Fatal(err)
		}
		select {
		case r := <-p.got:
			if r.CPU != 0.75 || r.Named["queue"] != 3 || r.At.IsZero() {
				t.Errorf("every %v: %+v", every, r)
			}
		case <-time.After(rawpeer.Patience):
			t.Errorf("every %v: no report", every)
		}
		c.Close()
	}
}

// serveOn has srv serve on a socket for as long as the test runs.
func serveOn(t *testing.T, srv *curlew.Server) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		srv.Serve(l)
	}()
	t.Cleanup(func() {
		srv.Close()
		<-ended
	})
	return l.Addr().String()
}
