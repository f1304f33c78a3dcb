package balance

import (
	"fmt"
	"slices"
	"testing"
)

// seeing is a policy that notes what it sees.
type seeing struct{ saw *[]string }

func (s seeing) NewPlanner() Planner { return s }
func (s seeing) Plan(in Snapshot) Plan {
	*s.saw = nil
	for _, v := range in.Endpoints {
		*s.saw = append(*s.saw, v.Endpoint.ID)
	}
	return RoundRobin().NewPlanner().Plan(in)
}

func numbered(from, to int) []string {
	var ids []string
	for i := from; i < to; i++ {
		ids = append(ids, fmt.Sprintf("server-%d", i))
	}
	return ids
}

// missing returns how many of a are not in b.
func missing(a, b []string) int {
	n := 0
	for _, x := range a {
		if !slices.Contains(b, x) {
			n++
		}
	}
	return n
}

func TestSubset(t *testing.T) {
	for seed := range uint64(20) {
		var saw []string
		s := newScene(Subset(SubsetConfig{Size: 5, Seed: seed}, seeing{&saw}))
		s.list(numbered(0, 4)...).step()
		if len(saw) != 4 {
			t.Fatalf("of 4 endpoints it uses %v", saw)
		}
		all := numbered(0, 40)
		s.list(all...).step()
		before := saw
		if len(saw) != 5 || !slices.IsSortedFunc(saw, func(a, b string) int { return slices.Index(all, a) - slices.Index(all, b) }) {
			t.Fatalf("of 40 endpoints it uses %v", saw)
		}
		for _, changed := range [][]string{numbered(0, 41), numbered(1, 40), numbered(1, 41), slices.DeleteFunc(numbered(0, 40), func(id string) bool { return id == before[2] })} {
			s.list(changed...).step()
			if n := missing(before, saw); len(saw) != 5 || n > 1 {
				t.Errorf("seed %d: after one change it uses %v, before %v", seed, saw, before)
			}
			s.list(all...).step()
			if !slices.Equal(saw, before) {
				t.Errorf("seed %d: after the change was taken back it uses %v, before %v", seed, saw, before)
			}
		}
	}
}

// All endpoints have about as many clients, which choose by themselves.
func TestSubsetsSpread(t *testing.T) {
	clients := make(map[string]int)
	for seed := range uint64(400) {
		var saw []string
		s := newScene(Subset(SubsetConfig{Size: 5}, seeing{&saw})).list(numbered(0, 20)...)
		s.seed = seed
		s.step()
		for _, id := range saw {
			clients[id]++
		}
	}
	for _, id := range numbered(0, 20) {
		if n := clients[id]; n < 65 || n > 135 {
			t.Errorf("%s has %d clients, want about 100", id, n)
		}
	}
	var one, other []string
	newScene(Subset(SubsetConfig{Size: 0, Seed: 9}, seeing{&one})).list(numbered(0, 20)...).step()
	newScene(Subset(SubsetConfig{Size: 1, Seed: 9}, seeing{&other})).list(numbered(0, 20)...).step()
	if len(one) != 1 || !slices.Equal(one, other) {
		t.Errorf("clients with the same seed use %v and %v", one, other)
	}
}
