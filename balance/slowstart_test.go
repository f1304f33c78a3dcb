package balance

import (
	"math"
	"testing"
	"time"
)

// planFunc is a policy that is one function.
type planFunc func(Snapshot) Plan

func (f planFunc) NewPlanner() Planner   { return f }
func (f planFunc) Plan(in Snapshot) Plan { return f(in) }

func TestSlowStartFactor(t *testing.T) {
	for _, c := range []struct {
		config SlowStartConfig
		age    time.Duration
		want   float64
	}{
		{SlowStartConfig{}, 0, 0.1},
		{SlowStartConfig{}, 3 * time.Second, 0.1},
		{SlowStartConfig{}, 15 * time.Second, 0.5},
		{SlowStartConfig{}, 30 * time.Second, 1},
		{SlowStartConfig{}, time.Hour, 1},
		{SlowStartConfig{}, -time.Second, 0.1},
		{SlowStartConfig{Window: time.Minute}, 15 * time.Second, 0.25},
		{SlowStartConfig{Window: time.Minute, Aggression: 2}, 15 * time.Second, 0.5},
		{SlowStartConfig{Window: time.Minute, Aggression: 0.5}, 30 * time.Second, 0.25},
		{SlowStartConfig{MinWeightPercent: 50}, time.Second, 0.5},
	} {
		s := SlowStart(c.config, RoundRobin()).(slowStart)
		if got := (slowStartPlanner{SlowStartConfig: s.SlowStartConfig}).factor(c.age); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%+v after %v: %v, want %v", c.config, c.age, got, c.want)
		}
	}
}

func TestSlowStartScalesWhatIsReadyOnly(t *testing.T) {
	var weights []float64
	w := newWorld(t, func(Policy) Policy {
		return SlowStart(SlowStartConfig{Window: 10 * time.Second}, planFunc(func(in Snapshot) Plan {
			weights = nil
			for _, v := range in.Endpoints {
				weights = append(weights, v.Weight)
			}
			return roundRobin{}.NewPlanner().Plan(in)
		}))
	})
	w.add("a b c")
	w.view("b").Weight = 4
	expect := func(wake time.Duration, want ...float64) {
		t.Helper()
		in := Snapshot{Endpoints: append([]View(nil), w.views...), Now: w.now}
		plan := w.planner.Plan(in)
		for i := range want {
			if math.Abs(weights[i]-want[i]) > 1e-9 {
				t.Errorf("the child sees weights %v, want %v", weights, want)
			}
		}
		if plan.Wake != wake {
			t.Errorf("wake after %v, want %v", plan.Wake, wake)
		}
	}
	expect(0, 1, 4, 1)
	w.set("a", Ready).pass(5*time.Second).set("b", Ready)
	expect(500*time.Millisecond, 0.5, 0.4, 1)
	w.pass(4800 * time.Millisecond)
	expect(500*time.Millisecond, 0.98, 1.92, 1)
	w.pass(5 * time.Second)
	expect(200*time.Millisecond, 1, 3.92, 1)
	w.pass(200*time.Millisecond).set("a", TransientFailure)
	expect(0, 1, 4, 1)
}
