package health_test

import (
	"context"
	"testing"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/health"
)

// served returns a Checker on a server of its own, and a client of it.
func served(t *testing.T) (*health.Checker, health.Client) {
	t.Helper()
	curlewtest.NoLeaks(t)
	c := health.New()
	s := curlewtest.NewServer(t, func(s *curlew.Server) { c.Register(s) })
	return c, health.NewClient(s.Client)
}

// An update is what Watch yields.
type update struct {
	status health.Status
	code   curlew.Code
}

// watch puts what Watch yields into a channel, which is closed at the end.
func watch(ctx context.Context, c health.Client, service string) <-chan update {
	updates := make(chan update, 10)
	go func() {
		defer close(updates)
		for status, err := range c.Watch(ctx, service) {
			updates <- update{status, curlew.CodeOf(err)}
		}
	}()
	return updates
}
