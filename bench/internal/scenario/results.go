package scenario

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/curlew-rpc/curlew/bench/internal/proc"
	"github.com/curlew-rpc/curlew/bench/internal/stats"
)

// Results are all samples of one run, as results.json keeps them.
type Results struct {
	Date     time.Time
	Machine  proc.Machine
	Quick    bool
	Rounds   int
	Window   time.Duration
	Stacks   []Stack
	Skipped  []string  // what was not measured at all, and why
	Failures []Failure // samples that are missing
	Commands []string  // how each scenario ran its programs, once
	Samples  []Sample
}

// Sample is one value of one round.
type Sample struct {
	Scenario string
	Subject  string // a stack, or a variation of one
	Metric   string
	Round    int
	Value    float64
}

// Failure is a sample that could not be taken.
type Failure struct {
	Scenario string
	Subject  string
	Round    int
	Error    string
}

// Of returns the samples of one metric by their rounds.
func (r *Results) Of(scenario, subject, metric string) stats.Rounds {
	rounds := stats.Rounds{}
	for _, s := range r.Samples {
		if s.Scenario == scenario && s.Subject == subject && s.Metric == metric {
			rounds[s.Round] = s.Value
		}
	}
	return rounds
}

// Subjects returns who has samples of a metric, in the order of the first.
func (r *Results) Subjects(scenario, metric string) []string {
	var subjects []string
	for _, s := range r.Samples {
		if s.Scenario == scenario && s.Metric == metric && !slices.Contains(subjects, s.Subject) {
			subjects = append(subjects, s.Subject)
		}
	}
	return subjects
}

// Read reads results from a file.
func Read(path string) (*Results, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r := new(Results)
	if err := json.Unmarshal(b, r); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

// Write writes results to a file.
func (r *Results) Write(path string) error {
	b, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(b, '\n'), 0o666)
}

// Tried tells whether a run was to measure what a bar compares.
func (r *Results) Tried(b Bar) bool {
	ran := slices.ContainsFunc(r.Samples, func(s Sample) bool { return s.Scenario == b.Scenario }) ||
		slices.ContainsFunc(r.Failures, func(f Failure) bool { return f.Scenario == b.Scenario })
	return ran && slices.ContainsFunc(r.Stacks, func(s Stack) bool { return s.Name == Curlew }) &&
		slices.ContainsFunc(r.Stacks, func(s Stack) bool { return slices.Contains(b.Against, s.Name) })
}
