package testservice

import (
	"context"

	testpb "google.golang.org/grpc/interop/grpc_testing"

	"github.com/curlew-rpc/curlew/orca"
)

// A load is what clients have the server report without calls. One call at a time
// changes it, until it ends, so that clients do not see each other's.
type load struct {
	reporter *orca.Reporter
	turn     chan struct{}
}

func newLoad(reporter *orca.Reporter) *load {
	return &load{reporter, make(chan struct{}, 1)}
}

// take waits for the turn, which put ends.
func (l *load) take(ctx context.Context) error {
	select {
	case l.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *load) put() { <-l.turn }

// reportCall has a call report what its request wants.
func reportCall(ctx context.Context, want *testpb.TestOrcaReport) {
	if want == nil {
		return
	}
	c := orca.CallFrom(ctx)
	set(&c.Metrics, want)
	for name, cost := range want.RequestCost {
		c.SetCost(name, cost)
	}
}

func set(m *orca.Metrics, want *testpb.TestOrcaReport) {
	m.SetCPU(want.CpuUtilization)
	m.SetMemory(want.MemoryUtilization)
	for name, utilization := range want.Utilization {
		m.SetUtilization(name, utilization)
	}
}
