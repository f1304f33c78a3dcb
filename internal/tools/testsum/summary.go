package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// An event is what test2json documents (go doc test2json), and the build events
// of `go help buildjson`.
type event struct {
	Action      string
	Package     string
	ImportPath  string // of build events
	Test        string
	Elapsed     float64
	Output      string
	FailedBuild string
}

// A summary counts tests and keeps the output of those that have not passed.
type summary struct {
	out                     io.Writer
	passed, failed, skipped int
	packages                map[string]*packageTests
	builds                  map[string]*strings.Builder // output by import path
	brokenPackages          int
}

type packageTests struct {
	output map[string]*strings.Builder // by test; "" is the package's own
	tests  int
	failed int
}

func newSummary(out io.Writer) *summary {
	return &summary{out: out, packages: map[string]*packageTests{}, builds: map[string]*strings.Builder{}}
}

// line takes in one line: an event, or what go prints as it is.
func (s *summary) line(line []byte) {
	var e event
	if json.Unmarshal(line, &e) != nil || e.Action == "" {
		s.out.Write(line)
		return
	}
	switch e.Action {
	case "build-output":
		appendOutput(s.builds, e.ImportPath, e.Output)
		return
	case "build-fail":
		return
	}
	p := s.packages[e.Package]
	if p == nil {
		p = &packageTests{output: map[string]*strings.Builder{}}
		s.packages[e.Package] = p
	}
	switch {
	case e.Action == "output":
		appendOutput(p.output, e.Test, e.Output)
	case e.Test == "":
		s.packageEnded(p, &e)
	default:
		s.testEnded(p, &e)
	}
}

func appendOutput(m map[string]*strings.Builder, key, text string) {
	b := m[key]
	if b == nil {
		b = new(strings.Builder)
		m[key] = b
	}
	b.WriteString(text)
}

func (s *summary) testEnded(p *packageTests, e *event) {
	switch e.Action {
	case "pass":
		s.passed++
	case "fail":
		s.failed++
		p.failed++
		return // its output is shown with the package
	case "skip":
		s.skipped++
	default:
		return
	}
	p.tests++
	delete(p.output, e.Test)
}

func (s *summary) packageEnded(p *packageTests, e *event) {
	switch e.Action {
	case "pass":
		if p.tests == 0 {
			break // go test -coverpkg says pass of packages without tests
		}
		fmt.Fprintf(s.out, "ok    %s  %.1fs, %d tests\n", e.Package, e.Elapsed, p.tests)
	case "skip": // no test files
	case "fail":
		if p.failed == 0 {
			s.brokenPackages++ // it did not build, or ended outside of a test
		}
		fmt.Fprintf(s.out, "FAIL  %s  %.1fs\n", e.Package, e.Elapsed)
		if b := s.builds[e.FailedBuild]; b != nil {
			fmt.Fprint(s.out, b)
		}
		for _, test := range slices.Sorted(maps.Keys(p.output)) {
			fmt.Fprint(s.out, p.output[test])
		}
	default:
		return
	}
	delete(s.packages, e.Package)
}

// close prints the count, and reports whether all is well.
func (s *summary) close() bool {
	for name := range s.packages {
		s.brokenPackages++
		fmt.Fprintf(s.out, "FAIL  %s: go test ended before it did\n", name)
	}
	failed := s.failed + s.brokenPackages
	fmt.Fprintf(s.out, "%d passed, %d failed", s.passed, failed)
	if s.skipped > 0 {
		fmt.Fprintf(s.out, ", %d skipped", s.skipped)
	}
	fmt.Fprintln(s.out)
	return failed == 0 && s.passed > 0
}
