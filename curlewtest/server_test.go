package curlewtest_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/health"
)

func register(s *curlew.Server) { health.New().Register(s) }

func TestServer(t *testing.T) {
	curlewtest.NoLeaks(t)
	s := curlewtest.NewServer(t, register)
	for range 10 {
		if status, err := health.NewClient(s.Client).Check(t.Context(), ""); status != health.Serving || err != nil {
			t.Fatal(status, err)
		}
	}
	if _, err := health.NewClient(s.NewClient()).Check(t.Context(), "x"); !errors.Is(err, curlew.NotFound) {
		t.Fatal(err)
	}
}

func TestServerInBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		curlewtest.NoLeaks(t)
		c := health.New()
		s := curlewtest.NewServer(t, func(s *curlew.Server) { c.Register(s) })
		time.AfterFunc(time.Hour, func() { c.Set("", health.NotServing) })
		begin := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Hour)
		defer cancel()
		for status, err := range health.NewClient(s.Client).Watch(ctx, "") {
			t.Log(status, err, time.Since(begin))
		}
	})
}
