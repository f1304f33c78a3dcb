package health_test

import (
	"context"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/health"
)

// An open watch hears of the shutdown and does not hold it up.
func TestServerShutdownEndsWatches(t *testing.T) {
	checker := health.New()
	srv := curlewtest.NewServer(t, func(s *curlew.Server) { checker.Register(s) })
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	down := make(chan error, 1)
	var seen []health.Status
	for status, err := range health.NewClient(srv.Client).Watch(ctx, "") {
		if err != nil {
			break
		}
		seen = append(seen, status)
		if len(seen) == 1 {
			go func() { down <- srv.Shutdown(ctx) }()
		}
	}
	if err := <-down; err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	if len(seen) != 2 || seen[0] != health.Serving || seen[1] != health.NotServing {
		t.Errorf("saw %v", seen)
	}
}
