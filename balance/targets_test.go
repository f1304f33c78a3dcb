package balance

import (
	"testing"
	"time"
)

func targetsWorld(t *testing.T) *world {
	return newWorld(t, func(leaf Policy) Policy {
		return WeightedTargets(map[string]WeightedTarget{"x": {3, leaf}, "y": {1, leaf}, "off": {0, leaf}})
	})
}

func TestWeightedTargets(t *testing.T) {
	w := targetsWorld(t).add("y1 y2", attr(TargetName, "y")).add("lost").add("stray", attr(TargetName, "z"))
	w.add("x1", attr(TargetName, "x")).add("off", attr(TargetName, "off"))
	w.expect("CONNECTING [x1 y1 y2] queue:100")
	w.set("y1", Ready).expect("READY [x1 y1 y2] y1:100")
	w.set("x1", Ready).expect("READY [x1 y1 y2] x1:75 y1:25")
	w.set("y2", Ready).step()
	w.goes(1000, "x1:750 y1:125 y2:125")
	w.set("y1 y2", TransientFailure).expect("READY [x1 y1 y2] x1:100")
	w.set("x1", Connecting).expect("CONNECTING [x1 y1 y2] queue:100")
	w.set("x1", TransientFailure).expect("TRANSIENT_FAILURE [x1 y1 y2] fail:100")
}

// A target that failed counts as failing until it is ready: calls fail, they do not
// wait.
func TestWeightedTargetsFailureHolds(t *testing.T) {
	w := targetsWorld(t).add("x1", attr(TargetName, "x")).add("y1", attr(TargetName, "y"))
	w.step().set("x1 y1", TransientFailure).expect("TRANSIENT_FAILURE [x1 y1] fail:100")
	if w.plan.Err.Error() != "x1 fails" {
		t.Errorf("the failure is %v", w.plan.Err)
	}
	w.set("x1", Connecting).step()
	if w.plan.State != TransientFailure || w.plan.Err.Error() != "x1 fails" {
		t.Errorf("the state is %v (%v)", w.plan.State, w.plan.Err)
	}
	w.set("x1", Ready).expect("READY [x1 y1] x1:100")
}

func TestWeightedTargetsWithoutEndpoints(t *testing.T) {
	targetsWorld(t).expect("TRANSIENT_FAILURE [] fail:100")
	w := newWorld(t, func(Policy) Policy { return WeightedTargets(nil) })
	w.add("a").expect("TRANSIENT_FAILURE [] fail:100")
}

// A target that is idle is made to connect by calls that wait, when no other is better.
func TestWeightedTargetsIdle(t *testing.T) {
	w := newWorld(t, func(Policy) Policy {
		return WeightedTargets(map[string]WeightedTarget{"x": {1, RoundRobin()}, "y": {1, PickFirst()}})
	})
	w.add("x1", attr(TargetName, "x")).add("y1", attr(TargetName, "y"))
	in := func() Snapshot { return Snapshot{Endpoints: append([]View(nil), w.views...), Now: w.now} }
	w.planner.Plan(in())
	w.set("x1", TransientFailure).set("y1", Ready)
	w.planner.Plan(in())
	w.set("y1", Idle)
	if plan := w.planner.Plan(in()); plan.State != Idle || plan.Picker.Pick(&Call{}).Verdict != Queue {
		t.Errorf("the state is %v", plan.State)
	}
}

// What children ask of the client is put together.
func TestPlansArePutTogether(t *testing.T) {
	child := func(wake, reports time.Duration, alarm int, unwatched bool) Policy {
		return planFunc(func(in Snapshot) Plan {
			plan := roundRobin{}.NewPlanner().Plan(in)
			plan.Wake, plan.Reports, plan.Alarm, plan.Unwatched = wake, reports, alarm, unwatched
			return plan
		})
	}
	for _, c := range []struct {
		a, b Policy
		want Plan
	}{
		{child(0, 0, 0, false), child(0, 0, 0, false), Plan{}},
		{child(5, 0, 7, true), child(0, 3, 0, true), Plan{Wake: 5, Reports: 3, Alarm: 7, Unwatched: true}},
		{child(5, 4, 7, true), child(6, 3, 2, false), Plan{Wake: 5, Reports: 3, Alarm: 2}},
		{child(0, 0, 0, true), planFunc(func(Snapshot) Plan { return Plan{Unwatched: true} }), Plan{Unwatched: true}},
	} {
		w := newWorld(t, func(Policy) Policy {
			return WeightedTargets(map[string]WeightedTarget{"a": {1, c.a}, "b": {1, c.b}})
		})
		w.add("a", attr(TargetName, "a")).add("b", attr(TargetName, "b"))
		plan := w.planner.Plan(Snapshot{Endpoints: w.views, Now: w.now})
		got := Plan{Wake: plan.Wake, Reports: plan.Reports, Alarm: plan.Alarm, Unwatched: plan.Unwatched}
		if got.Wake != c.want.Wake || got.Reports != c.want.Reports || got.Alarm != c.want.Alarm || got.Unwatched != c.want.Unwatched {
			t.Errorf("together: %+v, want %+v", got, c.want)
		}
	}
}

// A child without a picker is one that fails.
func TestChildWithoutAPicker(t *testing.T) {
	w := newWorld(t, func(Policy) Policy {
		return ByLocality(planFunc(func(Snapshot) Plan { return Plan{State: Ready} }))
	})
	w.add("a").expect("TRANSIENT_FAILURE [] fail:100")
	if w.plan.Err != errNoPicker {
		t.Errorf("the failure is %v", w.plan.Err)
	}
}
