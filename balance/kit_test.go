package balance

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew/resolve"
)

// A scene is a client without connections: it remembers endpoints between plans
// and changes their states at the test's word.
type scene struct {
	planner Planner
	views   []View
	waiting int
	now     time.Time
	seed    uint64
	made    Ref
	plan    Plan
}

func newScene(p Policy) *scene {
	return &scene{planner: p.NewPlanner(), now: time.Unix(1000, 0)}
}

// list sets the endpoints; those known keep their state. "a+b" has two addresses.
func (s *scene) list(ids ...string) *scene {
	old := s.views
	s.views = nil
next:
	for _, id := range ids {
		for _, v := range old {
			if v.Endpoint.ID == id {
				s.views = append(s.views, v)
				continue next
			}
		}
		s.made++
		ep := resolve.Endpoint{ID: id}
		for a := range strings.SplitSeq(id, "+") {
			if strings.HasPrefix(a, "v6") {
				a = "[2001:db8::1]"
			} else if strings.HasPrefix(a, "v4") {
				a = "192.0.2.1"
			}
			ep.Addrs = append(ep.Addrs, resolve.Addr{Network: "tcp", Address: a + ":1"})
		}
		s.views = append(s.views, View{Endpoint: ep, Ref: s.made, Load: new(Load)})
	}
	return s
}

// set puts an endpoint in a state.
func (s *scene) set(id string, state State) *scene {
	for i := range s.views {
		if v := &s.views[i]; v.Endpoint.ID == id {
			v.State, v.Since = state, s.now
			if state == TransientFailure {
				v.Err = errors.New(id + " fails")
			}
			return s
		}
	}
	panic("no endpoint " + id)
}

// step plans, does as the plan says to idle and unwanted endpoints, and returns
// the plan in short: "CONNECTING [a b] queue 250ms".
func (s *scene) step() string {
	s.seed++
	s.plan = s.planner.Plan(Snapshot{
		Endpoints: append([]View(nil), s.views...),
		Waiting:   s.waiting,
		Now:       s.now,
		Seed:      s.seed,
	})
	wanted := make(map[Ref]bool)
	var names []string
	for _, ref := range s.plan.Connect {
		wanted[ref] = true
		names = append(names, s.name(ref))
	}
	for i := range s.views {
		v := &s.views[i]
		switch {
		case wanted[v.Ref] && v.State == Idle:
			v.State, v.Since = Connecting, s.now
		case !wanted[v.Ref] && v.State != TransientFailure:
			v.State, v.Since = Idle, s.now
		}
	}
	pick := s.plan.Picker.Pick(&Call{})
	out := fmt.Sprintf("%v %v %v", s.plan.State, names, pick.Verdict)
	if pick.Verdict == Use {
		out += " " + s.name(pick.Endpoint)
	}
	if pick.Verdict == Fail {
		out += fmt.Sprintf(" (%v)", pick.Err)
	}
	if s.plan.Wake > 0 {
		out += " " + s.plan.Wake.String()
	}
	return out
}

func (s *scene) name(r Ref) string {
	for _, v := range s.views {
		if v.Ref == r {
			return v.Endpoint.ID
		}
	}
	return "?"
}

// expect compares a step.
func (s *scene) expect(t *testing.T, want string) {
	t.Helper()
	if got := s.step(); got != want {
		t.Fatalf("the plan is\n%s, want\n%s", got, want)
	}
}

func (s *scene) pass(d time.Duration) *scene {
	s.now = s.now.Add(d)
	return s
}
