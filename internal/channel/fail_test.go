package channel

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-rpc/curlew/balance"
	"github.com/curlew-rpc/curlew/internal/backoff"
	"github.com/curlew-rpc/curlew/resolve"
)

// exact is a backoff without chance: 0, 2 s, 4 s, 8 s, 8 s, ...; the first is
// random in any case and counts as nothing here.
var exact = backoff.Policy{Base: time.Second, Multiplier: 2, Max: 8 * time.Second}

func TestRefusedFailsAtOnce(t *testing.T) {
	for _, policy := range []balance.Policy{balance.PickFirst(), balance.RoundRobin()} {
		synctest.Test(t, func(t *testing.T) {
			n := newNetwork()
			n.set(errRefused, "a:1", "b:1")
			cfg := config(n, newNames("a:1", "b:1"))
			cfg.Policy = policy
			ch := New(cfg)
			defer ch.Close()
			start := time.Now()
			_, err := call(ch)
			if took := time.Since(start); took != 0 {
				t.Errorf("it took %v", took)
			}
			if kindOf(t, err) != Unavailable || !errors.Is(err, syscall.ECONNREFUSED) {
				t.Errorf("%v", err)
			}
			want := ":1: dial tcp: connection refused; is the server listening on "
			if !strings.HasPrefix(err.Error(), "no connection to test:///svc: 2 endpoints (2 TRANSIENT_FAILURE): ") || !strings.Contains(err.Error(), want) {
				t.Errorf("the error is %s", err)
			}
			mustState(t, ch, balance.TransientFailure)
		})
	}
}

// In TRANSIENT_FAILURE calls fail at once and wait-for-ready calls wait; the state
// stays until a connection is made.
func TestBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		n.set(errRefused, "a:1")
		cfg := config(n, newNames("a:1"))
		cfg.Backoff = exact
		ch := New(cfg)
		defer ch.Close()
		patient := pickIn(t.Context(), ch, &balance.Call{WaitForReady: true})
		for range 100 {
			time.Sleep(200 * time.Millisecond)
			start := time.Now()
			if _, err := call(ch); err == nil || time.Since(start) != 0 {
				t.Fatalf("%v after %v", err, time.Since(start))
			}
			mustState(t, ch, balance.TransientFailure)
		}
		n.slow(300*time.Millisecond, "a:1")
		n.set(nil, "a:1")
		<-patient.done
		if patient.err != nil {
			t.Fatal(patient.err)
		}
		patient.picked.Done(balance.Outcome{})
		mustState(t, ch, balance.Ready)
		dials := n.dialsTo("a:1")
		var gaps []time.Duration
		for i := 3; i < len(dials); i++ {
			gaps = append(gaps, dials[i]-dials[i-1])
		}
		if want := []time.Duration{4 * time.Second, 8 * time.Second, 8 * time.Second}; !slices.Equal(gaps, want) {
			t.Errorf("between attempts after the third: %v, want %v", gaps, want)
		}
		if first := dials[1] - dials[0]; first > time.Second {
			t.Errorf("the second attempt came after %v", first)
		}
		if second := dials[2] - dials[1]; second < 800*ms || second > 1500*ms {
			t.Errorf("the third attempt came after %v", second)
		}
		// Success starts the backoff anew.
		time.Sleep(time.Minute)
		n.set(errRefused, "a:1")
		n.conn(0).end(errors.New("reset"))
		for range 20 {
			time.Sleep(200 * time.Millisecond)
			_, _ = call(ch)
		}
		dials = n.dialsTo("a:1")[len(dials):]
		if len(dials) != 3 || dials[1]-dials[0] > 1300*time.Millisecond {
			t.Errorf("after the loss dialed at %v", dials)
		}
	})
}

// Calls that come while an attempt after a failure is under way fail too.
func TestFailureIsStickyWhileConnecting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		n.set(errRefused, "a:1")
		cfg := config(n, newNames("a:1"))
		ch := New(cfg)
		defer ch.Close()
		_, _ = call(ch)
		n.slow(-1, "a:1")
		time.Sleep(5 * time.Second)
		if len(n.dialsTo("a:1")) != 2 {
			t.Fatal("no second attempt")
		}
		if _, err := call(ch); kindOf(t, err) != Unavailable {
			t.Error(err)
		}
	})
}

func TestConnectTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		n.slow(-1, "a:1")
		ch := New(config(n, newNames("a:1")))
		defer ch.Close()
		start := time.Now()
		_, err := call(ch)
		if took := time.Since(start); took != 20*time.Second || !errors.Is(err, context.DeadlineExceeded) || kindOf(t, err) != Unavailable {
			t.Errorf("%v after %v", err, took)
		}
		if want := "not connected within 20s: context deadline exceeded; does a firewall"; !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want it to say %q", err, want)
		}
	})
}

// A transport may report its own error when its time is up.
func TestConnectTimeoutWithAnotherError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cut := errors.New("no SETTINGS came")
		cfg := config(newNetwork(), newNames("a:1"))
		cfg.ConnectTimeout = time.Second
		cfg.Dial = func(ctx context.Context, _ resolve.Endpoint, _ resolve.Addr, _ Events) (*fakeConn, error) {
			<-ctx.Done()
			return nil, cut
		}
		ch := New(cfg)
		defer ch.Close()
		_, err := call(ch)
		if !errors.Is(err, cut) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		if want := "a:1: not connected within 1s: context deadline exceeded: no SETTINGS came; "; !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want it to say %q", err, want)
		}
	})
}

func TestContextEndsTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		n.slow(-1, "a:1")
		ch := New(config(n, newNames("a:1")))
		defer ch.Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := ch.Pick(ctx, &balance.Call{})
		if kindOf(t, err) != Context || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		want := "context deadline exceeded while waiting for a connection to test:///svc: 1 endpoint (1 CONNECTING)"
		if err.Error() != want {
			t.Errorf("the error is\n%s, want\n%s", err, want)
		}
		if w := ch.waiting.Load(); w != 0 {
			t.Errorf("%d calls wait", w)
		}
	})
}

func TestDialErrors(t *testing.T) {
	for _, c := range []struct {
		addr resolve.Addr
		err  error
		want string
	}{
		{resolve.Addr{Network: "tcp", Address: "a:1"}, syscall.ECONNREFUSED, "a:1: connection refused; is the server listening on a:1?"},
		{resolve.Addr{Network: "unix", Address: "/x"}, fs.ErrNotExist, "unix:/x: file does not exist; does the server create /x?"},
		{resolve.Addr{Network: "unix", Address: "/x"}, fs.ErrPermission, "unix:/x: permission denied; may this process connect to /x?"},
		{resolve.Addr{Network: "tcp", Address: "a:1"}, syscall.EHOSTUNREACH, "a:1: no route to host; is there a route from this machine?"},
		{resolve.Addr{Network: "tcp", Address: "a:1"}, fmt.Errorf("SETTINGS: %w", io.EOF), "a:1: SETTINGS: EOF; does the server speak HTTP/2 here, and do both sides agree about TLS?"},
		{resolve.Addr{Network: "tcp", Address: "a:1"}, errors.New("odd a:1"), "odd a:1"},
	} {
		err := &dialError{c.addr, c.err}
		if err.Error() != c.want || !errors.Is(err, c.err) {
			t.Errorf("%q, want %q", err, c.want)
		}
	}
	if got := text(nil); got != "no reason given" {
		t.Errorf("no error is %q", got)
	}
}
