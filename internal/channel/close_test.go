package channel

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-rpc/curlew/balance"
)

// Close works in every state, ends every goroutine (the bubble would tell), closes
// every connection and fails every call that waits.
func TestCloseInEveryState(t *testing.T) {
	for _, tc := range []struct {
		name  string
		setUp func(*testing.T, *network, *names, *Channel[*fakeConn])
		state balance.State
	}{
		{"new", func(*testing.T, *network, *names, *Channel[*fakeConn]) {}, balance.Idle},
		{"resolving", func(_ *testing.T, _ *network, r *names, ch *Channel[*fakeConn]) {
			r.list = nil
			ch.Connect()
		}, balance.Connecting},
		{"resolver failing", func(_ *testing.T, _ *network, r *names, ch *Channel[*fakeConn]) {
			r.err = errors.New("down")
			ch.Connect()
		}, balance.TransientFailure},
		{"connecting", func(_ *testing.T, n *network, _ *names, ch *Channel[*fakeConn]) {
			n.slow(-1, "a:1", "b:1")
			ch.Connect()
			time.Sleep(time.Second)
		}, balance.Connecting},
		{"ready", func(t *testing.T, _ *network, _ *names, ch *Channel[*fakeConn]) {
			if err := ch.Ready(t.Context()); err != nil {
				t.Fatal(err)
			}
		}, balance.Ready},
		{"full", func(t *testing.T, n *network, _ *names, ch *Channel[*fakeConn]) {
			n.limit = 1
			fill(t, ch, 1)
		}, balance.Ready},
		{"draining", func(t *testing.T, n *network, _ *names, ch *Channel[*fakeConn]) {
			fill(t, ch, 1)
			n.conn(0).goAway()
		}, balance.Idle},
		{"failing", func(_ *testing.T, n *network, _ *names, ch *Channel[*fakeConn]) {
			n.set(errRefused, "a:1", "b:1")
			ch.Connect()
		}, balance.TransientFailure},
		{"idle", func(t *testing.T, _ *network, _ *names, ch *Channel[*fakeConn]) {
			_ = ch.Ready(t.Context())
			time.Sleep(2 * time.Hour)
		}, balance.Idle},
	} {
		bubble(t, tc.name, func(t *testing.T) {
			n, r := newNetwork(), newNames("a:1", "b:1")
			ch := New(config(n, r))
			tc.setUp(t, n, r, ch)
			synctest.Wait()
			mustState(t, ch, tc.state)
			waiting := pickIn(t.Context(), ch, &balance.Call{WaitForReady: true})
			synctest.Wait()
			wait := waiting.waiting()
			closed := make(chan struct{}, 2)
			for range 2 {
				go func() {
					if err := ch.Close(); err != nil {
						t.Error(err)
					}
					closed <- struct{}{}
				}()
			}
			<-closed
			<-closed
			<-waiting.done
			if wait && kindOf(t, waiting.err) != Closed {
				t.Errorf("the call that waited got %v", waiting.err)
			}
			for i := range n.made() {
				if got := n.conn(i).state(); got != "closed" {
					t.Errorf("connection %d is %s", i, got)
				}
			}
			mustBeClosed(t, ch)
		})
	}
}

// mustBeClosed tries everything on a closed channel.
func mustBeClosed(t *testing.T, ch *Channel[*fakeConn]) {
	t.Helper()
	mustState(t, ch, balance.Shutdown)
	_, err := call(ch)
	if want := "no call to test:///svc: the client is closed"; kindOf(t, err) != Closed || err.Error() != want {
		t.Errorf("a call gets %q, want %q", err, want)
	}
	if err := ch.Ready(t.Context()); kindOf(t, err) != Closed {
		t.Errorf("Ready returns %v", err)
	}
	ch.Connect()
	if got := ch.Endpoints(); got != nil {
		t.Errorf("the endpoints are %v", got)
	}
	if err := ch.Close(); err != nil {
		t.Error(err)
	}
	mustState(t, ch, balance.Shutdown)
}

// A connection that is made while the channel closes is closed too.
func TestCloseDuringDial(t *testing.T) {
	for _, after := range []time.Duration{0, 1} {
		synctest.Test(t, func(t *testing.T) {
			n := newNetwork()
			n.slow(time.Second, "a:1")
			ch := New(config(n, newNames("a:1")))
			ch.Connect()
			time.Sleep(time.Second - after)
			ch.Close()
			for i := range n.made() {
				if got := n.conn(i).state(); got != "closed" {
					t.Errorf("the connection is %s", got)
				}
			}
		})
	}
}
