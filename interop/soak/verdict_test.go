package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew"
)

// series returns samples whose goroutines and calls are as two functions say.
func series(n int, goroutines, calls func(i int) int) (all []sample) {
	for i := range n {
		all = append(all, sample{Goroutines: goroutines(i), Calls: map[string]int64{"unary": int64(calls(i))}})
	}
	return all
}

func TestFlat(t *testing.T) {
	linear := func(i int) int { return i }
	for _, test := range []struct {
		name       string
		goroutines func(i int) int
		ok         bool
	}{
		{"constant", func(int) int { return 100 }, true},
		{"rises at first", func(i int) int { return min(20*i, 500) }, true},
		{"falls", func(i int) int { return 1000 - i }, true},
		{"one peak", func(i int) int { return 10 + i/119*100_000 }, true},
		{"within the margins", func(i int) int { return 100 + i/2 }, true},
		{"a leak", func(i int) int { return 100 + 3*i }, false},
	} {
		p := &process{name: test.name, under: series(120, test.goroutines, linear)}
		var v verdict
		v.flat(p, "goroutines", func(s *sample) float64 { return float64(s.Goroutines) }, moreGoroutines)
		if want := (verdict{passed: 1}); test.ok && v != want {
			t.Errorf("%s: %+v, want %+v", test.name, v, want)
		}
		if want := (verdict{failed: 1}); !test.ok && v != want {
			t.Errorf("%s: %+v, want %+v", test.name, v, want)
		}
	}
}

func TestWent(t *testing.T) {
	for _, test := range []struct {
		name  string
		calls func(i int) int
		want  bool
	}{
		{"always", func(i int) int { return 10 * i }, true},
		{"never", func(int) int { return 0 }, false},
		{"a pause", func(i int) int { return max(i-standstill/2, min(i, 50)) }, true},
		{"stuck", func(i int) int { return min(i, 50) }, false},
	} {
		if got := went(series(120, test.calls, test.calls)); got != test.want {
			t.Errorf("%s: %t, want %t", test.name, got, test.want)
		}
	}
}

func TestJudge(t *testing.T) {
	canceled, late, wrong := curlew.Canceled, curlew.DeadlineExceeded, fmt.Errorf("%w: too short", errWrong)
	for _, test := range []struct {
		name string
		plan plan
		err  error
		ok   bool
	}{
		{"success", plan{}, nil, true},
		{"failure", plan{}, curlew.Unavailable, false},
		{"cancelled by nobody", plan{}, canceled, false},
		{"cancelled", plan{cancel: 1}, canceled, true},
		{"cancelled too late", plan{cancel: 1}, nil, true},
		{"cancelled, and another error", plan{cancel: 1}, late, false},
		{"too late", plan{deadline: 1}, late, true},
		{"in time", plan{deadline: 1}, nil, true},
		{"asked to fail", plan{fail: curlew.NotFound}, curlew.NotFound, true},
		{"asked to fail and does not", plan{fail: curlew.NotFound}, nil, false},
		{"another response", plan{}, wrong, false},
		{"another response to a call that may fail", plan{fail: curlew.Unknown}, wrong, false},
	} {
		if err := test.plan.judge(test.err); (err == nil) != test.ok {
			t.Errorf("%s: %v", test.name, err)
		} else if err != nil && test.err != nil && !errors.Is(err, test.err) {
			t.Errorf("%s: %v does not say why", test.name, err)
		}
	}
}

// All that plans may be comes up.
func TestPlans(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	seen := map[string]int{}
	for range 20_000 {
		p := newPlan(random)
		if p.size < 0 || p.size > maxSize || p.messages < 1 || p.cancel < 0 || p.cancel > time.Second || p.deadline > time.Second || p.fail > 16 {
			t.Fatalf("%+v", p)
		}
		seen[p.kind.name]++
		for what, is := range map[string]bool{
			"empty": p.size == 0, "1 MiB": p.size == maxSize, "large": p.size > 100<<10,
			"cancelled": p.cancel > 0, "deadline": p.deadline > 0, "failing": p.fail != 0, "left": p.leave,
		} {
			if is {
				seen[what]++
			}
		}
	}
	if len(seen) != len(kinds)+7 {
		t.Errorf("in 20000 plans: %v", seen)
	}
}
