package load

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/curlew-rpc/curlew"
)

// A Result is what became of many calls.
type Result struct {
	Outcomes []Outcome
	Errors   []error // the first of them
}

// Issued returns how many calls were made.
func (r *Result) Issued() int { return len(r.Outcomes) }

// Lost returns how many calls were made and did not succeed.
func (r *Result) Lost() (n int) {
	for i := range r.Outcomes {
		if r.Outcomes[i].Code != curlew.OK {
			n++
		}
	}
	return n
}

// Select returns a result of some of the outcomes.
func (r *Result) Select(which func(*Outcome) bool) *Result {
	some := new(Result)
	for i := range r.Outcomes {
		if which(&r.Outcomes[i]) {
			some.Outcomes = append(some.Outcomes, r.Outcomes[i])
		}
	}
	return some
}

// Between returns the calls that began from one moment on and before another.
func (r *Result) Between(from, to time.Time) *Result {
	return r.Select(func(o *Outcome) bool { return !o.Begun.Before(from) && o.Begun.Before(to) })
}

// Good returns the calls that succeeded.
func (r *Result) Good() *Result {
	return r.Select(func(o *Outcome) bool { return o.Code == curlew.OK })
}

// Codes says in words how many calls ended with which code.
func (r *Result) Codes() string {
	n := map[curlew.Code]int{}
	for i := range r.Outcomes {
		n[r.Outcomes[i].Code]++
	}
	var words []string
	for _, c := range slices.Sorted(maps.Keys(n)) {
		words = append(words, fmt.Sprintf("%v %d", c, n[c]))
	}
	return strings.Join(words, ", ")
}

// Kinds says which errors there were, of equal texts the number, at most so many.
// Numbers in the texts do not count.
func (r *Result) Kinds(most int) []string {
	n := map[string]int{}
	for _, err := range r.Errors {
		n[err.Error()]++
	}
	texts := slices.SortedFunc(maps.Keys(n), func(a, b string) int { return n[b] - n[a] })
	var kinds []string
	for _, t := range texts[:min(most, len(texts))] {
		kinds = append(kinds, fmt.Sprintf("%d times: %s", n[t], t))
	}
	return kinds
}

// Took returns the time within which the part q of the calls ended, 0.5 for instance
// half of them; 0 if there are none.
func (r *Result) Took(q float64) time.Duration {
	if len(r.Outcomes) == 0 {
		return 0
	}
	times := make([]time.Duration, len(r.Outcomes))
	for i := range r.Outcomes {
		times[i] = r.Outcomes[i].Took
	}
	slices.Sort(times)
	return times[min(int(q*float64(len(times))), len(times)-1)]
}

// Share returns the part of the calls that a server answered.
func (r *Result) Share(server uint32) float64 {
	if len(r.Outcomes) == 0 {
		return 0
	}
	n := 0
	for i := range r.Outcomes {
		if r.Outcomes[i].Server == server && r.Outcomes[i].Code == curlew.OK {
			n++
		}
	}
	return float64(n) / float64(len(r.Outcomes))
}
