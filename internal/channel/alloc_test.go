package channel

import (
	"testing"

	"github.com/curlew-rpc/curlew/balance"
)

// endlessChannel is ready and its connections are never full.
func endlessChannel(tb testing.TB, policy balance.Policy) *Channel[*fakeConn] {
	n := newNetwork()
	n.limit = 1 << 62
	cfg := config(n, newNames("a:1", "b:1"))
	cfg.Policy = policy
	ch := New(cfg)
	tb.Cleanup(func() { ch.Close() })
	if err := ch.Ready(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	return ch
}

func TestPickDoesNotAllocate(t *testing.T) {
	for name, policy := range map[string]balance.Policy{"pick first": balance.PickFirst(), "round robin": balance.RoundRobin()} {
		ch := endlessChannel(t, policy)
		c := &balance.Call{Method: "/s/m"}
		ctx := t.Context()
		n := testing.AllocsPerRun(1000, func() {
			p, err := ch.Pick(ctx, c)
			if err != nil {
				t.Fatal(err)
			}
			p.Done(balance.Outcome{})
		})
		if n != 0 {
			t.Errorf("%s: %v allocations a pick", name, n)
		}
	}
}

// A server that is down costs its callers little.
func TestFailingPickDoesNotAllocate(t *testing.T) {
	n := newNetwork()
	n.set(errRefused, "a:1")
	cfg := config(n, newNames("a:1"))
	ch := New(cfg)
	defer ch.Close()
	_, _ = call(ch)
	c := &balance.Call{Method: "/s/m"}
	ctx := t.Context()
	allocs := testing.AllocsPerRun(1000, func() {
		if _, err := ch.Pick(ctx, c); err == nil {
			t.Fatal("no error")
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations a pick", allocs)
	}
}

func BenchmarkPick(b *testing.B) {
	for name, policy := range map[string]balance.Policy{"pick_first": balance.PickFirst(), "round_robin": balance.RoundRobin()} {
		b.Run(name, func(b *testing.B) {
			ch := endlessChannel(b, policy)
			ctx := b.Context()
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				c := &balance.Call{Method: "/s/m"}
				for pb.Next() {
					p, err := ch.Pick(ctx, c)
					if err != nil {
						b.Fatal(err)
					}
					p.Done(balance.Outcome{})
				}
			})
		})
	}
}
