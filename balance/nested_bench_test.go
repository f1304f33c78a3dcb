package balance

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/curlew-rpc/curlew/resolve"
)

// benchNestings are two policies around round robin, and all of them.
var benchNestings = []struct {
	name string
	wrap func(leaf Policy) Policy
}{
	{"roundrobin", func(leaf Policy) Policy { return leaf }},
	{"breaker(locality)", func(leaf Policy) Policy {
		return CircuitBreaker(CircuitBreakerConfig{}, ByLocality(leaf))
	}},
	{"breakers per endpoint(outlier)", func(leaf Policy) Policy {
		return CircuitBreaker(CircuitBreakerConfig{MaxPerEndpoint: 100}, OutlierDetection(OutlierConfig{}, leaf))
	}},
	{"all", func(leaf Policy) Policy {
		slow := SlowStart(SlowStartConfig{}, NearestFirst(resolve.Locality{}, ByLocality(leaf)))
		targets := WeightedTargets(map[string]WeightedTarget{"t": {1, Priority(PriorityConfig{}, slow)}})
		return CircuitBreaker(CircuitBreakerConfig{}, OutlierDetection(OutlierConfig{}, targets))
	}},
}

func benchWorld(wrap func(Policy) Policy, endpoints int) *world {
	w := &world{shown: make(map[Ref]State)}
	w.planner = wrap(RoundRobin()).NewPlanner()
	for i := range endpoints {
		w.add(fmt.Sprint(i), at("", fmt.Sprint(i%3), ""), attr(TargetName, "t"))
		w.views[i].State = Ready
	}
	w.plan = w.planner.Plan(Snapshot{Endpoints: append([]View(nil), w.views...), Now: w.now})
	return w
}

func TestWrappedPickersDoNotAllocate(t *testing.T) {
	for _, n := range benchNestings {
		w := benchWorld(n.wrap, 30)
		call := &Call{Tried: []Ref{w.views[0].Ref}}
		allocs := testing.AllocsPerRun(1000, func() {
			p := w.plan.Picker.Pick(call)
			w.views[p.Endpoint-1].Load.Begin()
			w.views[p.Endpoint-1].Load.End(Outcome{})
		})
		if allocs != 0 {
			t.Errorf("%s: %v allocations a pick", n.name, allocs)
		}
	}
}

func BenchmarkWrappedPick(b *testing.B) {
	for _, n := range benchNestings {
		b.Run(n.name, func(b *testing.B) {
			w, call := benchWorld(n.wrap, 10000), &Call{}
			b.ReportAllocs()
			for b.Loop() {
				w.plan.Picker.Pick(call)
			}
		})
	}
}

func BenchmarkWrappedPlan(b *testing.B) {
	for _, n := range benchNestings {
		b.Run(n.name, func(b *testing.B) {
			w := benchWorld(n.wrap, 10000)
			b.ReportAllocs()
			for b.Loop() {
				w.views[rand.IntN(len(w.views))].State = Ready
				w.planner.Plan(Snapshot{Endpoints: append([]View(nil), w.views...), Now: w.now})
			}
		})
	}
}

// What a call costs at its beginning and end, with a circuit breaker and without.
func BenchmarkLoadBeginEnd(b *testing.B) {
	var total inflight
	for _, name := range []string{"alone", "with a circuit breaker"} {
		b.Run(name, func(b *testing.B) {
			var l Load
			if name != "alone" {
				l.inflight.setParent(&total)
			}
			b.ReportAllocs()
			for b.Loop() {
				l.Begin()
				l.End(Outcome{})
			}
		})
	}
}
