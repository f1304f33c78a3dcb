package channel

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-rpc/curlew/balance"
)

// An endpoint that does not answer gets no new calls, keeps those that it has, and is
// used again as soon as it is heard.
func TestSilentEndpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		ch := New(roundRobin(config(n, newNames("a:1", "b:1"))))
		defer ch.Close()
		mustCall(t, ch, "a:1", "b:1")
		synctest.Wait()
		var a *fakeConn
		for i := range n.made() {
			if c := n.conn(i); c.addr == "a:1" {
				a = c
			}
		}
		n.slow(-1, "a:1") // nor does it take another connection
		a.ev.Silent(true)
		synctest.Wait()
		for range 20 {
			mustCall(t, ch, "b:1")
		}
		if got := a.state(); got != "open" {
			t.Errorf("the silent connection is %s", got)
		}
		time.Sleep(time.Second)
		a.ev.Silent(false)
		synctest.Wait()
		if got := states(ch); !slices.Equal(got, []string{"a:1 READY 1", "b:1 READY 1"}) {
			t.Errorf("the endpoints are %v", got)
		}
		seen := make(map[string]bool)
		for range 10 {
			p, err := ch.Pick(t.Context(), &balance.Call{})
			if err != nil {
				t.Fatal(err)
			}
			seen[p.Conn.addr] = true
			p.Conn.finish()
			p.Done(balance.Outcome{})
		}
		if !seen["a:1"] {
			t.Error("the endpoint is not used again")
		}
	})
}

// The only endpoint does not answer: calls take a new connection as soon as there is
// one, and the old one goes when its calls have ended.
func TestSilentIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		ch := New(roundRobin(config(n, newNames("a:1"))))
		defer ch.Close()
		long, err := ch.Pick(t.Context(), &balance.Call{})
		if err != nil {
			t.Fatal(err)
		}
		n.slow(time.Second, "a:1")
		n.conn(0).ev.Silent(true)
		synctest.Wait()
		if s := ch.State(); s != balance.Connecting {
			t.Errorf("the state is %v", s)
		}
		start := time.Now()
		mustCall(t, ch, "a:1")
		if d := time.Since(start); d != time.Second || n.made() != 2 {
			t.Errorf("the call took %v and there were %d connections", d, n.made())
		}
		if got := n.conn(0).state(); got != "draining" {
			t.Errorf("the silent connection is %s", got)
		}
		n.conn(0).ev.Silent(false) // too late
		long.Conn.finish()
		long.Done(balance.Outcome{})
		synctest.Wait()
		if got := n.conn(0).state(); got != "closed" {
			t.Errorf("the silent connection is %s in the end", got)
		}
		if got := states(ch); !slices.Equal(got, []string{"a:1 READY 1"}) {
			t.Errorf("the endpoints are %v", got)
		}
	})
}
