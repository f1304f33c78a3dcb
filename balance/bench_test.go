package balance

import (
	"fmt"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew/resolve"
)

// policies are those that are measured.
func policies() map[string]Policy {
	return map[string]Policy{
		"pick_first":           PickFirst(),
		"shuffled_pick_first":  ShuffledPickFirst(),
		"round_robin":          RoundRobin(),
		"random":               Random(),
		"weighted_round_robin": WeightedRoundRobin(WeightedRoundRobinConfig{}),
		"least_request":        LeastRequest(LeastRequestConfig{}),
		"peak_ewma":            PeakEWMA(PeakEWMAConfig{}),
		"ring_hash":            RingHash(RingHashConfig{Header: "user"}),
		"subset":               Subset(SubsetConfig{Size: 20, Seed: 1}, RoundRobin()),
	}
}

// many returns a snapshot of n ready endpoints. Their weights differ if they are to.
func many(n int, weighted bool) Snapshot {
	in := Snapshot{Now: time.Now(), Seed: 1}
	for i := range n {
		v := View{Endpoint: resolve.Endpoint{ID: fmt.Sprintf("10.%d.%d.%d:443", i>>16, i>>8&255, i&255)}, Ref: Ref(i + 1), State: Ready, Since: in.Now.Add(-time.Hour), Weight: 1, Load: new(Load)}
		v.Endpoint.Addrs = []resolve.Addr{{Network: "tcp", Address: v.Endpoint.ID}}
		if weighted {
			v.Weight += float64(i % 7)
		}
		v.Load.MeasureLatency(10 * time.Second)
		v.Load.Begin()
		v.Load.End(Outcome{Latency: time.Duration(i%10+1) * time.Millisecond})
		v.Load.SetReport(&Report{At: in.Now, CPU: 0.1 + float64(i%10)/20, QPS: 100})
		in.Endpoints = append(in.Endpoints, v)
	}
	return in
}

type oneHeader string

func (h oneHeader) Get(string) string { return string(h) }

func BenchmarkPick(b *testing.B) {
	for name, p := range policies() {
		for _, weighted := range []bool{false, true} {
			for _, n := range []int{3, 10000} {
				b.Run(fmt.Sprintf("%s/weighted=%v/endpoints=%d", name, weighted, n), func(b *testing.B) {
					picker := p.NewPlanner().Plan(many(n, weighted)).Picker
					call := &Call{Header: oneHeader("somebody")}
					b.ReportAllocs()
					for b.Loop() {
						picker.Pick(call)
					}
				})
			}
		}
	}
}

// The plans are those after a change of the states, not of the list.
func BenchmarkPlan(b *testing.B) {
	for name, p := range policies() {
		b.Run(name+"/endpoints=10000", func(b *testing.B) {
			in, planner := many(10000, true), p.NewPlanner()
			b.ReportAllocs()
			for b.Loop() {
				planner.Plan(in)
			}
		})
	}
}

// The first plan of a list is the dearest.
func BenchmarkFirstPlan(b *testing.B) {
	for name, p := range policies() {
		b.Run(name+"/endpoints=10000", func(b *testing.B) {
			in := many(10000, true)
			b.ReportAllocs()
			for b.Loop() {
				p.NewPlanner().Plan(in)
			}
		})
	}
}

func BenchmarkLoad(b *testing.B) {
	for _, measured := range []bool{false, true} {
		b.Run(fmt.Sprintf("measured=%v", measured), func(b *testing.B) {
			var l Load
			if measured {
				l.MeasureLatency(10 * time.Second)
			}
			for b.Loop() {
				l.Begin()
				l.End(Outcome{Latency: time.Millisecond})
			}
		})
	}
}

func TestPickersDoNotAllocate(t *testing.T) {
	for name, p := range policies() {
		for _, weighted := range []bool{false, true} {
			in := many(20, weighted)
			picker := p.NewPlanner().Plan(in).Picker
			for _, call := range []*Call{
				{},
				{Header: oneHeader("somebody")},
				{Tried: []Ref{1, 2, 3}},
			} {
				if n := testing.AllocsPerRun(100, func() { picker.Pick(call) }); n != 0 {
					t.Errorf("%s: %v allocations a pick", name, n)
				}
			}
		}
	}
}
