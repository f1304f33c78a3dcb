package curlewtest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-rpc/curlew/balance"
)

// A planFunc is a policy of one function.
type planFunc func(balance.Snapshot) balance.Plan

func (f planFunc) NewPlanner() balance.Planner           { return f }
func (f planFunc) Plan(in balance.Snapshot) balance.Plan { return f(in) }

type pickFunc func(*balance.Call) balance.Pick

func (f pickFunc) Pick(c *balance.Call) balance.Pick { return f(c) }

// A verdict is a test that notes its first failure.
type verdict struct {
	testing.TB
	mu  sync.Mutex
	why string
}

func (v *verdict) Helper() {}

func (v *verdict) Errorf(format string, args ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.why == "" {
		v.why = fmt.Sprintf(format, args...)
	}
}

func (v *verdict) Fatalf(format string, args ...any) {
	v.Errorf(format, args...)
	runtime.Goexit()
}

// judge returns the first failure of a policy.
func judge(t *testing.T, p balance.Policy) string {
	t.Helper()
	v := &verdict{TB: t}
	for _, s := range policySections() {
		synctest.Test(t, func(*testing.T) {
			var all sync.WaitGroup
			all.Go(func() { s.test(v, p) })
			all.Wait()
		})
		if v.why != "" {
			return s.name + ": " + v.why
		}
	}
	return ""
}

// changing returns round robin with its plans changed.
func changing(change func(in balance.Snapshot, plan *balance.Plan)) balance.Policy {
	return planFunc(func(in balance.Snapshot) balance.Plan {
		plan := balance.RoundRobin().NewPlanner().Plan(in)
		change(in, &plan)
		return plan
	})
}

// picking returns round robin with its picks changed while some endpoint is ready.
func picking(change func(in balance.Snapshot, pick balance.Pick) balance.Pick) balance.Policy {
	return changing(func(in balance.Snapshot, plan *balance.Plan) {
		inner, state := plan.Picker, plan.State
		plan.Picker = pickFunc(func(c *balance.Call) balance.Pick {
			if state == balance.Ready {
				return change(in, inner.Pick(c))
			}
			return inner.Pick(c)
		})
	})
}

// forgetful changes the snapshot before the one that it is given.
type forgetful struct{ last *balance.Snapshot }

func (f forgetful) NewPlanner() balance.Planner { return &forgetful{} }
func (f *forgetful) Plan(in balance.Snapshot) balance.Plan {
	if f.last != nil && len(f.last.Endpoints) > 0 {
		f.last.Endpoints[0].Weight++
	}
	f.last = &in
	return balance.RoundRobin().NewPlanner().Plan(in)
}

// resting does nothing, whoever waits.
func resting(in balance.Snapshot) balance.Plan {
	if len(in.Endpoints) == 0 {
		return balance.RoundRobin().NewPlanner().Plan(in)
	}
	return balance.Plan{State: balance.Idle, Picker: balance.Always(balance.Pick{})}
}

func TestTestPolicyFindsMistakes(t *testing.T) {
	odd := errors.New("odd")
	for _, tc := range []struct {
		name   string
		policy balance.Policy
		want   string
	}{
		{"no mistakes", changing(func(balance.Snapshot, *balance.Plan) {}), ""},
		{"drops all", picking(func(balance.Snapshot, balance.Pick) balance.Pick {
			return balance.Pick{Verdict: balance.Drop, Err: odd}
		}), ""},
		{"no picker", changing(func(_ balance.Snapshot, p *balance.Plan) { p.Picker = nil }), "no picker"},
		{"no error", changing(func(_ balance.Snapshot, p *balance.Plan) { p.Err = nil }), "has no error"},
		{"shut down", changing(func(_ balance.Snapshot, p *balance.Plan) { p.State = balance.Shutdown }), "state is SHUTDOWN"},
		{"below 0", changing(func(_ balance.Snapshot, p *balance.Plan) { p.Wake = -1 }), "less than 0"},
		{"unknown endpoint", changing(func(_ balance.Snapshot, p *balance.Plan) { p.Connect = append(p.Connect, 12345678) }), "connects endpoint 12345678"},
		{"twice", changing(func(_ balance.Snapshot, p *balance.Plan) { p.Connect = append(p.Connect, p.Connect...) }), "lists an endpoint twice"},
		{"ready without endpoints", changing(func(in balance.Snapshot, p *balance.Plan) { p.State = balance.Ready }), "there are no endpoints and the plan's state is READY"},
		{"waits without endpoints", changing(func(in balance.Snapshot, p *balance.Plan) {
			if len(in.Endpoints) == 0 {
				p.Picker = balance.Always(balance.Pick{})
			}
		}), "there are no endpoints and the call waits"},
		{"uses nothing", picking(func(_ balance.Snapshot, p balance.Pick) balance.Pick { p.Endpoint = 0; return p }), "uses no endpoint"},
		{"uses another", picking(func(_ balance.Snapshot, p balance.Pick) balance.Pick { p.Endpoint += 1000000; return p }), "which is not in the snapshot"},
		{"uses all", picking(func(in balance.Snapshot, p balance.Pick) balance.Pick {
			p.Endpoint = in.Endpoints[rand.IntN(len(in.Endpoints))].Ref
			return p
		}), "the pick uses endpoint"},
		{"not listed", changing(func(_ balance.Snapshot, p *balance.Plan) {
			if p.State == balance.Ready {
				p.Connect = nil
			}
		}), "which the plan does not list"},
		{"ready but says otherwise", changing(func(_ balance.Snapshot, p *balance.Plan) {
			if p.State == balance.Ready {
				p.State = balance.Connecting
			}
		}), "uses an endpoint and the plan's state is CONNECTING"},
		{"fails without error", picking(func(balance.Snapshot, balance.Pick) balance.Pick { return balance.Pick{Verdict: balance.Fail} }), "has no error"},
		{"no such verdict", picking(func(balance.Snapshot, balance.Pick) balance.Pick { return balance.Pick{Verdict: 9} }), "verdict is 9"},
		{"fails while connecting", changing(func(_ balance.Snapshot, p *balance.Plan) {
			if p.State == balance.Connecting {
				p.Picker = balance.Always(balance.Pick{Verdict: balance.Fail, Err: odd})
			}
		}), "the pick fails and the plan's state is CONNECTING"},
		{"waits for what is ready", picking(func(_ balance.Snapshot, p balance.Pick) balance.Pick {
			p.Verdict = balance.Queue
			return p
		}), "which is ready"},
		{"rests", planFunc(resting), "nothing is being connected"},
		{"rests but wakes", planFunc(func(in balance.Snapshot) balance.Plan {
			p := resting(in)
			p.Wake = time.Second
			return p
		}), "does not get through"},
		{"fails all", picking(func(balance.Snapshot, balance.Pick) balance.Pick {
			return balance.Pick{Verdict: balance.Fail, Err: odd}
		}), "does not get through"},
		{"changes what was", forgetful{}, "changes an earlier snapshot"},
		{"asks the clock", changing(func(_ balance.Snapshot, p *balance.Plan) {
			p.Wake = time.Until(time.Now().Truncate(24 * time.Hour).Add(24 * time.Hour))
		}), "two planners that saw the same differ"},
	} {
		switch got := judge(t, tc.policy); {
		case tc.want == "" && got != "":
			t.Errorf("%s: %s", tc.name, got)
		case !strings.Contains(got, tc.want):
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}
