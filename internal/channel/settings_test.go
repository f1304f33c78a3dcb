package channel

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-rpc/curlew/balance"
	"github.com/curlew-rpc/curlew/resolve"
)

// configured is a resolver that pushes updates with service configs.
type configured struct {
	updates chan resolve.Update
	mu      sync.Mutex
	results []error
}

func (r *configured) Watch(ctx context.Context, _ resolve.Target, _ <-chan struct{}, push func(resolve.Update) error) error {
	for {
		select {
		case u := <-r.updates:
			err := push(u)
			r.mu.Lock()
			r.results = append(r.results, err)
			r.mu.Unlock()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// A service config chooses the policy; one that is wrong is refused, and its update's
// endpoints are taken over all the same once there was a good one (gRFC A21).
func TestServiceConfig(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		r := &configured{updates: make(chan resolve.Update)}
		cfg := config(n, r)
		var last *Settings
		cfg.Settings = func(text string) (*Settings, error) {
			s := &Settings{MaxConnsPerEndpoint: 1}
			switch text {
			case "rr":
				s.Policy = balance.RoundRobin()
			case "":
				s.Policy = balance.PickFirst()
			default:
				return last, fmt.Errorf("%s is wrong", text)
			}
			last = s
			return s, nil
		}
		ch := New(cfg)
		defer ch.Close()
		ch.Connect()
		push := func(text string, ids ...string) error {
			r.updates <- resolve.Update{Endpoints: endpoints(ids...), ServiceConfig: text}
			synctest.Wait()
			r.mu.Lock()
			defer r.mu.Unlock()
			return r.results[len(r.results)-1]
		}
		if err := push("bad", "a:1"); err == nil {
			t.Error("a bad config was taken")
		}
		if _, err := call(ch); err == nil || !strings.Contains(err.Error(), "bad is wrong") {
			t.Errorf("with no good config a call gave %v", err)
		}
		if err := push("rr", "a:1", "b:1"); err != nil {
			t.Error(err)
		}
		mustCall(t, ch, "a:1", "b:1")
		synctest.Wait()
		if got := n.open(); len(got) != 2 {
			t.Errorf("round_robin is connected to %v", got)
		}
		if err := push("bad", "b:1", "c:1"); err == nil {
			t.Error("a bad config was taken")
		}
		synctest.Wait()
		if got := states(ch); !slices.Equal(got, []string{"b:1 READY 1", "c:1 READY 1"}) {
			t.Errorf("the endpoints of the update with the bad config are %v", got)
		}
		if err := push("", "b:1", "c:1"); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		mustCall(t, ch, "b:1")
		synctest.Wait()
		if got := n.open(); !slices.Equal(got, []string{"b:1"}) {
			t.Errorf("pick_first is connected to %v", got)
		}
		if n.made() != 3 {
			t.Errorf("%d connections were made: a change of policy keeps those that there are", n.made())
		}
	})
}

// reporter plays the endpoints that are asked for their health and load.
type reporter struct {
	mu      sync.Mutex
	asked   map[string]int
	report  map[string]func(bool)
	fail    error
	ended   int
	reports map[string]func(*balance.Report)
}

func (h *reporter) health(ctx context.Context, c *fakeConn, service string, report func(bool)) error {
	h.mu.Lock()
	h.asked[c.addr+" "+service]++
	h.report[c.addr] = report
	fail := h.fail
	h.mu.Unlock()
	if fail != nil {
		return fail
	}
	<-ctx.Done()
	h.mu.Lock()
	h.ended++
	h.mu.Unlock()
	return ctx.Err()
}

func (h *reporter) load(ctx context.Context, c *fakeConn, every time.Duration, report func(*balance.Report)) error {
	h.mu.Lock()
	h.asked[fmt.Sprint(c.addr, " ", every)]++
	h.reports[c.addr] = report
	h.mu.Unlock()
	<-ctx.Done()
	return ctx.Err()
}

func newReporter() *reporter {
	return &reporter{asked: map[string]int{}, report: map[string]func(bool){}, reports: map[string]func(*balance.Report){}}
}

func (h *reporter) says(addr string, serving bool) {
	h.mu.Lock()
	report := h.report[addr]
	h.mu.Unlock()
	report(serving)
	synctest.Wait()
}

func watched(n *network, h *reporter, p balance.Policy, ids ...string) *Channel[*fakeConn] {
	cfg := config(n, newNames(ids...))
	cfg.Health, cfg.Reports = h.health, h.load
	cfg.Settings = func(string) (*Settings, error) {
		return &Settings{Policy: p, MaxConnsPerEndpoint: 1, WatchHealth: true, HealthService: "svc"}, nil
	}
	return New(cfg)
}

// Only endpoints that say that they serve get calls; what they say is followed at once.
func TestHealth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, h := newNetwork(), newReporter()
		ch := watched(n, h, balance.RoundRobin(), "a:1", "b:1")
		ch.Connect()
		synctest.Wait()
		mustState(t, ch, balance.Connecting) // connected, and nothing heard yet
		h.says("a:1", false)
		mustState(t, ch, balance.Connecting)
		h.says("b:1", true)
		mustState(t, ch, balance.Ready)
		for range 5 {
			mustCall(t, ch, "b:1")
		}
		h.says("b:1", false)
		mustState(t, ch, balance.TransientFailure)
		if _, err := call(ch); err == nil || !strings.Contains(err.Error(), "it says that it does not serve") {
			t.Errorf("nobody serves, and a call gave %v", err)
		}
		h.says("a:1", true)
		mustCall(t, ch, "a:1")
		if h.asked["a:1 svc"] != 1 || h.asked["b:1 svc"] != 1 {
			t.Errorf("asked %v", h.asked)
		}
		ch.Close()
		if h.ended != 2 {
			t.Errorf("%d of 2 watches have ended with the channel", h.ended)
		}
	})
}

// What an endpoint said over a connection that has ended counts for nothing on the next:
// until it is heard again calls wait, they neither go there nor fail.
func TestHealthOfNewConnection(t *testing.T) {
	for name, was := range map[string]bool{"served": true, "did not serve": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n, h := newNetwork(), newReporter()
				var seen []balance.State
				ch := watched(n, h, policyFunc(func() balance.Planner {
					inner := balance.RoundRobin().NewPlanner()
					return plannerFunc(func(in balance.Snapshot) balance.Plan {
						seen = append(seen, in.Endpoints[0].State)
						return inner.Plan(in)
					})
				}), "a:1")
				defer ch.Close()
				ch.Connect()
				synctest.Wait()
				h.says("a:1", was)
				time.Sleep(2 * time.Second)
				synctest.Wait()
				seen = nil
				n.conn(0).ev.Closed(errors.New("lost"))
				synctest.Wait()
				for _, s := range seen {
					if s == balance.Ready || s == balance.TransientFailure {
						t.Errorf("the policy saw %v after the connection was lost", seen)
						break
					}
				}
				if n.made() != 2 {
					t.Fatalf("%d connections", n.made())
				}
				mustState(t, ch, balance.Connecting)
				h.says("a:1", true)
				mustCall(t, ch, "a:1")
			})
		})
	}
}

// A question that the connection did not let pass leaves the endpoint's health as it was.
func TestHealthNotAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, h := newNetwork(), newReporter()
		h.fail = fmt.Errorf("no stream is free: %w", ErrNotAsked)
		ch := watched(n, h, balance.RoundRobin(), "a:1")
		defer ch.Close()
		ch.Connect()
		synctest.Wait()
		mustState(t, ch, balance.Connecting)
		h.mu.Lock()
		h.fail = nil
		h.mu.Unlock()
		time.Sleep(5 * time.Second)
		h.says("a:1", true)
		mustCall(t, ch, "a:1")
	})
}

// A broken watch is begun again after a backoff; meanwhile the endpoint is not used. One
// without the service counts as healthy.
func TestHealthUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, h := newNetwork(), newReporter()
		h.fail = errors.New("broken")
		ch := watched(n, h, balance.RoundRobin(), "a:1")
		defer ch.Close()
		ch.Connect()
		synctest.Wait()
		mustState(t, ch, balance.TransientFailure)
		time.Sleep(10 * time.Second)
		h.mu.Lock()
		if got := h.asked["a:1 svc"]; got < 3 || got > 8 {
			t.Errorf("asked %d times in ten seconds", got)
		}
		h.fail = errors.ErrUnsupported
		h.mu.Unlock()
		time.Sleep(time.Minute)
		mustCall(t, ch, "a:1")
	})
}

// Pick-first does not have health watched.
func TestHealthUnwatched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, h := newNetwork(), newReporter()
		ch := watched(n, h, unwatched{balance.RoundRobin()}, "a:1")
		defer ch.Close()
		mustCall(t, ch, "a:1")
		synctest.Wait()
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.ended != len(h.asked) {
			t.Errorf("asked %v, and %d watches have ended", h.asked, h.ended)
		}
	})
}

// unwatched is a policy that wants its endpoints whatever they say.
type unwatched struct{ balance.Policy }

func (u unwatched) NewPlanner() balance.Planner {
	inner := u.Policy.NewPlanner()
	return plannerFunc(func(in balance.Snapshot) balance.Plan {
		p := inner.Plan(in)
		p.Unwatched = true
		return p
	})
}

type plannerFunc func(balance.Snapshot) balance.Plan

func (f plannerFunc) Plan(in balance.Snapshot) balance.Plan { return f(in) }

// A policy may ask for reports of load, and for a plan when calls fail in a row.
func TestReportsAndAlarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, h := newNetwork(), newReporter()
		plans := 0
		var report *balance.Report
		policy := policyFunc(func() balance.Planner {
			inner := balance.RoundRobin().NewPlanner()
			return plannerFunc(func(in balance.Snapshot) balance.Plan {
				plans++
				report = in.Endpoints[0].Load.Report()
				p := inner.Plan(in)
				p.Reports, p.Alarm, p.Unwatched = time.Second, 3, true
				return p
			})
		})
		ch := watched(n, h, policy, "a:1")
		defer ch.Close()
		mustCall(t, ch, "a:1")
		synctest.Wait()
		if h.asked["a:1 1s"] != 1 {
			t.Fatalf("asked %v", h.asked)
		}
		h.reports["a:1"](&balance.Report{CPU: 0.5})
		before := plans
		for range 3 {
			p, err := ch.Pick(t.Context(), &balance.Call{})
			if err != nil {
				t.Fatal(err)
			}
			p.Conn.finish()
			p.Done(balance.Outcome{Class: balance.Broken})
		}
		synctest.Wait()
		if plans != before+1 || report == nil || report.CPU != 0.5 {
			t.Errorf("%d plans after three failures, with the report %v", plans-before, report)
		}
	})
}

type policyFunc func() balance.Planner

func (f policyFunc) NewPlanner() balance.Planner { return f() }

// Updates leave a policy alone that stays, also one that cannot be compared.
func TestPolicyStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newNames("a:1")
		cfg := config(newNetwork(), r)
		made := 0
		cfg.Policy = policyFunc(func() balance.Planner {
			made++
			return balance.RoundRobin().NewPlanner()
		})
		ch := New(cfg)
		defer ch.Close()
		mustCall(t, ch, "a:1")
		r.set(nil, endpoints("b:1")...)
		synctest.Wait()
		mustCall(t, ch, "b:1")
		if made != 1 {
			t.Errorf("%d planners were made", made)
		}
	})
}
