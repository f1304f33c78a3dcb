package scenario

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"time"
)

// sampleLimit is how long one sample may take beyond its window.
const sampleLimit = 2 * time.Minute

// Chosen returns the scenarios of a run: those that a quick run needs or all, of
// which the name matches.
func Chosen(quick bool, only *regexp.Regexp) []Scenario {
	return slices.DeleteFunc(All(), func(s Scenario) bool {
		return quick && !s.quick || only != nil && !only.MatchString(s.Name)
	})
}

// subjects returns who takes part in a scenario.
func (s Scenario) subjects(stacks []Stack) []Subject {
	var subjects []Subject
	for _, stack := range stacks {
		if len(s.only) > 0 && !slices.Contains(s.only, stack.Name) || !s.fits(stack) {
			continue
		}
		if s.vary != nil {
			subjects = append(subjects, s.vary(stack)...)
		} else {
			subjects = append(subjects, Subject{Stack: stack, Name: stack.Name})
		}
	}
	return subjects
}

// needed leaves, in a quick run, the subjects that a bar is about.
func needed(scenario string, subjects []Subject) []Subject {
	return slices.DeleteFunc(subjects, func(s Subject) bool {
		for _, bar := range Bars() {
			if bar.Scenario == scenario && (s.Name == Curlew || s.Name == bar.Subject || slices.Contains(bar.Against, s.Name)) {
				return false
			}
		}
		return true
	})
}

// entrant is a subject that is ready to be sampled.
type entrant struct {
	Subject
	sampler
}

// Run takes all samples of a scenario: each round one of each subject, and each
// round begins with another subject.
func (e *Env) Run(ctx context.Context, s Scenario) error {
	subjects := s.subjects(e.Results.Stacks)
	if e.Results.Quick {
		subjects = needed(s.Name, subjects)
	}
	if len(subjects) == 0 {
		e.Results.Skipped = append(e.Results.Skipped, s.Name+": none of the stacks that are there can be measured at it")
		return nil
	}
	fmt.Fprintf(e.Log, "%s  %s: %s\n", time.Now().UTC().Format(time.TimeOnly), s.Name, s.Title)
	e.Results.Commands = append(e.Results.Commands, s.Name+": "+s.How)
	var entrants []entrant
	defer func() {
		for _, entrant := range entrants {
			entrant.close()
		}
	}()
	for _, subject := range subjects {
		limited, cancel := context.WithTimeout(ctx, sampleLimit)
		sampler, err := s.prepare(limited, e, subject)
		cancel()
		if err == nil {
			entrants = append(entrants, entrant{subject, sampler})
		}
		if ended := ctx.Err(); ended != nil {
			return ended
		}
		if err != nil {
			e.fail(s, subject, -1, err)
		}
	}
	return e.rounds(ctx, s, entrants)
}

func (e *Env) rounds(ctx context.Context, s Scenario, entrants []entrant) error {
	rounds := max(e.Results.Rounds, s.atLeast)
	if s.rounds > 0 {
		rounds = min(rounds, s.rounds)
		if e.Results.Quick {
			rounds = min(rounds, 2)
		}
	}
	for round := range rounds {
		for i := range entrants {
			entrant := entrants[(i+round)%len(entrants)]
			limited, cancel := context.WithTimeout(ctx, sampleLimit+e.Window())
			values, err := entrant.sample(limited, round)
			cancel()
			if err := ctx.Err(); err != nil {
				return err
			}
			if err != nil {
				e.fail(s, entrant.Subject, round, err)
				continue
			}
			for name, value := range values {
				e.Results.Samples = append(e.Results.Samples, Sample{s.Name, entrant.Name, name, round, value})
			}
		}
	}
	return nil
}

func (e *Env) fail(s Scenario, subject Subject, round int, err error) {
	e.Results.Failures = append(e.Results.Failures, Failure{s.Name, subject.Name, round, err.Error()})
	if round < 0 {
		fmt.Fprintf(e.Log, "     FAIL %s cannot be measured: %v\n", subject.Name, err)
		return
	}
	fmt.Fprintf(e.Log, "     FAIL %s, round %d: %v\n", subject.Name, round+1, err)
}
