package curlewtest_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/resolve"
)

// resolverFunc is a resolver of one function.
type resolverFunc func(ctx context.Context, hint <-chan struct{}, push func(resolve.Update) error) error

func (f resolverFunc) Watch(ctx context.Context, t resolve.Target, hint <-chan struct{}, push func(resolve.Update) error) error {
	if strings.HasPrefix(t.Endpoint, "unknown") {
		return errors.New("unknown")
	}
	return f(ctx, hint, push)
}

func endpoint(addr string) resolve.Endpoint {
	return resolve.Endpoint{Addrs: []resolve.Addr{{Network: "tcp", Address: addr}}}
}

func update(addr string) resolve.Update {
	return resolve.Update{Endpoints: []resolve.Endpoint{endpoint(addr)}}
}

// Each breaks one rule, and the test says which.
func TestTestResolverFindsFaults(t *testing.T) {
	pushOnce := func(u resolve.Update) resolverFunc {
		return func(_ context.Context, _ <-chan struct{}, push func(resolve.Update) error) error { return push(u) }
	}
	for _, c := range []struct {
		name string
		kit  curlewtest.ResolverTest
		want string
	}{
		{"none", curlewtest.ResolverTest{Resolver: pushOnce(update("a:1")), Unknown: "unknown:1"}, ""},
		{"bad target", curlewtest.ResolverTest{Resolver: pushOnce(update("a:1")), Target: ":"}, "ResolverTest.Target: "},
		{"bad unknown target", curlewtest.ResolverTest{Resolver: pushOnce(update("a:1")), Unknown: ":"}, "ResolverTest.Unknown: "},
		{"no update", curlewtest.ResolverTest{Resolver: resolverFunc(func(ctx context.Context, _ <-chan struct{}, _ func(resolve.Update) error) error {
			<-ctx.Done()
			return nil
		})}, "pushes no update; it goes on"},
		{"an error", curlewtest.ResolverTest{Resolver: resolverFunc(func(context.Context, <-chan struct{}, func(resolve.Update) error) error {
			return errors.New("odd")
		})}, "pushes no update; it has returned the error: odd"},
		{"no address", curlewtest.ResolverTest{Resolver: pushOnce(resolve.Update{Endpoints: make([]resolve.Endpoint, 1)})}, "it has no address"},
		{"negative TTL", curlewtest.ResolverTest{Resolver: pushOnce(resolve.Update{TTL: -1})}, "the TTL -1ns"},
		{"negative priority", curlewtest.ResolverTest{Resolver: pushOnce(resolve.Update{Endpoints: []resolve.Endpoint{{
			Addrs: []resolve.Addr{{Network: "tcp", Address: "a:1"}}, Priority: -1,
		}}})}, "the priority -1"},
		{"service config", curlewtest.ResolverTest{Resolver: pushOnce(resolve.Update{ServiceConfig: "x"})}, "refuses the service config"},
		{"no change", curlewtest.ResolverTest{Resolver: pushOnce(update("a:1")), Change: func() {}},
			"no update follows Change; it has returned nil, which says that nothing will change"},
		{"knows all targets", curlewtest.ResolverTest{Resolver: pushOnce(update("a:1")), Unknown: "other:1"}, "of the unknown target dns:///other:1 returns nil"},
		{"changes updates", curlewtest.ResolverTest{Resolver: resolverFunc(func(_ context.Context, _ <-chan struct{}, push func(resolve.Update) error) error {
			u := update("a:1")
			err := push(u)
			u.Endpoints[0].Weight++
			return err
		})}, "has been changed after it was pushed"},
		{"does not end", curlewtest.ResolverTest{Resolver: resolverFunc(func(_ context.Context, _ <-chan struct{}, push func(resolve.Update) error) error {
			_ = push(update("a:1"))
			time.Sleep(time.Hour)
			return nil
		})}, "does not return after its context has ended"},
		{"pushes afterwards", curlewtest.ResolverTest{Resolver: resolverFunc(func(_ context.Context, _ <-chan struct{}, push func(resolve.Update) error) error {
			time.AfterFunc(100*time.Millisecond, func() { _ = push(update("b:1")) })
			return push(update("a:1"))
		})}, "pushes an update after Watch has returned"},
		{"takes hints afterwards", curlewtest.ResolverTest{Resolver: resolverFunc(func(_ context.Context, hint <-chan struct{}, push func(resolve.Update) error) error {
			go func() {
				for range 200 {
					select {
					case <-hint:
					case <-time.After(time.Millisecond):
					}
				}
			}()
			return push(update("a:1"))
		})}, "takes a hint after Watch has returned"},
		{"leaves goroutines", curlewtest.ResolverTest{Resolver: resolverFunc(func(_ context.Context, _ <-chan struct{}, push func(resolve.Update) error) error {
			go time.Sleep(time.Hour)
			return push(update("a:1"))
		})}, "goroutines, or groups of them, are left"},
		{"follows every hint", curlewtest.ResolverTest{Resolver: resolverFunc(func(ctx context.Context, hint <-chan struct{}, push func(resolve.Update) error) error {
			for {
				if err := push(update("a:1")); err != nil {
					return err
				}
				select {
				case <-hint:
				case <-ctx.Done():
					return nil
				}
			}
		})}, "hints make it push"},
		{"repeats what is refused", curlewtest.ResolverTest{Resolver: resolverFunc(func(ctx context.Context, _ <-chan struct{}, push func(resolve.Update) error) error {
			for push(update("a:1")) != nil && ctx.Err() == nil {
			}
			return nil
		})}, "a refused update is pushed again"},
		{"two at once", curlewtest.ResolverTest{Resolver: resolverFunc(func(_ context.Context, _ <-chan struct{}, push func(resolve.Update) error) error {
			done := make(chan error)
			go func() { done <- push(update("a:1")) }()
			err := push(update("b:1"))
			return errors.Join(<-done, err)
		})}, "pushes two updates at once"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if c.kit.Target == "" {
					c.kit.Target = "known:1"
				}
				failures := probed(t, func(t testing.TB) { curlewtest.TestResolver(t, c.kit) })
				if c.want == "" {
					wantFailure(t, failures)
				} else if all := strings.Join(failures, "\n"); !strings.Contains(all, c.want) {
					t.Errorf("the failures do not say %q:\n%s", c.want, all)
				}
				time.Sleep(time.Hour) // for those left to end
			})
		})
	}
}
