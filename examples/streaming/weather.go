package main

import (
	"context"
	"iter"
	"slices"
	"sync"

	"github.com/curlew-rpc/curlew"
	weatherv1 "github.com/curlew-rpc/curlew/examples/proto/weather/v1"
)

// weather implements weatherv1.WeatherService. Handlers run concurrently.
type weather struct {
	mu       sync.Mutex
	readings map[string][]float64 // by station, the oldest first
}

// Report ranges over what the client sends. The loop ends when the client has
// sent all, or with an error when the call is over before that.
func (w *weather) Report(_ context.Context, reqs iter.Seq2[*weatherv1.ReportRequest, error]) (*weatherv1.ReportResponse, error) {
	var sum float64
	res := new(weatherv1.ReportResponse)
	for req, err := range reqs {
		if err != nil {
			return nil, err
		}
		r := req.GetReading()
		if r.GetStation() == "" {
			return nil, curlew.Errorf(curlew.InvalidArgument, "reading %d is of no station", res.GetCount()+1)
		}
		w.mu.Lock()
		w.readings[r.GetStation()] = append(w.readings[r.GetStation()], r.GetCelsius())
		w.mu.Unlock()
		res.Count++
		sum += r.GetCelsius()
	}
	if res.GetCount() > 0 {
		res.MeanCelsius = sum / float64(res.GetCount())
	}
	return res, nil
}

// Watch sends. Send waits while the client is slow, and fails when it is gone.
func (w *weather) Watch(_ context.Context, req *weatherv1.WatchRequest, out curlew.Sender[*weatherv1.WatchResponse]) error {
	w.mu.Lock()
	readings := slices.Clone(w.readings[req.GetStation()])
	w.mu.Unlock()
	if len(readings) == 0 {
		return curlew.Errorf(curlew.NotFound, "no station %q", req.GetStation())
	}
	for _, celsius := range readings {
		if err := out.Send(&weatherv1.WatchResponse{Reading: &weatherv1.Reading{Station: req.GetStation(), Celsius: celsius}}); err != nil {
			return err
		}
	}
	return nil
}

// Compare answers each request at once. It may just as well send and receive in
// goroutines of their own.
func (w *weather) Compare(_ context.Context, stream *curlew.Duplex[*weatherv1.CompareRequest, *weatherv1.CompareResponse]) error {
	for req, err := range stream.All() {
		if err != nil {
			return err
		}
		a, err := w.latest(req.GetStation())
		if err != nil {
			return err
		}
		b, err := w.latest(req.GetOtherStation())
		if err != nil {
			return err
		}
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

func (w *weather) latest(station string) (float64, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	readings := w.readings[station]
	if len(readings) == 0 {
		return 0, curlew.Errorf(curlew.NotFound, "no station %q", station)
	}
	return readings[len(readings)-1], nil
}
