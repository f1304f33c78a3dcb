package health

import (
	"context"
	"iter"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/health/internal/healthpb"
)

// A Client asks a server how it is. It is a small value that may be copied, and
// used by several goroutines at once.
type Client struct{ calls healthpb.HealthClient }

// NewClient returns a client that makes its calls through c.
func NewClient(c *curlew.Client) Client { return Client{healthpb.NewHealthClient(c)} }

// With returns a client whose calls have the options opts too.
func (c Client) With(opts ...curlew.CallOption) Client { return Client{c.calls.With(opts...)} }

// Check returns the status of a service, "" for the server as a whole. It fails
// with NotFound for a service that the server does not know, and with
// Unimplemented if it does not tell how it is.
func (c Client) Check(ctx context.Context, service string) (Status, error) {
	res, err := c.calls.Check(ctx, &healthpb.HealthCheckRequest{Service: service})
	return Status(res.GetStatus()), err
}

// List returns the status of every service by its name. It fails with
// ResourceExhausted if there are more than 100.
func (c Client) List(ctx context.Context) (map[string]Status, error) {
	res, err := c.calls.List(ctx, &healthpb.HealthListRequest{})
	if err != nil {
		return nil, err
	}
	statuses := make(map[string]Status, len(res.GetStatuses()))
	for name, status := range res.GetStatuses() {
		statuses[name] = Status(status.GetStatus())
	}
	return statuses, nil
}

// Watch yields the status of a service at once and whenever it changes, and
// ServiceUnknown while the server does not know the service. The call begins with
// the loop and ends with it, or with an error, which is yielded last.
func (c Client) Watch(ctx context.Context, service string) iter.Seq2[Status, error] {
	return func(yield func(Status, error) bool) {
		for res, err := range c.calls.Watch(ctx, &healthpb.HealthCheckRequest{Service: service}) {
			if !yield(Status(res.GetStatus()), err) {
				return
			}
		}
	}
}
