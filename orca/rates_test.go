package orca_test

import (
	"context"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/orca"
)

// wantRates makes a call and compares what its report says of rates.
func (s *served) wantRates(t *testing.T, what string, qps, eps float64) {
	t.Helper()
	got, _ := s.call(t)
	if got.GetRpsFractional() != qps || got.GetEps() != eps {
		t.Errorf("%s: %v calls and %v errors a second, want %v and %v", what, got.GetRpsFractional(), got.GetEps(), qps, eps)
	}
}

func TestCallsAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(t)
		s.load.SetCPU(0.5)
		s.wantRates(t, "in the first second", 0, 0)
		time.Sleep(time.Second)
		s.wantRates(t, "after the first second", 1, 0)
		for range 8 {
			s.call(t)
		}
		s.do = func(context.Context) error { return curlew.Errorf(curlew.Unavailable, "no") }
		s.call(t)
		s.do = func(context.Context) error { return nil }
		time.Sleep(time.Second)
		s.wantRates(t, "of two seconds, of which one has 10", 5.5, 0.5)
		time.Sleep(8 * time.Second)
		s.wantRates(t, "of ten seconds", 1.2, 0.1)
		time.Sleep(time.Second)
		s.wantRates(t, "when the first second is forgotten", 1.2, 0.1)
		time.Sleep(time.Second)
		s.wantRates(t, "when the second one is", 0.3, 0)
		time.Sleep(time.Hour)
		s.wantRates(t, "after an hour of rest", 0, 0)
	})
}

// Errors are what tells of the server.
func TestErrorsAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(t)
		s.load.SetCPU(0.5)
		for code := curlew.Code(0); code <= 16; code++ {
			s.do = func(context.Context) error {
				if code == curlew.OK {
					return nil
				}
				return curlew.Errorf(code, "no")
			}
			s.call(t)
		}
		s.do = func(context.Context) error { panic("no") }
		s.call(t)
		time.Sleep(time.Second)
		s.do = func(context.Context) error { return nil }
		s.wantRates(t, "of all codes and a panic", 18, 7)
	})
}

func TestRatesThatAreSetReplaceTheCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(t)
		s.load.SetQPS(1000)
		s.call(t)
		time.Sleep(time.Second)
		s.wantRates(t, "set", 1000, 0)
		s.load.SetCPU(0.5)
		s.load.SetQPS(math.NaN())
		s.load.SetEPS(3)
		s.wantRates(t, "taken back", 1, 3)
	})
}

func TestWithoutRates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, orca.WithoutRates())
		s.load.SetCPU(0.5)
		s.call(t)
		time.Sleep(time.Second)
		s.wantRates(t, "without", 0, 0)
		s.load.SetQPS(7)
		s.wantRates(t, "set", 7, 0)
	})
}

// Without a utilization they say nothing that a client could go by.
func TestRatesAloneAreNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(t)
		s.call(t)
		time.Sleep(time.Second)
		got, _ := s.call(t)
		want(t, "rates alone", got, nil)
	})
}
