package channel

import (
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/curlew-rpc/curlew/balance"
	"github.com/curlew-rpc/curlew/resolve"
)

func manyEndpoints(n, from int) []resolve.Endpoint {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("10.%d.%d.%d:1", (from+i)>>16, (from+i)>>8&255, (from+i)&255)
	}
	return endpoints(ids...)
}

// Thousands of endpoints connect, and half of them change places with others.
func TestManyEndpoints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const many = 2000
		n, r := newNetwork(), newNames()
		r.list = manyEndpoints(many, 0)
		ch := New(roundRobin(config(n, r)))
		defer ch.Close()
		if err := ch.Ready(t.Context()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		r.set(nil, manyEndpoints(many, many/2)...)
		synctest.Wait()
		if n.made() != many*3/2 || len(n.open()) != many {
			t.Errorf("%d connections made, %d open", n.made(), len(n.open()))
		}
		used := make(map[string]bool)
		for range many {
			addr, err := call(ch)
			if err != nil {
				t.Fatal(err)
			}
			used[addr] = true
		}
		if len(used) != many {
			t.Errorf("a round of calls went to %d endpoints of %d", len(used), many)
		}
		for i, info := range ch.Endpoints() {
			if info.State != balance.Ready || info.Conns != 1 {
				t.Fatalf("endpoint %d is %+v", i, info)
			}
		}
	})
}

// BenchmarkUpdate is a list of ten thousand endpoints of which one changes.
func BenchmarkUpdate(b *testing.B) {
	n, r := newNetwork(), newNames()
	r.list = manyEndpoints(10000, 0)
	ch := New(roundRobin(config(n, r)))
	defer ch.Close()
	for len(ch.Endpoints()) == 0 || n.made() < 10000 {
		ch.Connect()
	}
	lists := [][]resolve.Endpoint{manyEndpoints(10000, 1), manyEndpoints(10000, 0)}
	for i := 0; b.Loop(); i++ {
		before := ch.table.Load()
		r.set(nil, lists[i%2]...)
		<-before.next
	}
}
