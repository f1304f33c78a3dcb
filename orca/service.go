package orca

import (
	"context"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/orca/internal/orcapb"
)

// service is a Reporter as clients call it at one server.
type service struct {
	r    *Reporter
	down <-chan struct{} // closed when the server shuts down
}

var errDown = curlew.Errorf(curlew.Unavailable, "the server is shutting down")

// StreamCoreMetrics sends the load at once and then in intervals, changed or not. Costs
// are of single calls, so the names that the client asks for say nothing here (gRFC A51).
func (s service) StreamCoreMetrics(ctx context.Context, req *orcapb.OrcaLoadReportRequest, out curlew.Sender[*orcapb.OrcaLoadReport]) error {
	// No interval is one of 0, and one that is out of range the nearest.
	tick := time.NewTicker(max(req.GetReportInterval().AsDuration(), s.r.least))
	defer tick.Stop()
	for {
		select {
		case <-s.down:
			return errDown
		default:
		}
		if err := out.Send(s.r.report().message); err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-s.down:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
