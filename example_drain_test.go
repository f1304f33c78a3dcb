package curlew_test

import (
	"context"
	"log"
	"log/slog"
	"os/signal"
	"syscall"
	"time"

	"github.com/curlew-rpc/curlew"
)

// registry stands for where clients find servers.
type registry struct{}

func (registry) Remove(context.Context, string) error { return nil }

// A server that can be restarted without anybody noticing: it is taken off the lists,
// serves on while that gets around, and lets its calls finish.
func ExampleServer_OnDeregister() {
	var servers registry
	srv := curlew.NewServer(
		curlew.WithLogger(slog.Default()),
		curlew.WithLameDuck(5*time.Second),
		curlew.WithMaxConnectionAge(30*time.Minute, time.Minute), // so that clients come to know new servers
	)
	srv.Register(testService())
	srv.OnDeregister(func(ctx context.Context) error { return servers.Remove(ctx, "10.0.0.7:8080") })

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	// The next process listens, and gets all new connections, before this one is told to stop.
	if err := srv.ListenAndServe(ctx, ":8080", curlew.HandOver()); err != nil {
		log.Fatal(err)
	}
}

// Limits for the whole server, for a service, and for one of its methods.
func ExampleWithLimits() {
	srv := curlew.NewServer(curlew.WithLimits(curlew.AdaptiveLimit(curlew.AdaptiveConfig{
		Priority: func(call *curlew.Call) curlew.Priority {
			if call.RequestHeader().Get("x-job") != "" {
				return curlew.LowPriority
			}
			return curlew.HighPriority
		},
	})))
	srv.Register(testService(),
		curlew.WithServiceLimits(curlew.ConcurrencyLimit(500)),
		curlew.ForMethods(curlew.WithServiceLimits(curlew.RateLimit(100, 20)), "Unary"))
}
