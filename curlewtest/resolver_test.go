package curlewtest_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	echov1 "github.com/curlew-rpc/curlew/internal/testproto/echo/v1"
	"github.com/curlew-rpc/curlew/resolve"
)

func TestResolver(t *testing.T) {
	for _, inBubble := range []bool{false, true} {
		test := func(t *testing.T) {
			var names curlewtest.Resolver
			if err := names.Set("a:1"); err != nil {
				t.Fatal(err)
			}
			curlewtest.TestResolver(t, curlewtest.ResolverTest{
				Resolver: &names, Target: "users:1",
				Change: func() {
					if err := names.Set("b:1", "c:1"); err != nil {
						t.Errorf("Set: %v", err)
					}
				},
			})
			if names.Hints() == 0 || names.Watching() != 0 {
				t.Errorf("%d hints, %d are watching", names.Hints(), names.Watching())
			}
		}
		if inBubble {
			synctest.Test(t, test)
		} else {
			test(t)
		}
	}
}

// Push returns when clients have taken the update over, and what they say.
func TestResolverPush(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var names curlewtest.Resolver
		refused := errors.New("refused")
		var got [3][]string
		ctx, stop := context.WithCancel(t.Context())
		for i := range got {
			go func() {
				_ = names.Watch(ctx, resolve.Target{}, nil, func(u resolve.Update) error {
					time.Sleep(time.Second)
					got[i] = append(got[i], u.Endpoints[0].Addrs[0].Address)
					if i == 1 && len(got[i]) == 1 {
						return refused
					}
					return nil
				})
			}()
		}
		synctest.Wait()
		if names.Watching() != 3 {
			t.Errorf("%d are watching", names.Watching())
		}
		if err := names.Set("a:1"); !errors.Is(err, refused) {
			t.Errorf("Set: %v", err)
		}
		if err := names.Set("b:1"); err != nil {
			t.Errorf("Set: %v", err)
		}
		for i := range got {
			if s := strings.Join(got[i], " "); s != "a:1 b:1" {
				t.Errorf("client %d got %s", i, s)
			}
		}
		// One that ends meanwhile is not waited for.
		time.AfterFunc(time.Millisecond, stop)
		if err := names.Set("c:1"); err != nil {
			t.Errorf("Set: %v", err)
		}
		synctest.Wait()
		if names.Watching() != 0 {
			t.Errorf("%d are watching", names.Watching())
		}
		if err := names.Set("d:1"); err != nil {
			t.Errorf("Set, while nobody is watching: %v", err)
		}
	})
}

// A client keeps what it knows while the resolver fails, and asks again.
func TestResolverFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var names curlewtest.Resolver
		s := curlewtest.NewServer(t, echo{}.register)
		client := s.NewClient(curlew.WithResolver(&names))
		call := func() error {
			_, err := echov1.NewEchoServiceClient(client).Unary(t.Context(), &echov1.EchoRequest{})
			return err
		}
		down := errors.New("the registry is down")
		names.Fail(down)
		if err := call(); !errors.Is(err, down) {
			t.Errorf("a call that knows no endpoint: %v", err)
		}
		if err := names.Set("a:1"); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Minute)
		if err := call(); err != nil {
			t.Error(err)
		}
		names.Fail(down)
		time.Sleep(time.Minute)
		if err := call(); err != nil {
			t.Error(err)
		}
		if err := names.Push(resolve.Update{Endpoints: make([]resolve.Endpoint, 1)}); err != nil {
			t.Errorf("a client that pauses refuses: %v", err)
		}
		time.Sleep(5 * time.Minute)
		if err := names.Push(resolve.Update{Endpoints: make([]resolve.Endpoint, 1)}); err == nil {
			t.Error("an endpoint without an address is taken")
		}
		if err := call(); err != nil {
			t.Error(err)
		}
	})
}
