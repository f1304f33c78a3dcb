package health_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/health"
)

// net/http's client speaks HTTP/2 without gRPC.
func TestHealthz(t *testing.T) {
	checker := health.New()
	checker.Set("shop.v1.Orders", health.NotServing)
	checker.Set("shop.v1.Carts", health.Unknown)
	srv := curlewtest.NewServer(t, func(s *curlew.Server) { checker.Register(s) })
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	transport := &http.Transport{Protocols: &protocols, DialContext: srv.Listener.Dial}
	defer transport.CloseIdleConnections()
	get := func(method, query string, status int, text string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, "http://in-process/healthz"+query, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := transport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if res.StatusCode != status || strings.TrimSpace(string(body)) != text || err != nil {
			t.Errorf("%s %s: %d %q %v", method, query, res.StatusCode, body, err)
		}
	}
	get("GET", "", 200, "SERVING")
	get("HEAD", "", 200, "")
	get("GET", "?service=", 200, "SERVING")
	get("GET", "?service=shop.v1.Orders", 503, "NOT_SERVING")
	get("GET", "?service=shop.v1.Carts", 503, "UNKNOWN")
	get("GET", "?service=shop.v1.Other", 404, "SERVICE_UNKNOWN")
	get("GET", "?%zz", 400, "the query cannot be read")
	checker.Set("shop.v1.Orders", health.Serving)
	get("GET", "?service=shop.v1.Orders", 200, "SERVING")
	checker.Shutdown()
	get("GET", "", 503, "NOT_SERVING")
}

// A server that is full is not ill.
func TestLimitsDoNotHoldForHealth(t *testing.T) {
	none := curlew.RateLimit(1e-6, 1)
	none.Acquire(context.Background(), nil) // the only call for days
	srv := curlewtest.NewServer(t, func(s *curlew.Server) { health.New().Register(s) },
		curlewtest.WithServer(curlew.WithLimits(none)))
	for range 3 {
		if status, err := health.NewClient(srv.Client).Check(t.Context(), ""); err != nil || status != health.Serving {
			t.Errorf("%v, %v", status, err)
		}
	}
}
