package curlew

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/curlew-rpc/curlew/balance"
	"github.com/curlew-rpc/curlew/internal/channel"
	"github.com/curlew-rpc/curlew/internal/h2"
	"github.com/curlew-rpc/curlew/internal/transport"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
)

// loadReports is the path of the method by which a server tells its load (gRFC A51).
const loadReports = "/xds.service.orca.v3.OpenRcaService/StreamCoreMetrics"

// followHead prepares the header of a call that the client makes for itself.
func (c *Client) followHead(path string) *transport.Head {
	head := transport.NewFollowHead(c.scheme, c.authority, c.prefix+path, c.userAgent)
	c.usesProtocol(head)
	return head
}

// watchHealth hears over conn of the health of a service.
func (c *Client) watchHealth(ctx context.Context, conn transport.Conn, service string, report func(serving bool)) error {
	err := transport.Follow(ctx, conn, c.followHead(wire.HealthWatch), wire.AppendHealthRequest(nil, service), func(msg []byte) error {
		serving, err := wire.ParseHealthResponse(msg)
		if err == nil {
			report(serving)
		}
		return err
	})
	var st *transport.Status
	if errors.Is(err, transport.ErrNotSent) || errors.As(err, new(*h2.ConnError)) || errors.As(err, &st) && st.Unprocessed {
		return fmt.Errorf("%w: %w", channel.ErrNotAsked, err)
	}
	return err
}

// watchLoad hears over conn of the load of its endpoint.
func (c *Client) watchLoad(ctx context.Context, conn transport.Conn, every time.Duration, report func(*balance.Report)) error {
	return transport.Follow(ctx, conn, c.followHead(loadReports), wire.AppendLoadReportRequest(nil, every), func(msg []byte) error {
		r, err := wire.ParseLoadReport(msg)
		if err == nil {
			report(reportOf(r))
		}
		return err
	})
}

func reportOf(r wire.LoadReport) *balance.Report {
	return &balance.Report{
		At:          time.Now(),
		CPU:         r.CPU,
		Memory:      r.Memory,
		Application: r.Application,
		QPS:         r.QPS,
		EPS:         r.EPS,
		Utilization: r.Utilization,
		Cost:        r.Cost,
		Named:       r.Named,
	}
}
