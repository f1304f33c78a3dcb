package channel

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-rpc/curlew/balance"
	"github.com/curlew-rpc/curlew/internal/backoff"
)

const ms = time.Millisecond

// RFC 8305 over the addresses of one endpoint and over endpoints alike.
func TestHappyEyeballs(t *testing.T) {
	const a, b, c = "[2001:db8::1]:1", "[2001:db8::2]:1", "192.0.2.1:1" // tried as a, c, b
	for _, tc := range []struct {
		name   string
		delay  map[string]time.Duration
		refuse []string
		winner string
		took   time.Duration
		dials  []dialed
	}{
		{"first answers", map[string]time.Duration{a: 10 * ms}, nil, a, 10 * ms, []dialed{{a, 0}}},
		{"first is slow", map[string]time.Duration{a: 900 * ms, c: 100 * ms}, nil, c, 350 * ms, []dialed{{a, 0}, {c, 250 * ms}}},
		{"first is slow but wins", map[string]time.Duration{a: 300 * ms, c: 100 * ms}, nil, a, 300 * ms, []dialed{{a, 0}, {c, 250 * ms}}},
		{"first fails", map[string]time.Duration{a: 10 * ms}, []string{a}, c, 10 * ms, []dialed{{a, 0}, {c, 10 * ms}}},
		{"a family is dropped", map[string]time.Duration{a: -1, b: -1, c: 5 * ms}, nil, c, 255 * ms, []dialed{{a, 0}, {c, 250 * ms}}},
		{"latest fails", map[string]time.Duration{a: -1, c: 10 * ms}, []string{c}, b, 260 * ms, []dialed{{a, 0}, {c, 250 * ms}, {b, 260 * ms}}},
		{"earlier fails", map[string]time.Duration{a: 260 * ms, c: -1}, []string{a}, b, 500 * ms, []dialed{{a, 0}, {c, 250 * ms}, {b, 500 * ms}}},
	} {
		for _, single := range []bool{true, false} {
			bubble(t, tc.name, func(t *testing.T) {
				n, r := newNetwork(), newNames(a, b, c)
				if single {
					r.list = endpoints("one")
					r.list[0] = endpointOf("one", a, b, c)
				}
				for addr, d := range tc.delay {
					n.slow(d, addr)
				}
				n.set(errRefused, tc.refuse...)
				cfg := config(n, r)
				cfg.Backoff = backoff.Policy{Base: 1000000 * time.Hour, Max: 1000000 * time.Hour} // no second attempts
				ch := New(cfg)
				defer ch.Close()
				start := time.Now()
				mustCall(t, ch, tc.winner)
				if took := time.Since(start); took != tc.took {
					t.Errorf("single %v: connected after %v, want %v", single, took, tc.took)
				}
				time.Sleep(time.Minute)
				if got := n.open(); !slices.Equal(got, []string{tc.winner}) {
					t.Errorf("single %v: open are %v", single, got)
				}
				if !slices.Equal(n.dials, tc.dials) {
					t.Errorf("single %v: dialed %v, want %v", single, n.dials, tc.dials)
				}
			})
		}
	}
}

// Two that answer in the same instant: one is used, the other closed.
func TestLateWinnerIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, r := newNetwork(), newNames()
		r.list = append(r.list, endpointOf("one", "a:1", "b:1"))
		n.slow(500*ms, "a:1")
		n.slow(250*ms, "b:1")
		ch := New(config(n, r))
		defer ch.Close()
		mustCall(t, ch, "a:1", "b:1")
		time.Sleep(time.Second)
		if got := n.open(); len(got) != 1 {
			t.Errorf("open are %v", got)
		}
	})
}

func TestAllAddressesFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, r := newNetwork(), newNames()
		r.list = append(r.list, endpointOf("one", "a:1", "b:1"))
		odd := errors.New("odd")
		n.set(errRefused, "a:1")
		n.set(odd, "b:1")
		ch := New(config(n, r))
		defer ch.Close()
		_, err := call(ch)
		if !errors.Is(err, errRefused) || !errors.Is(err, odd) {
			t.Errorf("%v", err)
		}
		if !strings.Contains(err.Error(), "listening on a:1?; b:1: odd") {
			t.Errorf("the error is %v", err)
		}
		mustState(t, ch, balance.TransientFailure)
	})
}
