package health_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/health"
)

// expect compares what a watcher has got since the last time.
func expect(t *testing.T, updates <-chan update, want ...health.Status) {
	t.Helper()
	synctest.Wait()
	var got []health.Status
	for len(updates) > 0 {
		u := <-updates
		if u.code != curlew.OK {
			t.Errorf("the call ended with %v", u.code)
		}
		got = append(got, u.status)
	}
	if !slices.Equal(got, want) {
		t.Errorf("updates %v, want %v", got, want)
	}
}

func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, client := served(t)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		c.Set("a.A", health.NotServing)
		whole, a, unknown := watch(ctx, client, ""), watch(ctx, client, "a.A"), watch(ctx, client, "x.X")
		expect(t, whole, health.Serving)
		expect(t, a, health.NotServing)
		expect(t, unknown, health.ServiceUnknown)

		c.Set("a.A", health.NotServing) // as it was
		c.Set("other.O", health.Serving)
		expect(t, a)
		c.Set("a.A", health.Serving)
		expect(t, a, health.Serving)
		expect(t, whole)
		expect(t, unknown)

		c.Set("x.X", health.Serving)
		expect(t, unknown, health.Serving)
		c.Set("x.X", health.ServiceUnknown)
		expect(t, unknown, health.ServiceUnknown)

		time.Sleep(time.Hour)
		c.SetAll(health.NotServing)
		expect(t, a, health.NotServing)
		expect(t, whole, health.NotServing)
		expect(t, unknown)
	})
}

func TestWatchEndsWithItsCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, client := served(t)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		updates := watch(ctx, client, "")
		expect(t, updates, health.Serving)
		begin := time.Now()
		if got := <-updates; got.code != curlew.DeadlineExceeded || time.Since(begin) != time.Minute {
			t.Errorf("the call ends with %v after %v", got, time.Since(begin))
		}
		for range client.Watch(t.Context(), "") {
			break
		}
		// That the handlers have ended too is what served checks.
	})
}

func TestShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, client := served(t)
		c.Set("a.A", health.Serving)
		whole, unknown := watch(t.Context(), client, ""), watch(t.Context(), client, "x.X")
		expect(t, whole, health.Serving)
		expect(t, unknown, health.ServiceUnknown)
		c.Shutdown()
		c.Shutdown()
		expectEnd(t, whole, update{status: health.NotServing}, update{code: curlew.Unavailable})
		expectEnd(t, unknown, update{code: curlew.Unavailable})

		// Nothing changes any more.
		c.Set("", health.Serving)
		c.SetAll(health.Serving)
		c.Set("b.B", health.Serving)
		for service, want := range map[string]curlew.Code{"": curlew.OK, "a.A": curlew.OK, "b.B": curlew.NotFound} {
			status, err := client.Check(t.Context(), service)
			if curlew.CodeOf(err) != want || err == nil && status != health.NotServing {
				t.Errorf("Check(%q) = %v, %v", service, status, err)
			}
		}
		expectEnd(t, watch(t.Context(), client, ""), update{code: curlew.Unavailable})
	})
}

func expectEnd(t *testing.T, updates <-chan update, want ...update) {
	t.Helper()
	var got []update
	for u := range updates {
		got = append(got, u)
	}
	if !slices.Equal(got, want) {
		t.Errorf("the call ends with %v, want %v", got, want)
	}
}
