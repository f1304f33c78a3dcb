package main

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	weatherv1 "github.com/curlew-rpc/curlew/examples/proto/weather/v1"
)

func serve(t *testing.T, w *weather, opts ...curlewtest.Option) weatherv1.WeatherServiceClient {
	t.Helper()
	s := curlewtest.NewServer(t, func(s *curlew.Server) { weatherv1.RegisterWeatherService(s, w) }, opts...)
	return weatherv1.NewWeatherServiceClient(s.Client)
}

// A server in the test's process: no port, and when the test ends everything that
// it started must have ended too.
func TestReportOverTheWire(t *testing.T) {
	c := serve(t, new(weather))
	_, err := c.Report(t.Context(), curlew.Values[*weatherv1.ReportRequest]())
	if !errors.Is(err, curlew.InvalidArgument) {
		t.Errorf("no readings: %v", err)
	}
}

// A recorder shows what went over the wire.
func TestRecorder(t *testing.T) {
	var rec curlewtest.Recorder
	c := serve(t, new(weather), curlewtest.WithServer(curlew.WithInterceptors(rec.Intercept)))
	if _, err := c.With(curlew.SetHeader("x-station", "7")).Report(t.Context(), curlew.Values(reading(1), reading(2))); err != nil {
		t.Fatal(err)
	}
	call := rec.Wait(t, 1)[0]
	if call.RequestHeader.Get("x-station") != "7" || len(call.Received) != 2 || call.Code() != curlew.OK {
		t.Errorf("%+v", call)
	}
}

// In a bubble of testing/synctest, time passes when everybody waits: this test of
// an hour takes no time.
func TestWatchForAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := serve(t, &weather{every: 10 * time.Minute, measure: func(string) float64 { return 9 }})
		start, n := time.Now(), 0
		var err error
		for _, err = range c.With(curlew.Timeout(time.Hour)).Watch(t.Context(), &weatherv1.WatchRequest{Station: "Mizen"}) {
			if err == nil {
				n++
			}
		}
		if !errors.Is(err, curlew.DeadlineExceeded) || time.Since(start) != time.Hour {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
		if n < 6 || n > 7 { // the seventh races with the deadline
			t.Errorf("%d readings in an hour", n)
		}
	})
}
