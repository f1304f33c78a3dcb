package main

import (
	"context"
	"iter"
	"time"

	"github.com/curlew-rpc/curlew"
	weatherv1 "github.com/curlew-rpc/curlew/examples/proto/weather/v1"
)

// weather implements weatherv1.WeatherService over a thermometer, which tests
// replace.
type weather struct {
	every   time.Duration // between the readings of Watch
	measure func(station string) float64
}

// Report counts readings and averages them.
func (w *weather) Report(_ context.Context, reqs iter.Seq2[*weatherv1.ReportRequest, error]) (*weatherv1.ReportResponse, error) {
	var sum float64
	res := new(weatherv1.ReportResponse)
	for req, err := range reqs {
		if err != nil {
			return nil, err
		}
		sum += req.GetReading().GetCelsius()
		res.Count++
	}
	if res.GetCount() == 0 {
		return nil, curlew.Errorf(curlew.InvalidArgument, "there were no readings")
	}
	res.MeanCelsius = sum / float64(res.GetCount())
	return res, nil
}

// Watch sends a reading now and then, until the client has gone.
func (w *weather) Watch(ctx context.Context, req *weatherv1.WatchRequest, out curlew.Sender[*weatherv1.WatchResponse]) error {
	tick := time.NewTicker(w.every)
	defer tick.Stop()
	for {
		r := &weatherv1.Reading{Station: req.GetStation(), Celsius: w.measure(req.GetStation())}
		if err := out.Send(&weatherv1.WatchResponse{Reading: r}); err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Compare measures at two stations for each request.
func (w *weather) Compare(_ context.Context, stream *curlew.Duplex[*weatherv1.CompareRequest, *weatherv1.CompareResponse]) error {
	for req, err := range stream.All() {
		if err != nil {
			return err
		}
		a, b := w.measure(req.GetStation()), w.measure(req.GetOtherStation())
		res := &weatherv1.CompareResponse{Warmer: req.GetStation(), DifferenceCelsius: a - b}
		if b > a {
			res = &weatherv1.CompareResponse{Warmer: req.GetOtherStation(), DifferenceCelsius: b - a}
		}
		if err := stream.Send(res); err != nil {
			return err
		}
	}
	return nil
}
