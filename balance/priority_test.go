package balance

import (
	"testing"
	"time"
)

func priorityWorld(t *testing.T, c PriorityConfig) *world {
	return newWorld(t, func(leaf Policy) Policy { return Priority(c, leaf) })
}

func TestPriorityFailsOverAndBack(t *testing.T) {
	w := priorityWorld(t, PriorityConfig{}).add("c", prio(2)).add("a1 a2").add("b", prio(1))
	w.expect("CONNECTING [a1 a2] queue:100")
	w.set("a1", Ready).expect("READY [a1 a2] a1:100")
	w.set("a1", TransientFailure).expect("CONNECTING [a1 a2] queue:100")
	w.set("a2", TransientFailure).expect("CONNECTING [a1 a2 b] queue:100")
	w.set("b", TransientFailure).expect("CONNECTING [a1 a2 b c] queue:100")
	w.set("c", TransientFailure).expect("TRANSIENT_FAILURE [a1 a2 b c] fail:100")
	if w.plan.Err.Error() != "c fails" {
		t.Errorf("the failure is %v, want that of the last priority", w.plan.Err)
	}
	w.set("c", Ready).expect("READY [a1 a2 b c] c:100")
	w.set("b", Ready).expect("READY [a1 a2 b c] b:100")
	w.set("a2", Ready).expect("READY [a1 a2 b c] a2:100")
	if w.plan.Wake != 15*time.Minute {
		t.Errorf("wake after %v, want when the lower priorities are given up", w.plan.Wake)
	}
	w.pass(15*time.Minute - 1).expect("READY [a1 a2 b c] a2:100")
	w.pass(1).expect("READY [a1 a2] a2:100")
	if w.plan.Wake != 0 {
		t.Errorf("wake after %v, want never", w.plan.Wake)
	}
}

// A priority that takes long to connect is waited for no longer than the timer says,
// and used as soon as it is there.
func TestPriorityFailoverTimer(t *testing.T) {
	w := priorityWorld(t, PriorityConfig{}).add("a").add("b", prio(1)).add("c", prio(5))
	w.expect("CONNECTING [a] queue:100")
	if w.plan.Wake != 10*time.Second {
		t.Errorf("wake after %v, want 10s", w.plan.Wake)
	}
	w.pass(10 * time.Second).expect("CONNECTING [a b] queue:100")
	w.set("b", Ready).expect("READY [a b] b:100")
	w.set("a", Ready).expect("READY [a b] a:100")
	// It was ready, so it gets its time again when it is lost.
	w.pass(time.Second).set("a", Connecting).expect("CONNECTING [a b] queue:100")
	w.pass(9*time.Second).set("a", Connecting).expect("CONNECTING [a b] queue:100")
	w.pass(time.Second).expect("READY [a b] b:100")
	// It failed, so it does not.
	w.set("a", TransientFailure).expect("READY [a b] b:100")
	w.set("a", Connecting).expect("READY [a b] b:100")
	w.set("b", Connecting).expect("CONNECTING [a b] queue:100")
	w.pass(10 * time.Second).expect("CONNECTING [a b c] queue:100")
}

// When no timer runs any more, calls wait for the first that is still connecting.
func TestPriorityWaitsForWhatConnects(t *testing.T) {
	w := priorityWorld(t, PriorityConfig{Failover: time.Second}).add("a").add("b", prio(1))
	w.step().pass(time.Second).step().pass(time.Second).expect("CONNECTING [a b] queue:100")
	w.set("a", TransientFailure).expect("CONNECTING [a b] queue:100")
	w.set("b", TransientFailure).expect("TRANSIENT_FAILURE [a b] fail:100")
}

// A priority that was given up and is needed again starts over, or goes on if it was
// still there.
func TestPriorityComesBack(t *testing.T) {
	w := priorityWorld(t, PriorityConfig{Keep: time.Minute}).add("a").add("b", prio(1))
	w.step().set("a", TransientFailure).step().set("b", Ready).expect("READY [a b] b:100")
	w.set("a", Ready).step().pass(30 * time.Second)
	w.set("a", TransientFailure).expect("READY [a b] b:100")
	w.set("a", Ready).step().pass(59 * time.Second).expect("READY [a b] a:100")
	w.pass(time.Second).expect("READY [a] a:100")
	w.set("a", TransientFailure).expect("CONNECTING [a b] queue:100")
	if w.plan.Wake != 10*time.Second {
		t.Errorf("wake after %v, want 10s", w.plan.Wake)
	}
}

func TestPriorityKeepsNothing(t *testing.T) {
	w := priorityWorld(t, PriorityConfig{Keep: -1}).add("a").add("b", prio(1))
	w.step().set("a", TransientFailure).step().set("b", Ready).step()
	w.set("a", Ready).expect("READY [a] a:100")
}

// Priorities come and go with their endpoints.
func TestPriorityFollowsTheList(t *testing.T) {
	w := priorityWorld(t, PriorityConfig{}).add("b", prio(1))
	w.step().set("b", Ready).expect("READY [b] b:100")
	w.add("a").expect("CONNECTING [a b] queue:100") // as A56: a new priority gets its time
	w.set("a", Ready).expect("READY [a b] a:100")
	w.remove("a").expect("READY [b] b:100")
	w.remove("b").expect("TRANSIENT_FAILURE [] fail:100")
}

// Each priority has its own policy, and endpoints for which there is none are not used.
func TestPrioritiesHaveTheirOwnPolicies(t *testing.T) {
	w := newWorld(t, func(leaf Policy) Policy {
		return Priorities(PriorityConfig{}, Subset(SubsetConfig{Size: 1, Seed: 1}, leaf), leaf)
	})
	w.add("a").add("b1 b2", prio(1)).add("c", prio(2)).add("d", prio(-1))
	w.expect("CONNECTING [a] queue:100")
	w.set("a", Ready).expect("READY [a] a:100")
	w.set("a", TransientFailure).step().set("b1 b2", Ready).expect("READY [a b1 b2] b1:50 b2:50")
	w.set("b1 b2", TransientFailure).expect("TRANSIENT_FAILURE [a b1 b2] fail:100")
	w.remove("b1").remove("b2").remove("a").add("a1 a2").step()
	if len(w.plan.Connect) != 1 {
		t.Errorf("%d endpoints of priority 0 are connected, want the one of its subset", len(w.plan.Connect))
	}
}

func TestNoPriorities(t *testing.T) {
	newWorld(t, func(Policy) Policy { return Priorities(PriorityConfig{}) }).add("a").expect("TRANSIENT_FAILURE [] fail:100")
}
