package orca_test

import (
	"context"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	echov1 "github.com/curlew-rpc/curlew/internal/testproto/echo/v1"
	"github.com/curlew-rpc/curlew/orca"
	"github.com/curlew-rpc/curlew/orca/internal/orcapb"
)

// handler is what a unary method does.
type handler func(context.Context) error

// echo is a service whose unary method is the handler, which the test may change
// between calls. The streaming one does it too, after it has sent a message.
type echo struct {
	echov1.UnimplementedEchoService
	do *handler
}

func (e echo) Unary(ctx context.Context, _ *echov1.EchoRequest) (*echov1.EchoResponse, error) {
	return &echov1.EchoResponse{}, (*e.do)(ctx)
}

func (e echo) ServerStream(ctx context.Context, _ *echov1.EchoRequest, out curlew.Sender[*echov1.EchoResponse]) error {
	if err := out.Send(&echov1.EchoResponse{}); err != nil {
		return err
	}
	return (*e.do)(ctx)
}

// A served is a Reporter on a server of its own, and a client of it.
type served struct {
	*curlewtest.Server
	load *orca.Reporter
	do   handler
}

func serve(t *testing.T, opts ...orca.Option) *served {
	t.Helper()
	s := &served{load: orca.NewReporter(opts...), do: func(context.Context) error { return nil }}
	s.Server = curlewtest.NewServer(t, func(srv *curlew.Server) {
		s.load.Register(srv)
		echov1.RegisterEchoService(srv, echo{do: &s.do})
	}, curlewtest.WithServer(curlew.WithInterceptors(s.load.Interceptor())))
	return s
}

const trailer = "endpoint-load-metrics-bin"

// report returns the report in a trailer, nil if there is none.
func report(t *testing.T, h *curlew.Header) *orcapb.OrcaLoadReport {
	t.Helper()
	var r *orcapb.OrcaLoadReport
	for v := range h.Values(trailer) {
		if r != nil {
			t.Error("there is more than one report")
		}
		r = new(orcapb.OrcaLoadReport)
		if err := proto.Unmarshal([]byte(v), r); err != nil {
			t.Errorf("report %x: %v", v, err)
		}
	}
	return r
}

// call makes a call, and returns its report and its code.
func (s *served) call(t *testing.T) (*orcapb.OrcaLoadReport, curlew.Code) {
	t.Helper()
	var h curlew.Header
	_, err := echov1.NewEchoServiceClient(s.Client).With(curlew.CaptureTrailer(&h)).Unary(t.Context(), &echov1.EchoRequest{})
	return report(t, &h), curlew.CodeOf(err)
}

// want compares reports; nil is none.
func want(t *testing.T, what string, got, want *orcapb.OrcaLoadReport) {
	t.Helper()
	if (got == nil) != (want == nil) || !proto.Equal(got, want) {
		t.Errorf("%s: report {%v}, want {%v}", what, got, want)
	}
}

// A told is what a client that asks for reports is told at a time.
type told struct {
	after  time.Duration
	report *orcapb.OrcaLoadReport
	code   curlew.Code // of the end, without a report
}

// ask asks for reports, and puts what comes into a channel, which is closed at the end.
func ask(ctx context.Context, c *curlew.Client, req *orcapb.OrcaLoadReportRequest) <-chan told {
	reports, begin := make(chan told, 100), time.Now()
	go func() {
		defer close(reports)
		for r, err := range orcapb.NewOpenRcaServiceClient(c).StreamCoreMetrics(ctx, req) {
			t := told{time.Since(begin), r, curlew.CodeOf(err)}
			if err != nil {
				t.report = nil
			}
			reports <- t
		}
	}()
	return reports
}
