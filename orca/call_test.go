package orca_test

import (
	"context"
	"errors"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	echov1 "github.com/curlew-rpc/curlew/internal/testproto/echo/v1"
	"github.com/curlew-rpc/curlew/orca"
	"github.com/curlew-rpc/curlew/orca/internal/orcapb"
)

func TestNothingSaidIsNothingSent(t *testing.T) {
	s := serve(t)
	got, _ := s.call(t)
	want(t, "of a new server", got, nil)
	s.do = func(ctx context.Context) error { orca.CallFrom(ctx); return nil }
	got, _ = s.call(t)
	want(t, "of a call that says nothing", got, nil)
	s.do = func(ctx context.Context) error {
		orca.CallFrom(ctx).SetCPU(1)
		orca.CallFrom(ctx).SetCost("rows", 1)
		orca.CallFrom(ctx).SetCPU(math.NaN())
		orca.CallFrom(ctx).SetCost("rows", math.NaN())
		return nil
	}
	got, _ = s.call(t)
	want(t, "of a call that takes it all back", got, nil)
}

func TestTheServersLoadComesWithEveryCall(t *testing.T) {
	s := serve(t)
	s.load.SetCPU(1.5)
	s.load.SetMemory(0.25)
	s.load.SetApplication(0.75)
	s.load.SetQPS(100)
	s.load.SetEPS(2)
	s.load.SetUtilization("disk", 0.5)
	s.load.SetNamed("queue", -3)
	all := func() *orcapb.OrcaLoadReport {
		return &orcapb.OrcaLoadReport{
			CpuUtilization: 1.5, MemUtilization: 0.25, ApplicationUtilization: 0.75, RpsFractional: 100, Eps: 2,
			Utilization: map[string]float64{"disk": 0.5}, NamedMetrics: map[string]float64{"queue": -3},
		}
	}
	for range 2 {
		got, _ := s.call(t)
		want(t, "what is set", got, all())
	}
	s.load.SetMemory(math.NaN())
	s.load.SetNamed("queue", math.NaN())
	s.load.SetUtilization("disk", 0.6)
	less := all()
	less.MemUtilization, less.NamedMetrics, less.Utilization["disk"] = 0, nil, 0.6
	got, _ := s.call(t)
	want(t, "what has changed", got, less)
}

// gRFC A51: what a call says takes precedence.
func TestACallsLoadGoesOverTheServers(t *testing.T) {
	s := serve(t, orca.WithoutRates())
	s.load.SetCPU(0.5)
	s.load.SetMemory(0.5)
	s.load.SetUtilization("disk", 0.5)
	s.load.SetUtilization("gpu", 0.5)
	s.do = func(ctx context.Context) error {
		c := orca.CallFrom(ctx)
		c.SetCPU(0)
		c.SetApplication(0.9)
		c.SetQPS(10)
		c.SetEPS(1)
		c.SetUtilization("disk", 0.7)
		c.SetCost("rows", 12)
		orca.CallFrom(ctx).SetCost("bytes", 3487) // of the same call
		c.SetNamed("queue", 4)
		return nil
	}
	got, _ := s.call(t)
	want(t, "together", got, &orcapb.OrcaLoadReport{
		MemUtilization: 0.5, ApplicationUtilization: 0.9, RpsFractional: 10, Eps: 1,
		Utilization:  map[string]float64{"disk": 0.7, "gpu": 0.5},
		RequestCost:  map[string]float64{"rows": 12, "bytes": 3487},
		NamedMetrics: map[string]float64{"queue": 4},
	})
	s.do = func(context.Context) error { return nil }
	got, _ = s.call(t)
	want(t, "of the next call", got, &orcapb.OrcaLoadReport{
		CpuUtilization: 0.5, MemUtilization: 0.5, Utilization: map[string]float64{"disk": 0.5, "gpu": 0.5},
	})
}

func TestFailedCallsReportToo(t *testing.T) {
	s := serve(t)
	for name, test := range map[string]struct {
		end  func() error
		code curlew.Code
	}{
		"a status":        {func() error { return curlew.Errorf(curlew.NotFound, "no") }, curlew.NotFound},
		"any other error": {func() error { return errors.New("no") }, curlew.Unknown},
		"a panic":         {func() error { panic("no") }, curlew.Internal},
	} {
		s.do = func(ctx context.Context) error {
			orca.CallFrom(ctx).SetCost("rows", 1)
			return test.end()
		}
		got, code := s.call(t)
		want(t, name, got, &orcapb.OrcaLoadReport{RequestCost: map[string]float64{"rows": 1}})
		if code != test.code {
			t.Errorf("%s: %v, want %v", name, code, test.code)
		}
	}
}

func TestStreamsReportAtTheirEnd(t *testing.T) {
	s := serve(t)
	s.do = func(ctx context.Context) error {
		orca.CallFrom(ctx).SetCost("rows", 1)
		return nil
	}
	var h curlew.Header
	client := echov1.NewEchoServiceClient(s.Client).With(curlew.CaptureTrailer(&h))
	for _, err := range client.ServerStream(t.Context(), &echov1.EchoRequest{}) {
		if err != nil {
			t.Fatal(err)
		}
	}
	want(t, "of a stream", report(t, &h), &orcapb.OrcaLoadReport{RequestCost: map[string]float64{"rows": 1}})
}

// What cannot be counts as the nearest that can.
func TestValuesOutOfRange(t *testing.T) {
	s := serve(t)
	s.load.SetCPU(-1)
	s.load.SetMemory(1.5)
	s.load.SetApplication(math.Inf(1))
	s.load.SetUtilization("over", 2)
	s.load.SetUtilization("under", -2)
	s.load.SetNamed("low", math.Inf(-1))
	s.load.SetNamed("bad\xff", 1)
	got, _ := s.call(t)
	want(t, "out of range", got, &orcapb.OrcaLoadReport{
		MemUtilization: 1, ApplicationUtilization: math.MaxFloat64,
		Utilization:  map[string]float64{"over": 1, "under": 0},
		NamedMetrics: map[string]float64{"low": -math.MaxFloat64, "bad�": 1},
	})
}

// A handler that is tried without a server, or on one without a Reporter, need not ask.
func TestCallFromWithoutInterceptor(t *testing.T) {
	orca.CallFrom(context.Background()).SetCost("rows", 1)
}

func TestInterceptorOfAClientDoesNothing(t *testing.T) {
	load := orca.NewReporter()
	load.SetCPU(1)
	do := handler(func(context.Context) error { return nil })
	s := curlewtest.NewServer(t, func(srv *curlew.Server) { echov1.RegisterEchoService(srv, echo{do: &do}) },
		curlewtest.WithClient(curlew.WithInterceptors(load.Interceptor())))
	var h curlew.Header
	_, err := echov1.NewEchoServiceClient(s.Client).With(curlew.CaptureTrailer(&h)).Unary(t.Context(), &echov1.EchoRequest{})
	if err != nil || h.Has(trailer) {
		t.Errorf("%v, trailer %v", err, h)
	}
}

// The context of a handler is as good as that of one without a Reporter.
func TestHandlersContext(t *testing.T) {
	s := serve(t)
	ended := make(chan error)
	s.do = func(ctx context.Context) error {
		if curlew.CallFrom(ctx) == nil {
			t.Error("it has lost the call")
		}
		if _, ok := ctx.Deadline(); ok {
			t.Error("it has a deadline")
		}
		child, cancel := context.WithCancel(ctx)
		cancel()
		<-child.Done()
		if ctx.Err() != nil {
			t.Error("it has ended with its child")
		}
		child, cancel = context.WithTimeout(ctx, time.Hour)
		go func() {
			defer cancel()
			<-child.Done()
			ended <- child.Err()
		}()
		return nil
	}
	s.call(t)
	if err := <-ended; err != context.Canceled {
		t.Errorf("its child ends with %v after the call", err)
	}
}

// Handlers, others that set the server's load, and reports go together.
func TestConcurrently(t *testing.T) {
	s := serve(t)
	s.do = func(ctx context.Context) error {
		c := orca.CallFrom(ctx)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() { c.SetCost("rows", 1); c.SetUtilization("disk", 0.5) })
			wg.Go(func() { s.load.SetCPU(0.5); s.load.SetUtilization("gpu", 0.5) })
		}
		wg.Wait()
		return nil
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				got, _ := s.call(t)
				want(t, "concurrently", got, &orcapb.OrcaLoadReport{
					CpuUtilization: 0.5, Utilization: map[string]float64{"disk": 0.5, "gpu": 0.5},
					RequestCost: map[string]float64{"rows": 1}, RpsFractional: got.GetRpsFractional(),
				})
			}
		})
	}
	wg.Wait()
}
