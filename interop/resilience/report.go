package main

import (
	"fmt"
	"os"

	"github.com/curlew-rpc/curlew/interop/resilience/internal/stack"
)

// A report is the table of all runs.
type report struct{ rows []row }

type row struct {
	scenario *scenario
	stack    stack.Stack
	verdict  verdict
}

// add adds a run to the table, and shows it at once: all of them take long.
func (rep *report) add(s *scenario, st stack.Stack, v verdict) {
	r := row{s, st, v}
	rep.rows = append(rep.rows, r)
	fmt.Printf("%-4s %s: %s\n", s.name, s.title, r.line())
	notes := v.notes
	if ours(st) {
		notes = append(notes, v.broken...)
	}
	for _, n := range notes {
		fmt.Printf("     %s\n", n)
	}
}

// line says how the run ended.
func (r *row) line() string {
	v := &r.verdict
	text := v.figure
	switch {
	case v.missing:
		text = v.err.Error()
	case v.err != nil:
		text = "error: " + v.err.Error()
	}
	return fmt.Sprintf("%-4s %-10s %s", r.word(), r.stack.Name(), text)
}

// word is the verdict in a word: none for other stacks, which are held to no bars.
func (r *row) word() string {
	switch {
	case !ours(r.stack):
		return ""
	case r.passed():
		return "ok"
	}
	return "FAIL"
}

func (r *row) passed() bool { return r.verdict.err == nil && len(r.verdict.broken) == 0 }

// failed reports whether the run counts as a failure: a bar that Curlew did not meet,
// or, with any stack, a run that did not come to its end.
func (r *row) failed() bool {
	if ours(r.stack) {
		return !r.passed()
	}
	return r.verdict.err != nil && !r.verdict.missing
}

// print prints the table, and returns how many runs have failed.
func (rep *report) print() (failed int) {
	fmt.Println()
	passed := 0
	var last *scenario
	for i := range rep.rows {
		r := &rep.rows[i]
		if r.scenario != last {
			last = r.scenario
			fmt.Printf("%-4s %s\n       bar: %s\n", last.name, last.title, last.bar)
		}
		fmt.Printf("  %s\n", r.line())
		switch {
		case r.failed():
			failed++
		case ours(r.stack):
			passed++
		}
	}
	if len(rep.rows) == 0 {
		fmt.Fprintln(os.Stderr, "no test has such a name")
		failed = 1
	}
	fmt.Printf("%d passed, %d failed\n", passed, failed)
	return failed
}
