package balance

import (
	"fmt"
	"math"
	"testing"
)

// fixedOrder is the order in which all endpoints are tried.
func fixedOrder(s *scene) string {
	for range len(s.views) {
		s.step()
		s.pass(AttemptDelay)
	}
	var names []string
	for _, r := range s.plan.Connect {
		names = append(names, s.name(r))
	}
	return fmt.Sprint(names)
}

// A list has one order, through passes and reconnections; another one has another.
func TestShuffledPickFirstKeepsItsOrder(t *testing.T) {
	s := newScene(ShuffledPickFirst()).list("a", "b", "c", "d", "e")
	order := fixedOrder(s)
	for range 5 {
		s.waiting = 0
		first := s.name(s.plan.Connect[0])
		s.set(first, Ready).expect(t, fmt.Sprintf("READY [%s] use %s", first, first))
		s.set(first, Idle).expect(t, "IDLE [] queue")
		s.waiting = 1
		if again := fixedOrder(s); again != order {
			t.Fatalf("the same list was tried as %v and then as %v", order, again)
		}
	}
	orders := map[string]bool{order: true}
	for i := range 10 {
		s.list("a", "b", "c", "d", "e", fmt.Sprint(i))
		s.list("a", "b", "c", "d", "e")
		s.step()
		s.list("a", "b", "c", "d", "e", fmt.Sprint(i)).step()
		s.list("a", "b", "c", "d", "e")
		orders[fixedOrder(s)] = true
	}
	if len(orders) < 5 {
		t.Errorf("eleven lists had only the orders %v", orders)
	}
}

func TestPickFirstKeepsTheResolversOrder(t *testing.T) {
	s := newScene(PickFirst()).list("a", "b", "c", "d", "e")
	if got := fixedOrder(s); got != "[a b c d e]" {
		t.Errorf("tried in the order %s", got)
	}
}

func TestShuffledPickFirstByWeight(t *testing.T) {
	first := make(map[string]float64)
	const clients = 4000
	for seed := range uint64(clients) {
		s := newScene(ShuffledPickFirst()).list("a", "b", "c")
		s.seed = seed * 7919
		for i, w := range []float64{5, 3, 2} {
			s.views[i].Weight = w
		}
		s.step()
		first[s.name(s.plan.Connect[0])] += 1. / clients
	}
	for id, want := range map[string]float64{"a": 0.5, "b": 0.3, "c": 0.2} {
		if math.Abs(first[id]-want) > 0.03 {
			t.Errorf("%s comes first for %.3f of the clients, want %v", id, first[id], want)
		}
	}
}

func TestPickFirstIsUnwatched(t *testing.T) {
	for _, p := range []Policy{PickFirst(), ShuffledPickFirst()} {
		s := newScene(p)
		s.step()
		if !s.plan.Unwatched {
			t.Error("without endpoints the plan asks for health")
		}
		s.list("a").step()
		if !s.plan.Unwatched {
			t.Error("while connecting the plan asks for health")
		}
		s.set("a", Ready).step()
		if !s.plan.Unwatched {
			t.Error("when ready the plan asks for health")
		}
	}
	s := newScene(RoundRobin()).list("a")
	if s.step(); s.plan.Unwatched {
		t.Error("round robin does not ask for health")
	}
}
