package balance

import (
	"errors"
	"strings"
	"testing"
)

func breakerWorld(t *testing.T, c CircuitBreakerConfig) *world {
	w := newWorld(t, func(leaf Policy) Policy { return CircuitBreaker(c, leaf) })
	return w.add("a b").step().set("a b", Ready).step()
}

func (w *world) begin(id string, n int) *world {
	for range n {
		w.view(id).Load.Begin()
	}
	return w
}

func (w *world) end(id string, n int) *world {
	for range n {
		w.view(id).Load.End(Outcome{})
	}
	return w
}

func TestCircuitBreakerDropsAtTheLimit(t *testing.T) {
	w := breakerWorld(t, CircuitBreakerConfig{MaxRequests: 10})
	w.begin("a", 5).begin("b", 4)
	if got := w.picks(10); got != "a:5 b:5" {
		t.Errorf("with one place left: %s", got)
	}
	w.begin("b", 1)
	p := w.plan.Picker.Pick(&Call{WaitForReady: true})
	if p.Verdict != Drop || p.Err == nil || !strings.Contains(p.Err.Error(), "10 requests are in flight") {
		t.Errorf("at the limit: %v, %v", p.Verdict, p.Err)
	}
	w.end("a", 1)
	if got := w.picks(10); got != "a:5 b:5" {
		t.Errorf("after the end of one: %s", got)
	}
}

func TestCircuitBreakerDefaults(t *testing.T) {
	w := breakerWorld(t, CircuitBreakerConfig{}).begin("a", 1023)
	if got := w.picks(1); got == "drop:1" {
		t.Error("dropped with 1023 in flight")
	}
	if got := w.begin("b", 1).picks(1); got != "drop:1" {
		t.Errorf("with 1024 in flight: %s", got)
	}
	w = breakerWorld(t, CircuitBreakerConfig{MaxRequests: -1}).begin("a", 5000)
	if got := w.picks(2); got != "a:1 b:1" {
		t.Errorf("without a limit: %s", got)
	}
}

func TestCircuitBreakerPerEndpoint(t *testing.T) {
	w := breakerWorld(t, CircuitBreakerConfig{MaxPerEndpoint: 3}).begin("a", 3)
	if got := w.picks(10); got != "b:10" {
		t.Errorf("with a full: %s", got)
	}
	w.begin("b", 3)
	if p := w.plan.Picker.Pick(&Call{}); p.Verdict != Drop || !strings.Contains(p.Err.Error(), "3 requests are in flight to each") {
		t.Errorf("with both full: %v, %v", p.Verdict, p.Err)
	}
}

// What was begun before the planner was made counts, and so do endpoints that stay
// while others come and go.
func TestCircuitBreakerCountsWhatIsListed(t *testing.T) {
	w := breakerWorld(t, CircuitBreakerConfig{MaxRequests: 6}).begin("a", 2).begin("b", 4)
	w.planner = CircuitBreaker(CircuitBreakerConfig{MaxRequests: 6}, leafPolicy{w}).NewPlanner()
	if got := w.step().picks(1); got != "drop:1" {
		t.Errorf("a new planner does not see what is in flight: %s", got)
	}
	b := w.view("b").Load
	w.remove("b").step()
	if got := w.picks(1); got != "a:1" {
		t.Errorf("what is in flight to an endpoint that is gone counts: %s", got)
	}
	b.End(Outcome{})
	if got := w.begin("a", 4).picks(1); got != "drop:1" {
		t.Errorf("after the end at the endpoint that is gone: %s", got)
	}
}

// Breakers within a breaker have limits of their own, and endpoints may move from one
// to the other.
func TestCircuitBreakersNest(t *testing.T) {
	var outer, inner []*breakerPlanner
	w := newWorld(t, func(leaf Policy) Policy {
		in := spyPolicy{CircuitBreaker(CircuitBreakerConfig{MaxRequests: 5}, leaf), &inner}
		return spyPolicy{CircuitBreaker(CircuitBreakerConfig{MaxRequests: 8}, Priority(PriorityConfig{}, in)), &outer}
	})
	w.add("a b").add("c", prio(1)).step().set("a b", TransientFailure).step().set("c", Ready).step()
	counts := func(want ...int) {
		t.Helper()
		got := []int{outer[0].total.count(), inner[0].total.count(), inner[1].total.count()}
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("outer and inner totals are %v, want %v", got, want)
			}
		}
	}
	w.begin("a", 3).begin("c", 4)
	counts(7, 3, 4)
	if got := w.picks(1); got != "c:1" {
		t.Errorf("below both limits: %s", got)
	}
	w.begin("c", 1)
	if got := w.picks(1); got != "drop:1" {
		t.Errorf("at both limits: %s", got)
	}
	w.view("b").Endpoint.Priority = 1
	w.step().begin("b", 2)
	counts(10, 3, 7)
	w.view("c").Endpoint.Priority = 0
	w.step()
	counts(10, 8, 2)
	w.end("a", 3).end("b", 2).end("c", 5)
	counts(0, 0, 0)
}

// A spyPolicy remembers the planners made.
type spyPolicy struct {
	Policy
	made *[]*breakerPlanner
}

func (s spyPolicy) NewPlanner() Planner {
	p := s.Policy.NewPlanner().(*breakerPlanner)
	*s.made = append(*s.made, p)
	return p
}

func TestCircuitBreakerLeavesOtherVerdictsAlone(t *testing.T) {
	w := newWorld(t, func(leaf Policy) Policy { return CircuitBreaker(CircuitBreakerConfig{MaxPerEndpoint: 1}, leaf) })
	w.add("a").expect("CONNECTING [a] queue:100").set("a", TransientFailure).expect("TRANSIENT_FAILURE [a] fail:100")
	if p := w.plan.Picker.Pick(&Call{}); p.Err == nil || errors.Is(p.Err, errNoEndpoints) {
		t.Errorf("the failure is %v", p.Err)
	}
}
