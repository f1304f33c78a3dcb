package balance

import (
	"testing"
	"time"
)

const ms = time.Millisecond

func TestPickFirstUsesTheFirst(t *testing.T) {
	s := newScene(PickFirst()).list("a", "b")
	s.expect(t, "CONNECTING [a] queue 250ms")
	s.pass(100*ms).set("a", Ready).expect(t, "READY [a] use a")
	s.pass(time.Hour).expect(t, "READY [a] use a")
}

// A plan that changes nothing neither starts an attempt early nor puts it off.
func TestPickFirstPlansAreIdempotent(t *testing.T) {
	s := newScene(PickFirst()).list("a", "b")
	s.expect(t, "CONNECTING [a] queue 250ms")
	s.pass(100*ms).expect(t, "CONNECTING [a] queue 150ms")
	s.pass(149*ms).expect(t, "CONNECTING [a] queue 1ms")
	s.pass(1*ms).expect(t, "CONNECTING [a b] queue")
}

func TestPickFirstAttemptsOverlap(t *testing.T) {
	s := newScene(PickFirst()).list("a", "b", "c")
	s.expect(t, "CONNECTING [a] queue 250ms")
	s.pass(250*ms).expect(t, "CONNECTING [a b] queue 250ms")
	s.pass(250*ms).expect(t, "CONNECTING [a b c] queue")
	s.pass(50*ms).set("b", Ready).expect(t, "READY [b] use b")
	if s.views[0].State != Idle || s.views[2].State != Idle {
		t.Errorf("the others are not given up: %v, %v", s.views[0].State, s.views[2].State)
	}
}

func TestPickFirstGoesOnAtOnceWhenAllStartedFailed(t *testing.T) {
	s := newScene(PickFirst()).list("a", "b", "c")
	s.expect(t, "CONNECTING [a] queue 250ms")
	s.pass(10*ms).set("a", TransientFailure).expect(t, "CONNECTING [a b] queue 250ms")
	s.pass(10*ms).set("b", TransientFailure).expect(t, "CONNECTING [a b c] queue")
	s.pass(10*ms).set("c", TransientFailure).expect(t, "TRANSIENT_FAILURE [a b c] fail (c fails)")
}

// A failure of the first while the second is under way does not hurry the third.
func TestPickFirstWaitsForAttemptsUnderWay(t *testing.T) {
	s := newScene(PickFirst()).list("a", "b", "c")
	s.expect(t, "CONNECTING [a] queue 250ms")
	s.pass(250*ms).expect(t, "CONNECTING [a b] queue 250ms")
	s.pass(10*ms).set("a", TransientFailure).expect(t, "CONNECTING [a b] queue 240ms")
}

// A failure of the latest starts the next, although an earlier one is under way.
func TestPickFirstGoesOnWhenTheLatestFails(t *testing.T) {
	s := newScene(PickFirst()).list("a", "b", "c")
	s.expect(t, "CONNECTING [a] queue 250ms")
	s.pass(250*ms).expect(t, "CONNECTING [a b] queue 250ms")
	s.pass(10*ms).set("b", TransientFailure).expect(t, "CONNECTING [a b c] queue")
}

func TestPickFirstFamiliesTakeTurns(t *testing.T) {
	s := newScene(PickFirst()).list("v6a", "v6b", "v4a", "v4b")
	s.step()
	s.pass(250 * ms).step()
	s.pass(250 * ms).step()
	s.pass(250*ms).expect(t, "CONNECTING [v6a v4a v6b v4b] queue")
}

// An endpoint with several addresses has time for each before the next one starts.
func TestPickFirstGivesTimeForEveryAddress(t *testing.T) {
	s := newScene(PickFirst()).list("v6a+v4a", "b")
	s.expect(t, "CONNECTING [v6a+v4a] queue 500ms")
}

// TRANSIENT_FAILURE stays until one is ready, also through a new list.
func TestPickFirstFailureIsSticky(t *testing.T) {
	s := newScene(PickFirst()).list("a")
	s.expect(t, "CONNECTING [a] queue")
	s.set("a", TransientFailure).expect(t, "TRANSIENT_FAILURE [a] fail (a fails)")
	s.waiting = 1
	s.expect(t, "TRANSIENT_FAILURE [a] fail (a fails)")
	s.list("b", "c").expect(t, "TRANSIENT_FAILURE [b] fail (a fails) 250ms")
	s.set("b", TransientFailure).expect(t, "TRANSIENT_FAILURE [b c] fail (b fails)")
	s.pass(1*ms).set("c", TransientFailure).expect(t, "TRANSIENT_FAILURE [b c] fail (c fails)")
	s.set("b", Ready).expect(t, "READY [b] use b")
}

func TestPickFirstRestsWhenItLosesTheConnection(t *testing.T) {
	s := newScene(PickFirst()).list("a", "b")
	s.step()
	s.set("a", Ready).expect(t, "READY [a] use a")
	s.set("a", Idle).expect(t, "IDLE [] queue")
	s.expect(t, "IDLE [] queue")
	s.list("a", "b", "c").expect(t, "IDLE [] queue")
	s.waiting = 1
	s.expect(t, "CONNECTING [a] queue 250ms")
	s.waiting = 0
	s.expect(t, "CONNECTING [a] queue 250ms")
}

// What is in its backoff counts as tried.
func TestPickFirstSkipsWhatFailedBefore(t *testing.T) {
	s := newScene(PickFirst()).list("a", "b")
	s.step()
	s.set("a", TransientFailure).step()
	s.set("b", Ready).expect(t, "READY [b] use b")
	s.set("b", Idle)
	s.waiting = 1
	s.expect(t, "CONNECTING [a b] queue")
	s.set("b", TransientFailure).expect(t, "TRANSIENT_FAILURE [a b] fail (a fails)")
}

func TestPickFirstKeepsWhatItUsesThroughUpdates(t *testing.T) {
	s := newScene(PickFirst()).list("a", "b")
	s.step()
	s.set("a", Ready).step()
	s.list("b", "a", "c").expect(t, "READY [a] use a")
	s.list("b", "c").expect(t, "CONNECTING [b] queue 250ms")
}

func TestPickFirstWithoutEndpoints(t *testing.T) {
	s := newScene(PickFirst())
	s.expect(t, "TRANSIENT_FAILURE [] fail (the resolver knows no endpoints)")
	s.list("a").expect(t, "CONNECTING [a] queue")
	s.set("a", Ready).step()
	s.list().expect(t, "TRANSIENT_FAILURE [] fail (the resolver knows no endpoints)")
	s.list("b").expect(t, "CONNECTING [b] queue")
}

func TestPickFirstStartsOverWithANewList(t *testing.T) {
	s := newScene(PickFirst()).list("a", "b")
	s.expect(t, "CONNECTING [a] queue 250ms")
	s.pass(250*ms).expect(t, "CONNECTING [a b] queue")
	s.list("c", "b").expect(t, "CONNECTING [c] queue 250ms")
	s.set("c", Ready).expect(t, "READY [c] use c")
}

// Planners of one policy share nothing.
func TestPickFirstPlannersAreSeparate(t *testing.T) {
	p := PickFirst()
	s, other := newScene(p).list("a"), newScene(p).list("x", "y")
	s.step()
	other.step()
	s.set("a", Ready).expect(t, "READY [a] use a")
	other.expect(t, "CONNECTING [x] queue 250ms")
}
