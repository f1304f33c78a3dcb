package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	weatherv1 "github.com/curlew-rpc/curlew/examples/proto/weather/v1"
)

func reading(celsius float64) *weatherv1.ReportRequest {
	return &weatherv1.ReportRequest{Reading: &weatherv1.Reading{Station: "Mizen", Celsius: celsius}}
}

// A client-streaming handler takes an iterator: a test gives it a few messages.
func TestReport(t *testing.T) {
	w := new(weather)
	res, err := w.Report(t.Context(), curlew.Values(reading(7), reading(8)))
	if err != nil || res.GetCount() != 2 || res.GetMeanCelsius() != 7.5 {
		t.Errorf("%v, %v", res, err)
	}
	if _, err := w.Report(t.Context(), curlew.Values[*weatherv1.ReportRequest]()); !errors.Is(err, curlew.InvalidArgument) {
		t.Errorf("no readings: %v", err)
	}
}

// An iterator that fails is a client that goes away.
func TestReportOfAClientThatGoes(t *testing.T) {
	gone := curlew.Errorf(curlew.Canceled, "gone")
	_, err := new(weather).Report(t.Context(), func(yield func(*weatherv1.ReportRequest, error) bool) {
		if yield(reading(7), nil) {
			yield(nil, gone)
		}
	})
	if err != error(gone) {
		t.Errorf("%v", err)
	}
}

// A server-streaming handler sends to a one-method interface: a test gives it a
// function, or a Sender of curlewtest, which collects.
func TestWatch(t *testing.T) {
	w := &weather{every: time.Nanosecond, measure: func(string) float64 { return 9 }}
	enough := errors.New("enough")
	n := 0
	err := w.Watch(t.Context(), &weatherv1.WatchRequest{}, curlew.SenderFunc[*weatherv1.WatchResponse](func(res *weatherv1.WatchResponse) error {
		if n++; n == 3 {
			return enough
		}
		return nil
	}))
	if err != enough || n != 3 {
		t.Errorf("%d readings, %v", n, err)
	}

	out := curlewtest.Sender[*weatherv1.WatchResponse]{Limit: 2, Err: enough}
	if err := w.Watch(t.Context(), &weatherv1.WatchRequest{Station: "Mizen"}, &out); err != enough || len(out.Messages) != 2 {
		t.Errorf("%v, %v", out.Messages, err)
	}
}

// A bidirectional handler gets all requests at once, and its responses are collected.
func TestCompare(t *testing.T) {
	w := &weather{measure: func(station string) float64 { return float64(len(station)) }}
	c := curlewtest.Bidi[*weatherv1.CompareRequest, *weatherv1.CompareResponse]{Requests: []*weatherv1.CompareRequest{
		{Station: "Skellig", OtherStation: "Mizen"},
		{Station: "Mizen", OtherStation: "Skellig"},
	}}
	if err := w.Compare(t.Context(), c.Duplex()); err != nil {
		t.Fatal(err)
	}
	for _, res := range c.Messages {
		if res.GetWarmer() != "Skellig" || res.GetDifferenceCelsius() != 2 {
			t.Errorf("%v", res)
		}
	}
	if len(c.Messages) != 2 {
		t.Errorf("%d responses", len(c.Messages))
	}
}

func TestRun(t *testing.T) {
	var out strings.Builder
	if err := run(&out); err != nil || out.String() != "Skellig: 8.4 °C\n" {
		t.Errorf("printed %q, %v", &out, err)
	}
}
