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
	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
	"github.com/curlew-rpc/curlew/resolve"
)

// A failed call says where its attempts went, how each ended, and how the endpoints
// stand; its text has the short of it.
func TestExplainACall(t *testing.T) {
	curlewtest.NoLeaks(t)
	y := tally{steps: steps(unavailable)}
	a, b := y.serve(t), y.serve(t)
	c, err := curlew.NewClient("static:///"+a+","+b, curlew.WithBalancer(balance.RoundRobin()),
		curlew.WithServiceConfig(policy(curlew.MethodConfig{Retry: retryOn(2, curlew.Unavailable)})))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(t.Context(), rawpeer.Patience)
	defer cancel()
	for c.Explain().State != balance.Ready || len(c.Explain().Endpoints) != 2 ||
		c.Explain().Endpoints[0].State != balance.Ready || c.Explain().Endpoints[1].State != balance.Ready {
		if err := c.Ready(ctx); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Millisecond)
	}
	o := perform(ctx, c, unary)
	why := curlew.Explain(o.err)
	if why == nil || len(why.Attempts) != 2 {
		t.Fatalf("%v is explained by %v", o.err, why)
	}
	first, second := why.Attempts[0], why.Attempts[1]
	if first.Endpoint == second.Endpoint || first.Kind != curlew.FirstAttempt || second.Kind != curlew.Retry {
		t.Errorf("the attempts are\n%v", why)
	}
	for _, at := range why.Attempts {
		if at.Endpoint != a && at.Endpoint != b || at.Code != curlew.Unavailable || at.Message != "busy" || at.Took <= 0 || at.Took > time.Minute {
			t.Errorf("attempt %+v", at)
		}
	}
	text := o.err.Error()
	for _, want := range []string{"UNAVAILABLE: busy", "2 attempts: ", first.Endpoint + " UNAVAILABLE", "the retry policy allows 2 attempts"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q does not say %q", text, want)
		}
	}
	if why.Method != "/t.S/Unary" || why.Target != "static:///"+a+","+b || why.State != balance.Ready {
		t.Errorf("%+v", why)
	}
	if curlew.Explain(errors.New("x")) != nil || curlew.Explain(nil) != nil {
		t.Error("an error that is no call's is explained")
	}
}

// A call that found no endpoint says what is known of them.
func TestExplainNoConnection(t *testing.T) {
	curlewtest.NoLeaks(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	c := dialTest(t, addr)
	err = c.Caller().Invoke(t.Context(), &unary.Method, newStr(), newStr())
	why := curlew.Explain(err)
	if why == nil || why.Known != 1 || len(why.Endpoints) != 1 || why.State != balance.TransientFailure || why.Err == nil {
		t.Fatalf("%v is explained by\n%v", err, why)
	}
	if ep := why.Endpoints[0]; ep.ID != addr || ep.State != balance.TransientFailure || ep.Err == nil {
		t.Errorf("the endpoint is %+v", ep)
	}
	if len(why.Attempts) != 1 || why.Attempts[0].Endpoint != "" {
		t.Errorf("the attempts are %+v", why.Attempts)
	}
	if text := why.String(); !strings.Contains(text, "connection refused") || !strings.Contains(text, addr) {
		t.Errorf("the text is\n%s", text)
	}
	failing, err := curlew.NewClient("other:///x", curlew.WithResolver(failingResolver{}))
	if err != nil {
		t.Fatal(err)
	}
	defer failing.Close()
	err = failing.Caller().Invoke(t.Context(), &unary.Method, newStr(), newStr())
	if why := curlew.Explain(err); why == nil || why.Known != 0 || why.Err == nil || !strings.Contains(why.String(), "the registry is down") {
		t.Errorf("%v is explained by\n%v", err, why)
	}
}

type failingResolver struct{}

func (failingResolver) Watch(context.Context, resolve.Target, <-chan struct{}, func(resolve.Update) error) error {
	return errors.New("the registry is down")
}

// What this process knows of its own calls is not told to the clients of a handler that
// returns their error.
func TestExplanationStaysHere(t *testing.T) {
	curlewtest.NoLeaks(t)
	nobody := dialTest(t, "127.0.0.1:1")
	handler := curlew.HandleUnary(unary, func(ctx context.Context, _ *str) (*str, error) {
		return nil, nobody.Caller().Invoke(ctx, &unary.Method, newStr(), newStr())
	})
	c := curlewtest.NewServer(t, func(s *curlew.Server) {
		s.Register(curlew.Service{Name: "t.S", Methods: []curlew.MethodHandler{handler}})
	}).NewClient()
	_, err := curlew.CallUnary(t.Context(), c.Caller(), unary, wrapperspb.String("x"))
	if !errors.Is(err, curlew.Unavailable) || strings.Contains(err.Error(), "127.0.0.1:1:") || strings.Contains(err.Error(), "refused") {
		t.Errorf("the client is told %v", err)
	}
}
