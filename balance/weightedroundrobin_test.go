package balance

import (
	"math"
	"testing"
	"time"
)

func TestCapacity(t *testing.T) {
	named := map[string]float64{"queue": 0.8, "bad": math.NaN(), "huge": math.Inf(1), "less": -1}
	for _, tc := range []struct {
		name    string
		report  Report
		metrics []string
		penalty float64
		want    float64
	}{
		{name: "cpu", report: Report{QPS: 100, CPU: 0.5}, want: 200},
		{name: "application before cpu", report: Report{QPS: 100, CPU: 0.5, Application: 0.25}, want: 400},
		{name: "more than all of it", report: Report{QPS: 100, CPU: 2}, want: 50},
		{name: "no calls", report: Report{CPU: 0.5}},
		{name: "no utilization", report: Report{QPS: 100}},
		{name: "memory alone says nothing", report: Report{QPS: 100, Memory: 0.5}},
		{name: "not a number", report: Report{QPS: math.NaN(), CPU: 0.5}},
		{name: "utilization not a number", report: Report{QPS: 100, CPU: math.NaN()}},
		{name: "endless", report: Report{QPS: math.Inf(1), CPU: 0.5}},
		{name: "errors", report: Report{QPS: 100, EPS: 50, CPU: 0.5}, want: 100},
		{name: "errors at a higher price", report: Report{QPS: 100, EPS: 50, CPU: 0.5}, penalty: 3, want: 50},
		{name: "errors for nothing", report: Report{QPS: 100, EPS: 50, CPU: 0.5}, penalty: -1, want: 200},
		{name: "errors below none", report: Report{QPS: 100, EPS: -50, CPU: 0.5}, want: 200},
		{name: "a metric before cpu", report: Report{QPS: 100, CPU: 0.5, Named: named}, metrics: []string{"named_metrics.queue"}, want: 125},
		{name: "application before a metric", report: Report{QPS: 100, Application: 0.5, Named: named}, metrics: []string{"named_metrics.queue"}, want: 200},
		{name: "the largest", report: Report{QPS: 100, CPU: 0.4, Memory: 0.5, Named: named}, metrics: []string{"mem_utilization", "named_metrics.queue", "cpu_utilization"}, want: 125},
		{name: "metrics that are none", report: Report{QPS: 100, CPU: 0.5, Named: named}, metrics: []string{"named_metrics.bad", "named_metrics.huge", "named_metrics.less", "named_metrics.x", "x", "", "named_metrics"}, want: 200},
		{name: "other maps", report: Report{QPS: 100, Utilization: map[string]float64{"disk.io": 0.5}, Cost: map[string]float64{"a": 0.25}}, metrics: []string{"utilization.disk.io", "request_cost.a"}, want: 200},
		{name: "application by name", report: Report{QPS: 100, CPU: 0.5}, metrics: []string{"application_utilization"}, want: 200},
	} {
		cfg := WeightedRoundRobin(WeightedRoundRobinConfig{MetricNames: tc.metrics, ErrorPenalty: tc.penalty}).(weightedRoundRobin).cfg
		if got := capacity(&tc.report, &cfg); math.Abs(got-tc.want) > 1e-9 {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
		}
	}
}

// Times are in seconds.
func TestReportedWeight(t *testing.T) {
	type step struct{ now, ready, report, qps, want float64 } // utilization is 1, so that qps is the weight
	for _, tc := range []struct {
		name  string
		cfg   WeightedRoundRobinConfig
		steps []step
	}{
		{"after the blackout", WeightedRoundRobinConfig{}, []step{
			{now: 1, report: 1, qps: 5}, {now: 5, report: 5, qps: 6}, {now: 10.9, report: 10, qps: 7}, {now: 11, report: 10, qps: 7, want: 7}, {now: 12, report: 12, qps: 8, want: 8},
		}},
		{"no blackout", WeightedRoundRobinConfig{BlackoutPeriod: -1}, []step{{now: 1, report: 1, qps: 5, want: 5}}},
		{"no report", WeightedRoundRobinConfig{BlackoutPeriod: -1}, []step{{now: 1}, {now: 100}}},
		{"an empty report changes nothing", WeightedRoundRobinConfig{BlackoutPeriod: -1}, []step{
			{now: 1, report: 1, qps: 0}, {now: 2, report: 2, qps: 5, want: 5}, {now: 3, report: 3, qps: 0, want: 5},
		}},
		{"empty reports do not keep a weight", WeightedRoundRobinConfig{BlackoutPeriod: -1, ExpirationPeriod: 10 * time.Second}, []step{
			{now: 1, report: 1, qps: 5, want: 5}, {now: 10, report: 10, qps: 0, want: 5}, {now: 11, report: 11, qps: 0},
		}},
		{"expired, and a new blackout", WeightedRoundRobinConfig{}, []step{
			{now: 0, report: 0, qps: 5}, {now: 10, report: 0, qps: 5, want: 5}, {now: 179, report: 0, qps: 5, want: 5}, {now: 180, report: 0, qps: 5},
			{now: 200, report: 200, qps: 6}, {now: 209, report: 209, qps: 6}, {now: 210, report: 209, qps: 6, want: 6},
		}},
		{"expired between two plans", WeightedRoundRobinConfig{}, []step{
			{now: 0, report: 0, qps: 5}, {now: 10, report: 0, qps: 5, want: 5}, {now: 190, report: 189, qps: 6}, {now: 199, report: 189, qps: 6, want: 6},
		}},
		{"connected anew", WeightedRoundRobinConfig{}, []step{
			{now: 0, report: 0, qps: 5}, {now: 10, report: 9, qps: 5, want: 5},
			{now: 20, ready: 20, report: 19, qps: 5}, {now: 31, ready: 20, report: 19, qps: 5}, {now: 32, ready: 20, report: 32, qps: 6}, {now: 42, ready: 20, report: 32, qps: 6, want: 6},
		}},
	} {
		cfg := WeightedRoundRobin(tc.cfg).(weightedRoundRobin).cfg
		at := func(s float64) time.Time { return time.Unix(1000, 0).Add(time.Duration(s * float64(time.Second))) }
		var w reportedWeight
		for _, s := range tc.steps {
			var r *Report
			if s.report != 0 || s.qps != 0 {
				r = &Report{At: at(s.report), QPS: s.qps, CPU: 1}
			}
			w = w.update(at(s.now), at(s.ready), r, &cfg)
			if got := w.usable(at(s.now), &cfg); got != s.want {
				t.Errorf("%s, second %v: %v, want %v", tc.name, s.now, got, s.want)
			}
		}
	}
}

// report has an endpoint report that it serves so many calls a second with all it has.
func (s *scene) report(i int, qps float64) {
	s.views[i].Load.SetReport(&Report{At: s.now, QPS: qps, CPU: 1})
}

func TestWeightedRoundRobin(t *testing.T) {
	s := newScene(WeightedRoundRobin(WeightedRoundRobinConfig{BlackoutPeriod: -1})).list("a", "b", "c")
	s.expect(t, "CONNECTING [a b c] queue")
	share := func(step string, want ...int) {
		t.Helper()
		if s.step(); s.plan.Wake != time.Second || s.plan.Reports != 0 {
			t.Errorf("%s: the next plan is after %v, reports every %v", step, s.plan.Wake, s.plan.Reports)
		}
		got := count(s.turns(1200, &Call{}))
		for i, id := range []string{"a", "b", "c"} {
			if n := got[id]; n < want[i]-8 || n > want[i]+8 {
				t.Errorf("%s: of 1200 turns %v, want %v", step, got, want)
				break
			}
		}
	}
	s.allReady()
	share("no reports", 400, 400, 400)
	if !s.views[0].Load.ReportsWanted() {
		t.Error("it does not ask for reports with responses")
	}
	s.report(0, 100)
	share("one report", 400, 400, 400)
	s.report(1, 300)
	share("two reports, the third counts as their mean", 200, 600, 400)
	s.report(2, 800)
	share("three reports", 100, 300, 800)
	s.views[2].Weight = 0.5 // as slow start does
	share("half of it", 150, 450, 600)
	s.views[1].Endpoint.Weight, s.views[1].Weight = 7, 7 // as a resolver does
	share("the resolver's weight", 150, 450, 600)
	s.views[2].Weight = 1
	s.pass(time.Minute).set("b", TransientFailure).step()
	if got := count(s.turns(900, &Call{})); got["b"] != 0 || got["c"] < 790 {
		t.Errorf("with one gone: %v", got)
	}
	s.pass(2 * time.Minute)
	s.report(2, 100)
	s.set("b", Ready)
	share("expired", 400, 400, 400)
}

func TestWeightedRoundRobinOutOfBand(t *testing.T) {
	s := newScene(WeightedRoundRobin(WeightedRoundRobinConfig{OutOfBand: true, UpdatePeriod: time.Millisecond})).list("a").allReady()
	s.step()
	if s.plan.Reports != 10*time.Second || s.plan.Wake != 100*time.Millisecond || s.views[0].Load.ReportsWanted() {
		t.Errorf("reports every %v, plans every %v, with responses: %v", s.plan.Reports, s.plan.Wake, s.views[0].Load.ReportsWanted())
	}
}
