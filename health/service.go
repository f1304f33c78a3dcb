package health

import (
	"context"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/health/internal/healthpb"
)

// service is a Checker as clients call it.
type service struct{ c *Checker }

// maxList is how many services List tells of (gRFC A90).
const maxList = 100

func response(s Status) *healthpb.HealthCheckResponse {
	return &healthpb.HealthCheckResponse{Status: healthpb.HealthCheckResponse_ServingStatus(s)}
}

func (s service) Check(_ context.Context, req *healthpb.HealthCheckRequest) (*healthpb.HealthCheckResponse, error) {
	s.c.mu.Lock()
	status := s.c.statusLocked(req.GetService())
	s.c.mu.Unlock()
	if status == ServiceUnknown {
		return nil, curlew.Errorf(curlew.NotFound, "unknown service")
	}
	return response(status), nil
}

func (s service) List(context.Context, *healthpb.HealthListRequest) (*healthpb.HealthListResponse, error) {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	if n := len(s.c.statuses); n > maxList {
		return nil, curlew.Errorf(curlew.ResourceExhausted, "%d services are more than the %d that can be listed", n, maxList)
	}
	res := &healthpb.HealthListResponse{Statuses: make(map[string]*healthpb.HealthCheckResponse, len(s.c.statuses))}
	for name, status := range s.c.statuses {
		res.Statuses[name] = response(status)
	}
	return res, nil
}

func (s service) Watch(ctx context.Context, req *healthpb.HealthCheckRequest, out curlew.Sender[*healthpb.HealthCheckResponse]) error {
	return s.c.watch(ctx, req.GetService(), func(status Status) error { return out.Send(response(status)) })
}
