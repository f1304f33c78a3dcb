package grpcgo

import (
	"context"
	"sync/atomic"

	"google.golang.org/grpc/stats"
)

// countConns counts the connections of a reference server.
type countConns struct{ n *atomic.Int32 }

func (countConns) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context   { return ctx }
func (countConns) HandleRPC(context.Context, stats.RPCStats)                         {}
func (countConns) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }

func (c countConns) HandleConn(_ context.Context, s stats.ConnStats) {
	if _, ok := s.(*stats.ConnBegin); ok {
		c.n.Add(1)
	}
}
