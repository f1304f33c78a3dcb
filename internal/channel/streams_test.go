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
)

// fill takes all slots of the first connection.
func fill(t *testing.T, ch *Channel[*fakeConn], slots int) (held []Picked[*fakeConn]) {
	t.Helper()
	for range slots {
		p, err := ch.Pick(t.Context(), &balance.Call{})
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, p)
	}
	return held
}

// Calls beyond MAX_CONCURRENT_STREAMS get slots in the order of their coming, and
// no newcomer is served before them.
func TestFullConnectionQueuesInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		n.limit = 2
		ch := New(config(n, newNames("a:1")))
		defer ch.Close()
		fill(t, ch, 2)
		var queued []*background
		for range 10 {
			queued = append(queued, pickIn(t.Context(), ch, &balance.Call{}))
			synctest.Wait()
		}
		c := n.conn(0)
		for i := range queued {
			c.finish()
			late := pickIn(t.Context(), ch, &balance.Call{})
			synctest.Wait()
			for j, q := range queued {
				if q.waiting() != (j > i) {
					t.Fatalf("after %d ends call %d waits: %v", i+1, j, q.waiting())
				}
			}
			queued = append(queued, late)
		}
		c.raise(100)
		synctest.Wait()
		for i, q := range queued {
			if q.waiting() || q.err != nil {
				t.Errorf("with a higher limit call %d: waits %v, %v", i, q.waiting(), q.err)
			}
		}
		if c.Active() != 12 || n.made() != 1 {
			t.Errorf("%d streams on %d connections", c.Active(), n.made())
		}
	})
}

// A call that gives up passes its turn on, wherever it stands.
func TestQueuedCallGivesUp(t *testing.T) {
	for gone := range 3 {
		synctest.Test(t, func(t *testing.T) {
			n := newNetwork()
			n.limit = 1
			ch := New(config(n, newNames("a:1")))
			defer ch.Close()
			fill(t, ch, 1)
			var queued []*background
			var cancels []context.CancelFunc
			for range 3 {
				ctx, cancel := context.WithCancel(t.Context())
				cancels = append(cancels, cancel)
				queued = append(queued, pickIn(ctx, ch, &balance.Call{}))
				synctest.Wait()
			}
			cancels[gone]()
			synctest.Wait()
			err := queued[gone].err
			if queued[gone].waiting() || kindOf(t, err) != Context || !errors.Is(err, context.Canceled) ||
				!strings.Contains(err.Error(), "all streams that a:1 allows are taken") {
				t.Errorf("canceled: %v", err)
			}
			for i, q := range queued {
				if i == gone {
					continue
				}
				n.conn(0).finish()
				synctest.Wait()
				if q.waiting() || q.err != nil {
					t.Errorf("call %d did not get the slot: %v", i, q.err)
				}
			}
			for _, cancel := range cancels {
				cancel()
			}
		})
	}
}

// Queued calls move on when their connection goes away or breaks.
func TestQueuedCallsSurviveTheirConnection(t *testing.T) {
	for _, tc := range []struct {
		name string
		end  func(*fakeConn)
	}{
		{"GOAWAY", (*fakeConn).goAway},
		{"break", func(c *fakeConn) { c.end(errors.New("reset")) }},
	} {
		bubble(t, tc.name, func(t *testing.T) {
			n := newNetwork()
			n.limit = 5
			ch := New(config(n, newNames("a:1")))
			defer ch.Close()
			fill(t, ch, 5)
			var queued []*background
			for range 5 {
				queued = append(queued, pickIn(t.Context(), ch, &balance.Call{}))
			}
			synctest.Wait()
			tc.end(n.conn(0))
			synctest.Wait()
			for i, q := range queued {
				if q.waiting() || q.err != nil || q.picked.Conn != n.conn(1) {
					t.Errorf("call %d: waits %v, %v", i, q.waiting(), q.err)
				}
			}
		})
	}
}

// A round_robin call finds the endpoint that has room.
func TestFullEndpointIsPassedOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		n.limit = 2
		ch := New(roundRobin(config(n, newNames("a:1", "b:1", "c:1"))))
		defer ch.Close()
		if err := ch.Ready(t.Context()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		n.conn(0).raise(50)
		fill(t, ch, 54)
		for i, want := range []int{50, 2, 2} {
			if got := n.conn(i).Active(); got != want {
				t.Errorf("connection %d has %d streams, want %d", i, got, want)
			}
		}
	})
}

// When all connections of an endpoint are full it gets another one, up to the limit.
func TestConnectionsAreAdded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		n.limit = 2
		n.slow(100*ms, "a:1")
		cfg := config(n, newNames("a:1"))
		cfg.MaxConnsPerEndpoint = 3
		ch := New(cfg)
		defer ch.Close()
		fill(t, ch, 2)
		var queued []*background
		for range 7 {
			queued = append(queued, pickIn(t.Context(), ch, &balance.Call{}))
			synctest.Wait()
		}
		if got := len(n.dialsTo("a:1")); got != 2 {
			t.Errorf("%d attempts at first; want one more at a time", got)
		}
		time.Sleep(time.Second)
		if got := states(ch); !slices.Equal(got, []string{"a:1 READY 3"}) {
			t.Errorf("the endpoints are %v", got)
		}
		for i, q := range queued {
			if q.waiting() != (i >= 4) {
				t.Errorf("call %d waits: %v", i, q.waiting())
			}
		}
		// The oldest with room is used first, so that the others may run empty.
		n.conn(0).finish()
		n.conn(1).finish()
		n.conn(2).finish()
		synctest.Wait()
		for i, q := range queued {
			if q.waiting() || q.err != nil {
				t.Errorf("call %d: waits %v, %v", i, q.waiting(), q.err)
			}
		}
		n.conn(2).finish()
		n.conn(0).finish()
		if p := fill(t, ch, 1); p[0].Conn != n.conn(0) {
			t.Error("not the oldest connection that has room")
		}
		info := ch.Endpoints()[0]
		if info.Streams != 5 {
			t.Errorf("%d streams", info.Streams)
		}
		// One that goes away is replaced when there is need.
		n.conn(1).goAway()
		synctest.Wait()
		if got := states(ch); !slices.Equal(got, []string{"a:1 READY 2"}) {
			t.Errorf("after GOAWAY the endpoints are %v", got)
		}
		more := []*background{pickIn(t.Context(), ch, &balance.Call{}), pickIn(t.Context(), ch, &balance.Call{})}
		time.Sleep(time.Second)
		if more[0].waiting() || more[1].waiting() || len(n.open()) != 3 {
			t.Errorf("no replacement: open are %v", n.open())
		}
	})
}

// A further connection that cannot be made harms nobody, and is tried again.
func TestFurtherConnectionFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		n.limit = 1
		cfg := config(n, newNames("a:1"))
		cfg.MaxConnsPerEndpoint = 2
		cfg.Backoff = exact
		ch := New(cfg)
		defer ch.Close()
		held := fill(t, ch, 1)
		n.set(errRefused, "a:1")
		queued := pickIn(t.Context(), ch, &balance.Call{})
		time.Sleep(10 * time.Second)
		mustState(t, ch, balance.Ready)
		if got := len(n.dialsTo("a:1")); got != 5 {
			t.Errorf("%d attempts in 10 s", got)
		}
		if !queued.waiting() {
			t.Errorf("the queued call ended: %v", queued.err)
		}
		n.set(nil, "a:1")
		<-queued.done
		if queued.err != nil || queued.picked.Conn == held[0].Conn {
			t.Errorf("the queued call: %v", queued.err)
		}
	})
}

// The connection breaks while a further one is on its way: that one takes over.
func TestFurtherConnectionTakesOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		n.limit = 1
		cfg := roundRobin(config(n, newNames("a:1")))
		cfg.MaxConnsPerEndpoint = 2
		ch := New(cfg)
		defer ch.Close()
		fill(t, ch, 1)
		n.slow(time.Second, "a:1")
		queued := pickIn(t.Context(), ch, &balance.Call{})
		synctest.Wait()
		n.conn(0).end(errors.New("reset"))
		synctest.Wait()
		mustState(t, ch, balance.Connecting)
		<-queued.done
		if queued.err != nil || n.made() != 2 {
			t.Errorf("%v after %d connections", queued.err, n.made())
		}
	})
}
