package curlew_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
)

// pushback calls by hand and returns grpc-status and grpc-retry-pushback-ms of what
// comes.
func pushback(t *testing.T, addr, path string) (status, ms string) {
	t.Helper()
	p := rawpeer.Dial(t, addr)
	defer p.Close()
	p.Headers(1, false, rawpeer.Fields(":method", "POST", ":scheme", "http", ":path", path, ":authority", "test",
		"te", "trailers", "content-type", "application/grpc")...)
	p.Data(1, true, rawpeer.Message(0, "not a message at all")) // which nobody looks at
	last := p.Stream(1).Last()
	return rawpeer.Value(last, "grpc-status"), rawpeer.Value(last, "grpc-retry-pushback-ms")
}

func TestConcurrencyLimit(t *testing.T) {
	var log strings.Builder
	var mu sync.Mutex
	srv, addr, began, free := gated(t, curlew.WithLimits(curlew.ConcurrencyLimit(3)),
		curlew.WithLogger(slog.New(slog.NewTextHandler(writerFunc(func(p []byte) (int, error) {
			mu.Lock()
			defer mu.Unlock()
			return log.Write(p)
		}), nil))))
	c := dialTest(t, addr)
	var inside []*curlew.Future[*str]
	for range 3 {
		inside = append(inside, goUnary(t, c, "a"))
		<-began
	}
	for range 9 {
		if _, err := callUnary(t, c, "one too many"); !errors.Is(err, curlew.Unavailable) {
			t.Errorf("%v", err)
		}
	}
	status, ms := pushback(t, addr, unary.Path)
	if n, err := strconv.Atoi(ms); status != "14" || err != nil || n < 50 || n > 150 {
		t.Errorf("status %s, pushback %s", status, ms)
	}
	if n := srv.Refused(); n != 10 {
		t.Errorf("%d calls refused", n)
	}
	close(free)
	for _, f := range inside {
		if _, err := f.Wait(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if _, err := callUnary(t, c, "b"); err != nil {
		t.Error(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if n := strings.Count(log.String(), "refused by a limit"); n != 1 {
		t.Errorf("it is logged %d times:\n%s", n, log.String())
	}
}

func TestRateLimit(t *testing.T) {
	addr := serve(t, curlew.WithLimits(curlew.RateLimit(0.001, 5)))
	c := dialTest(t, addr)
	var codes []curlew.Code
	for range 8 {
		_, err := callUnary(t, c, "x")
		codes = append(codes, curlew.CodeOf(err))
	}
	ok, no := curlew.OK, curlew.ResourceExhausted
	if want := []curlew.Code{ok, ok, ok, ok, ok, no, no, no}; !slices.Equal(codes, want) {
		t.Errorf("%v", codes)
	}
	status, ms := pushback(t, addr, unary.Path)
	if n, err := strconv.Atoi(ms); status != "8" || err != nil || n < 900_000 || n > 1_000_000 {
		t.Errorf("status %s, pushback %s", status, ms)
	}
}

// A counter is a limiter of an application's.
type counter struct {
	mu       sync.Mutex
	asked    []string
	outcomes []curlew.Outcome
	refuse   error
	panics   bool
}

func (c *counter) Acquire(_ context.Context, call *curlew.Call) (func(curlew.Outcome), error) {
	if c.panics {
		panic("it breaks")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = append(c.asked, call.Method().Path+" "+call.RequestHeader().Get("x-who"))
	if c.refuse != nil {
		return nil, c.refuse
	}
	return func(o curlew.Outcome) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.outcomes = append(c.outcomes, o)
	}, nil
}

// Limiters are asked before anything else, in order, and hear how it went.
func TestLimiters(t *testing.T) {
	var first, second, third counter
	var runs atomic.Int64
	addr := serve(t, curlew.WithLimits(&first, &second), curlew.WithLimits(&third),
		curlew.WithInterceptors(func(ctx context.Context, call *curlew.Call, next curlew.Handler) error {
			runs.Add(1)
			return next(ctx, call)
		}))
	c := dialTest(t, addr)
	one := func(in string, code curlew.Code) {
		t.Helper()
		if _, err := callUnary(t, c, in, curlew.SetHeader("x-who", "me")); curlew.CodeOf(err) != code {
			t.Errorf("%v, want %v", err, code)
		}
	}
	one("x", curlew.OK)
	one("fail", curlew.NotFound)
	second.refuse = curlew.Errorf(curlew.PermissionDenied, "not you").RetryAfter(-1)
	one("x", curlew.PermissionDenied)
	if _, ms := pushback(t, addr, unary.Path); ms != "-1" {
		t.Errorf("pushback %q", ms)
	}
	second.refuse = nil
	second.panics = true
	one("x", curlew.Internal)
	second.panics = false
	one("x", curlew.OK)
	if n := runs.Load(); n != 3 {
		t.Errorf("%d calls ran", n)
	}
	show := func(c *counter) (s []string) {
		for _, o := range c.outcomes {
			text := curlew.CodeOf(o.Err).String()
			if o.Refused {
				text = "refused " + text
			} else if o.Took <= 0 {
				text += " in no time"
			}
			s = append(s, text)
		}
		return s
	}
	await(t, func() bool { first.mu.Lock(); defer first.mu.Unlock(); return len(first.outcomes) == 6 })
	if got, want := show(&first), []string{"OK", "NOT_FOUND", "refused PERMISSION_DENIED", "refused PERMISSION_DENIED", "refused OK", "OK"}; !slices.Equal(got, want) {
		t.Errorf("the first heard %v, want %v", got, want)
	}
	if got, want := show(&third), []string{"OK", "NOT_FOUND", "OK"}; !slices.Equal(got, want) {
		t.Errorf("the third heard %v, want %v", got, want)
	}
	if first.asked[0] != "/t.S/Unary me" || len(third.asked) != 3 {
		t.Errorf("asked %q and %q", first.asked, third.asked)
	}
}

// Services and single methods have limits of their own, or none.
func TestServiceLimits(t *testing.T) {
	var all, service, method counter
	srv, addr := serveAnew(t, []curlew.ServerOption{curlew.WithLimits(&all)})
	echo := func(_ context.Context, in *str) (*str, error) { return in, nil }
	named := func(path string) *curlew.MethodOf[*str, *str] {
		m := *unary
		m.Path = path
		return &m
	}
	a, b, other := named("/l.A/One"), named("/l.A/Two"), named("/l.B/One")
	srv.Register(curlew.Service{Name: "l.A", Methods: []curlew.MethodHandler{curlew.HandleUnary(a, echo), curlew.HandleUnary(b, echo)}},
		curlew.WithServiceLimits(&service), curlew.ForMethods(curlew.WithServiceLimits(&method), "Two"))
	srv.Register(curlew.Service{Name: "l.B", Methods: []curlew.MethodHandler{curlew.HandleUnary(other, echo)}}, curlew.WithoutLimits())
	c := dialTest(t, addr)
	for _, m := range []*curlew.MethodOf[*str, *str]{a, b, other} {
		if _, err := curlew.CallUnary(t.Context(), c.Caller(), m, wrapperspb.String("x")); err != nil {
			t.Error(err)
		}
	}
	if len(all.asked) != 2 || len(service.asked) != 2 || !slices.Equal(method.asked, []string{"/l.A/Two "}) {
		t.Errorf("%q, %q, %q", all.asked, service.asked, method.asked)
	}
}

// What makes no sense is said by Serve.
func TestServerOptionsAreChecked(t *testing.T) {
	for name, opt := range map[string]curlew.ServerOption{
		"concurrency":     curlew.WithLimits(curlew.ConcurrencyLimit(0)),
		"rate":            curlew.WithLimits(curlew.RateLimit(0, 1)),
		"burst":           curlew.WithLimits(curlew.RateLimit(1, 0)),
		"adaptive":        curlew.WithLimits(curlew.AdaptiveLimit(curlew.AdaptiveConfig{Min: 10, Max: 5})),
		"tolerance":       curlew.WithLimits(curlew.AdaptiveLimit(curlew.AdaptiveConfig{Tolerance: 0.5})),
		"nil limiter":     curlew.WithLimits(nil...),
		"age":             curlew.WithMaxConnectionAge(0, 1),
		"grace":           curlew.WithMaxConnectionAge(1, -1),
		"idle":            curlew.WithMaxConnectionIdle(0),
		"enforcement":     curlew.WithKeepaliveEnforcement(-1, false),
		"lame duck":       curlew.WithLameDuck(-1),
		"default timeout": curlew.WithDefaultTimeout(0),
		"max timeout":     curlew.WithMaxTimeout(0),
	} {
		if name == "nil limiter" {
			opt = curlew.WithLimits(curlew.ConcurrencyLimit(1), nil)
		}
		if err := curlew.NewServer(opt).ListenAndServe(t.Context(), "127.0.0.1:0"); err == nil {
			t.Errorf("%s: it serves", name)
		}
	}
	for name, register := range map[string]func(*curlew.Server){
		"unknown method": func(s *curlew.Server) { s.Register(testService(), curlew.ForMethods(curlew.WithoutLimits(), "Nope")) },
		"service limit": func(s *curlew.Server) {
			s.Register(testService(), curlew.WithServiceLimits(curlew.ConcurrencyLimit(-1)))
		},
		"service timeouts": func(s *curlew.Server) { s.Register(testService(), curlew.WithServiceTimeouts(-1, 0)) },
		"page":             func(s *curlew.Server) { s.HandleText("page", func(string) (int, string) { return 200, "" }) },
		"page twice": func(s *curlew.Server) {
			s.HandleText("/page", func(string) (int, string) { return 200, "" })
			s.HandleText("/page", func(string) (int, string) { return 200, "" })
		},
	} {
		s := curlew.NewServer()
		register(s)
		if err := s.ListenAndServe(t.Context(), "127.0.0.1:0"); err == nil {
			t.Errorf("%s: it serves", name)
		}
	}
}

func TestServerTimeouts(t *testing.T) {
	left := make(chan time.Duration, 1)
	look := func(ctx context.Context) {
		end, ok := ctx.Deadline()
		if !ok {
			left <- 0
			return
		}
		left <- time.Until(end)
	}
	handlers := func(name string) (curlew.Service, *curlew.MethodOf[*str, *str], *curlew.MethodOf[*str, *str]) {
		u, c := *unary, *chat
		u.Path, c.Path = "/"+name+"/Unary", "/"+name+"/Chat"
		return curlew.Service{Name: name, Methods: []curlew.MethodHandler{
			curlew.HandleUnary(&u, func(ctx context.Context, in *str) (*str, error) { look(ctx); return in, nil }),
			curlew.HandleBidi(&c, func(ctx context.Context, _ *curlew.Duplex[*str, *str]) error { look(ctx); return nil }),
		}}, &u, &c
	}
	a, aUnary, aChat := handlers("t.A")
	b, bUnary, bChat := handlers("t.B")
	srv, addr := serveAnew(t, []curlew.ServerOption{curlew.WithDefaultTimeout(10 * time.Minute), curlew.WithMaxTimeout(time.Hour)}, a)
	srv.Register(b, curlew.WithServiceTimeouts(0, 20*time.Minute), curlew.ForMethods(curlew.WithServiceTimeouts(0, 0), "Unary"))
	c := dialTest(t, addr)
	for _, k := range []struct {
		name   string
		method *curlew.MethodOf[*str, *str]
		given  time.Duration
		want   time.Duration
	}{
		{"the default", aUnary, 0, 10 * time.Minute},
		{"what the client says", aUnary, 5 * time.Minute, 5 * time.Minute},
		{"more than the default", aUnary, 30 * time.Minute, 30 * time.Minute},
		{"too much", aUnary, 3 * time.Hour, time.Hour},
		{"a stream", aChat, 0, 0},
		{"a stream of the other service", bChat, 0, 20 * time.Minute},
		{"a stream of the other service with too much", bChat, time.Hour, 20 * time.Minute},
		{"a method that has none", bUnary, 0, 0},
		{"a method that has none, and a client's", bUnary, 3 * time.Hour, 3 * time.Hour},
	} {
		ctx, cancel := t.Context(), context.CancelFunc(func() {})
		if k.given > 0 {
			ctx, cancel = context.WithTimeout(ctx, k.given)
		}
		if k.method.Kind == curlew.KindUnary {
			if _, err := curlew.CallUnary(ctx, c.Caller(), k.method, wrapperspb.String("x")); err != nil {
				t.Error(err)
			}
		} else {
			call, err := curlew.CallBidi(ctx, c.Caller(), k.method)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := call.Recv(); err != io.EOF {
				t.Error(err)
			}
			call.Close()
		}
		if got := <-left; got > k.want || got < k.want-time.Minute {
			t.Errorf("%s: %v, want %v", k.name, got, k.want)
		}
		cancel()
	}
}

// A client that keeps pinging without need is sent away, by gRPC's words for that.
func TestKeepaliveIsEnforced(t *testing.T) {
	for _, c := range []struct {
		opts []curlew.ServerOption
		ends bool
	}{
		{nil, true},
		{[]curlew.ServerOption{curlew.WithKeepaliveEnforcement(time.Hour, true)}, true},
		{[]curlew.ServerOption{curlew.WithKeepaliveEnforcement(0, true)}, false},
		{[]curlew.ServerOption{curlew.WithKeepaliveEnforcement(time.Nanosecond, true)}, false},
	} {
		p := rawpeer.Dial(t, serve(t, c.opts...))
		for range 3 {
			if !p.Sync() {
				t.Fatal("it is sent away too early")
			}
		}
		if fine := p.Sync(); fine == c.ends {
			t.Errorf("the fourth PING: %v", fine)
		}
		if c.ends && (p.GoAway == nil || string(p.GoAway.Debug) != "too_many_pings") {
			t.Errorf("%+v", p.GoAway)
		}
		p.Close()
	}
}
