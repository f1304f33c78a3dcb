package channel

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-rpc/curlew/balance"
	"github.com/curlew-rpc/curlew/resolve"
)

// Before the first update calls fail with the resolver's error, and the resolver
// is asked again after a backoff.
func TestResolverFailsFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, r := newNetwork(), newNames()
		down := errors.New("dns: no such host")
		r.set(down)
		ch := New(config(n, r))
		defer ch.Close()
		patient := pickIn(t.Context(), ch, &balance.Call{WaitForReady: true})
		synctest.Wait()
		_, err := call(ch)
		want := "no connection to test:///svc: no endpoints are known: dns: no such host"
		if kindOf(t, err) != Unavailable || !errors.Is(err, down) || err.Error() != want {
			t.Errorf("the error is\n%v, want\n%v", err, want)
		}
		mustState(t, ch, balance.TransientFailure)
		time.Sleep(time.Minute)
		if got := r.count(&r.watches); got < 5 || got > 10 {
			t.Errorf("%d look-ups in a minute", got)
		}
		r.set(nil, endpoints("a:1")...)
		<-patient.done
		if patient.err != nil {
			t.Fatal(patient.err)
		}
		mustCall(t, ch, "a:1")
	})
}

// Later failures take nothing away.
func TestResolverFailsLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, r := newNetwork(), newNames("a:1")
		ch := New(config(n, r))
		defer ch.Close()
		mustCall(t, ch, "a:1")
		down := errors.New("dns: no answer")
		r.set(down)
		for range 100 {
			time.Sleep(time.Second)
			mustCall(t, ch, "a:1")
		}
		if n.made() != 1 {
			t.Errorf("%d connections", n.made())
		}
		// When the endpoint fails too, both reasons are told.
		n.set(errRefused, "a:1")
		n.conn(0).end(errors.New("reset"))
		synctest.Wait()
		_, err := call(ch)
		if !errors.Is(err, errRefused) || !errors.Is(err, down) {
			t.Errorf("%v", err)
		}
	})
}

// An update that is wrong is refused as a whole, and the one before stays.
func TestUpdateIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, r := newNetwork(), newNames()
		r.set(nil, resolve.Endpoint{ID: "x"})
		ch := New(config(n, r))
		defer ch.Close()
		_, err := call(ch)
		if kindOf(t, err) != Unavailable || !strings.Contains(err.Error(), `endpoint 1 of 1 (ID "x"): it has no address`) {
			t.Errorf("%v", err)
		}
		synctest.Wait()
		r.mu.Lock()
		if r.refused == nil {
			t.Error("push did not say so")
		}
		r.mu.Unlock()
		r.set(nil, endpoints("a:1")...)
		synctest.Wait()
		mustCall(t, ch, "a:1")
		r.set(nil, endpointOf("a:1", "a:1"), resolve.Endpoint{ID: "x"})
		synctest.Wait()
		mustCall(t, ch, "a:1")
		if got := states(ch); !slices.Equal(got, []string{"a:1 READY 1"}) {
			t.Errorf("the endpoints are %v", got)
		}
	})
}

// resolverFunc is a resolver of one function.
type resolverFunc func(ctx context.Context, push func(resolve.Update) error) error

func (f resolverFunc) Watch(ctx context.Context, _ resolve.Target, _ <-chan struct{}, push func(resolve.Update) error) error {
	return f(ctx, push)
}

func TestResolverThatEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		ch := New(config(n, resolve.Static(endpoints("a:1")...)))
		defer ch.Close()
		mustCall(t, ch, "a:1")
	})
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		ch := New(config(n, resolverFunc(func(context.Context, func(resolve.Update) error) error { return nil })))
		defer ch.Close()
		_, err := call(ch)
		if kindOf(t, err) != Unavailable || !strings.Contains(err.Error(), "ended without naming endpoints") {
			t.Errorf("%v", err)
		}
	})
}

// What a resolver pushes after its end is not heard.
func TestLateUpdate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		var late func(resolve.Update) error
		cfg := config(n, resolverFunc(func(ctx context.Context, push func(resolve.Update) error) error {
			if late == nil {
				late = push
			}
			if err := push(resolve.Update{Endpoints: endpoints("a:1")}); err != nil {
				return err
			}
			<-ctx.Done()
			return errors.New("ended")
		}))
		cfg.IdleTimeout = time.Minute
		ch := New(cfg)
		mustCall(t, ch, "a:1")
		time.Sleep(time.Hour)
		mustState(t, ch, balance.Idle)
		if err := late(resolve.Update{Endpoints: endpoints("b:1")}); err == nil {
			t.Error("no error")
		}
		mustCall(t, ch, "a:1")
		ch.Close()
		if err := late(resolve.Update{Endpoints: endpoints("b:1")}); err == nil {
			t.Error("no error after Close")
		}
	})
}
