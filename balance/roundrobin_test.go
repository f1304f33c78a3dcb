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
	s := newScene(RoundRobin()).list("a", "b", "c")
	for _, id := range []string{"a", "b", "c"} {
		s.set(id, Ready)
	}
	first := make(map[string]int)
	for range 30 {
		s.step() // makes one pick
		first[s.turns(1, &Call{})[0]]++
	}
	if len(first) != 3 {
		t.Errorf("first of 30 plans: %v", first)
	}
}

func TestRoundRobinAvoidsWhatWasTried(t *testing.T) {
	s := newScene(RoundRobin()).list("a", "b", "c")
	for _, id := range []string{"a", "b", "c"} {
		s.set(id, Ready)
	}
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

func TestPickersDoNotAllocate(t *testing.T) {
	for name, p := range map[string]Policy{"round robin": RoundRobin(), "pick first": PickFirst()} {
		s := newScene(p).list("a", "b")
		s.step()
		s.set("a", Ready).step()
		call := &Call{Tried: []Ref{s.views[1].Ref}}
		if n := testing.AllocsPerRun(100, func() { s.plan.Picker.Pick(call) }); n != 0 {
			t.Errorf("%s: %v allocations a pick", name, n)
		}
	}
}

func BenchmarkRoundRobinPick(b *testing.B) {
	s := newScene(RoundRobin()).list("a", "b", "c")
	for _, id := range []string{"a", "b", "c"} {
		s.set(id, Ready)
	}
	s.step()
	call := &Call{}
	b.ReportAllocs()
	for b.Loop() {
		s.plan.Picker.Pick(call)
	}
}
