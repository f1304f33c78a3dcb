package balance

import (
	"slices"
	"testing"
	"time"
)

// turns returns the endpoints of n picks.
func (s *scene) turns(n int, c *Call) []string {
	var names []string
	for range n {
		names = append(names, s.name(s.plan.Picker.Pick(c).Endpoint))
	}
	return names
}

func count(names []string) map[string]int {
	got := make(map[string]int)
	for _, n := range names {
		got[n]++
	}
	return got
}

// allReady has all endpoints connected.
func (s *scene) allReady() *scene {
	for i := range s.views {
		s.views[i].State, s.views[i].Since = Ready, s.now
	}
	return s
}

func TestRoundRobin(t *testing.T) {
	s := newScene(RoundRobin()).list("a", "b", "c")
	s.expect(t, "CONNECTING [a b c] queue")
	s.set("a", TransientFailure).expect(t, "CONNECTING [a b c] queue")
	s.set("b", Ready).expect(t, "READY [a b c] use b")
	s.set("c", Ready).step()
	turns := s.turns(4, &Call{})
	if turns[0] == turns[1] || !slices.Equal(turns[:2], turns[2:]) || slices.Contains(turns, "a") {
		t.Errorf("the turns are %v", turns)
	}
	s.set("b", Idle).expect(t, "READY [a b c] use c")
	s.pass(time.Second).set("b", TransientFailure).step()
	s.pass(time.Second).set("c", TransientFailure).expect(t, "TRANSIENT_FAILURE [a b c] fail (c fails)")
	s.set("a", Ready).expect(t, "READY [a b c] use a")
}

func TestRoundRobinWithoutEndpoints(t *testing.T) {
	newScene(RoundRobin()).expect(t, "TRANSIENT_FAILURE [] fail (the resolver knows no endpoints)")
}

func TestRoundRobinStartsAnywhere(t *testing.T) {
	first := make(map[string]int)
	for seed := range uint64(30) {
		s := newScene(RoundRobin()).list("a", "b", "c").allReady()
		s.seed = seed
		s.step() // makes one pick
		first[s.turns(1, &Call{})[0]]++
	}
	if len(first) != 3 {
		t.Errorf("first of 30 clients: %v", first)
	}
}

// New plans do not begin the turns anew.
func TestRoundRobinGoesOnThroughPlans(t *testing.T) {
	s := newScene(RoundRobin()).list("a", "b", "c").allReady()
	got := make(map[string]int)
	for range 30 {
		s.step()
		got[s.turns(1, &Call{})[0]]++
	}
	if got["a"] != 10 || got["b"] != 10 || got["c"] != 10 {
		t.Errorf("of 30 plans, each with two picks, the second went to %v", got)
	}
}

// Turns are by weight, and those of one endpoint do not come in a row.
func TestRoundRobinByWeight(t *testing.T) {
	s := newScene(RoundRobin()).list("a", "b", "c").allReady()
	for i, w := range []float64{3, 2, 1} {
		s.views[i].Weight = w
	}
	s.step()
	turns := s.turns(600, &Call{})
	if got := count(turns); got["a"] < 295 || got["a"] > 305 || got["b"] < 195 || got["b"] > 205 {
		t.Errorf("of 600 turns: %v", got)
	}
	for i := range len(turns) - 12 {
		got := count(turns[i : i+12])
		if got["a"] < 4 || got["a"] > 8 || got["b"] < 2 || got["b"] > 6 || got["c"] < 1 || got["c"] > 3 {
			t.Fatalf("twelve turns in a row are %v", turns[i:i+12])
		}
	}
	call := &Call{Tried: []Ref{s.views[0].Ref, s.views[1].Ref}}
	if got := count(s.turns(30, call)); got["c"] != 30 {
		t.Errorf("with the others tried the turns are %v", got)
	}
	call.Tried = append(call.Tried, s.views[2].Ref)
	if got := count(s.turns(60, call)); got["a"] < 25 {
		t.Errorf("with all tried the turns are %v", got)
	}
}

func TestRoundRobinAvoidsWhatWasTried(t *testing.T) {
	s := newScene(RoundRobin()).list("a", "b", "c").allReady()
	s.step()
	call := &Call{Attempt: 2, Tried: []Ref{s.views[0].Ref, s.views[2].Ref}}
	for _, got := range s.turns(10, call) {
		if got != "b" {
			t.Fatalf("picked %s, which was tried", got)
		}
	}
	call.Tried = append(call.Tried, s.views[1].Ref)
	if got := s.turns(30, call); !slices.Contains(got, "a") || !slices.Contains(got, "b") || !slices.Contains(got, "c") {
		t.Errorf("with all tried the turns are %v", got)
	}
}
