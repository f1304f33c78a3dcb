package orca_test

import (
	"context"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/orca"
	"github.com/curlew-rpc/curlew/orca/internal/orcapb"
)

func every(d time.Duration) *orcapb.OrcaLoadReportRequest {
	return &orcapb.OrcaLoadReportRequest{ReportInterval: durationpb.New(d)}
}

// wantTold compares when reports have come since the last time.
func wantTold(t *testing.T, what string, reports <-chan told, after ...time.Duration) {
	t.Helper()
	synctest.Wait()
	for _, at := range after {
		select {
		case got := <-reports:
			if got.after != at || got.report == nil {
				t.Errorf("%s: {%v} (%v) after %v, want a report after %v", what, got.report, got.code, got.after, at)
			}
		default:
			t.Errorf("%s: no report after %v", what, at)
		}
	}
	if n := len(reports); n > 0 {
		t.Errorf("%s: %d reports too many", what, n)
	}
}

func TestIntervals(t *testing.T) {
	const s = time.Second
	for name, test := range map[string]struct {
		opts []orca.Option
		req  *orcapb.OrcaLoadReportRequest
		want time.Duration
	}{
		"longer than the least":      {nil, every(45 * s), 45 * s},
		"shorter than the least":     {nil, every(s), 30 * s},
		"none":                       {nil, &orcapb.OrcaLoadReportRequest{}, 30 * s},
		"negative":                   {nil, every(-s), 30 * s},
		"none, least set":            {[]orca.Option{orca.WithMinInterval(5 * s)}, every(0), 5 * s},
		"shorter, least set":         {[]orca.Option{orca.WithMinInterval(5 * s)}, every(s), 5 * s},
		"longer, least set":          {[]orca.Option{orca.WithMinInterval(5 * s)}, every(7 * s), 7 * s},
		"least of nothing":           {[]orca.Option{orca.WithMinInterval(0)}, every(s), 30 * s},
		"least of next to nothing":   {[]orca.Option{orca.WithMinInterval(1)}, every(1), time.Millisecond},
		"least set more than once":   {[]orca.Option{orca.WithMinInterval(5 * s), orca.WithMinInterval(-1)}, every(s), 30 * s},
		"out of the range of values": {nil, &orcapb.OrcaLoadReportRequest{ReportInterval: &durationpb.Duration{Seconds: math.MaxInt64}}, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			srv := serve(t, test.opts...)
			ctx, cancel := context.WithCancel(t.Context())
			reports := ask(ctx, srv.Client, test.req)
			wantTold(t, name, reports, 0)
			if test.want == 0 {
				time.Sleep(24 * 365 * time.Hour)
				wantTold(t, name, reports)
			} else {
				time.Sleep(2*test.want - 1)
				wantTold(t, name, reports, test.want)
				time.Sleep(time.Nanosecond)
				wantTold(t, name, reports, 2*test.want)
			}
			cancel()
			if end := <-reports; end.code != curlew.Canceled {
				t.Errorf("%s: the end is %v", name, end.code)
			}
		})
	}
}

// Each report has all that is known then, changed or not.
func TestReportsWithoutCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(t)
		s.call(t)
		reports := ask(t.Context(), s.Client, every(30*time.Second))
		next := func(what string, is *orcapb.OrcaLoadReport) {
			t.Helper()
			want(t, what, (<-reports).report, is)
		}
		next("nothing said", &orcapb.OrcaLoadReport{})
		s.load.SetApplication(0.5)
		s.load.SetUtilization("disk", 0.25)
		s.load.SetNamed("queue", 3)
		all := &orcapb.OrcaLoadReport{
			ApplicationUtilization: 0.5, Utilization: map[string]float64{"disk": 0.25}, NamedMetrics: map[string]float64{"queue": 3},
		}
		next("set", all)
		next("as before", all)
		time.Sleep(29 * time.Second)
		for range 20 {
			s.call(t)
		}
		all.RpsFractional = 2
		next("with calls", all)
		all.RpsFractional = 0
		s.load.SetApplication(math.NaN())
		all.ApplicationUtilization = 0
		next("taken back", all)
	})
}

// Reports are no calls of the application.
func TestReportsAreNotCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(t)
		s.load.SetCPU(0.5)
		for range 5 {
			ctx, cancel := context.WithCancel(t.Context())
			reports := ask(ctx, s.Client, every(time.Minute))
			<-reports
			cancel()
			<-reports
		}
		time.Sleep(time.Second)
		s.wantRates(t, "of calls for reports", 0, 0)
	})
}

func TestShutdownEndsReports(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(t)
		open, closed := ask(t.Context(), s.Client, every(0)), ask(t.Context(), s.Client, every(time.Hour))
		<-open
		<-closed
		begin := time.Now()
		if err := s.Shutdown(t.Context()); err != nil || time.Since(begin) >= time.Second {
			t.Errorf("Shutdown: %v after %v", err, time.Since(begin))
		}
		for _, reports := range []<-chan told{open, closed} {
			if end := <-reports; end.code != curlew.Unavailable || end.report != nil {
				t.Errorf("the end is {%v}, %v", end.report, end.code)
			}
		}
		if err := s.Shutdown(t.Context()); err != nil {
			t.Errorf("Shutdown again: %v", err)
		}
	})
}

// Servers that share a Reporter end on their own.
func TestShutdownOfOneServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		load := orca.NewReporter()
		one, other := curlewtest.NewServer(t, func(s *curlew.Server) { load.Register(s) }), curlewtest.NewServer(t, func(s *curlew.Server) { load.Register(s) })
		reports := ask(t.Context(), one.Client, every(0))
		if err := other.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		wantTold(t, "of the other server", reports, 0, 30*time.Second, time.Minute)
	})
}
