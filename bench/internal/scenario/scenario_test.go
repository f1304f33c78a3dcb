package scenario

import (
	"context"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// results has one sample a round of each subject.
func results(scenario, metric string, samples map[string][]float64) *Results {
	r := &Results{Rounds: 5}
	for subject, values := range samples {
		r.Stacks = append(r.Stacks, Stack{Name: subject})
		for round, value := range values {
			if !math.IsNaN(value) {
				r.Samples = append(r.Samples, Sample{scenario, subject, metric, round, value})
			}
		}
	}
	return r
}

func TestBarJudge(t *testing.T) {
	less := Bar{What: "cost", Scenario: "s", Metric: "m", Against: []string{GRPCGo}, Must: 0.5, Aim: 0.3}
	more := Bar{What: "yield", Scenario: "s", Metric: "m", Against: []string{GRPCGo}, Must: 1.5, AtLeast: true}
	best := Bar{What: "cost", Scenario: "s", Metric: "m", Against: []string{"tonic", Cpp}, Must: 0.6}
	aim := Bar{What: "yield", Scenario: "s", Metric: "m", Against: []string{Cpp}, Aim: 1, AtLeast: true}
	none := math.NaN()
	for _, tt := range []struct {
		name    string
		bar     Bar
		samples map[string][]float64
		ratio   float64
		result  string
	}{
		{"holds", less, map[string][]float64{Curlew: {4, 4, 4}, GRPCGo: {10, 10, 10}}, 0.4, "ok"},
		{"is just reached", less, map[string][]float64{Curlew: {5}, GRPCGo: {10}}, 0.5, "ok"},
		{"does not hold", less, map[string][]float64{Curlew: {6}, GRPCGo: {10}}, 0.6, "FAIL"},
		{"a slow round is one round", less, map[string][]float64{Curlew: {4, 40, 4}, GRPCGo: {10, 100, 10}}, 0.4, "ok"},
		{"a sample is missing", less, map[string][]float64{Curlew: {9, 4}, GRPCGo: {none, 10}}, 0.4, "ok"},
		{"more is better", more, map[string][]float64{Curlew: {16}, GRPCGo: {10}}, 1.6, "ok"},
		{"more is better, and missing", more, map[string][]float64{Curlew: {14}, GRPCGo: {10}}, 1.4, "FAIL"},
		{"the best of each round", best, map[string][]float64{Curlew: {3, 3}, "tonic": {10, 4}, Cpp: {5, 20}}, 0.675, "FAIL"},
		{"an aim alone", aim, map[string][]float64{Curlew: {1}, Cpp: {2}}, 0.5, "below the aim"},
		{"ours is missing", less, map[string][]float64{GRPCGo: {10}}, none, "not measured"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := tt.bar.Judge(results("s", "m", tt.samples))
			if math.Abs(v.Ratio.Median-tt.ratio) > 1e-9 || v.Result() != tt.result {
				t.Errorf("ratio %v, %q, want %v, %q: %s", v.Ratio.Median, v.Result(), tt.ratio, tt.result, v)
			}
			if fails := tt.result == "FAIL" || tt.result == "not measured"; v.OK() == fails {
				t.Errorf("OK = %v with the result %q", v.OK(), v.Result())
			}
		})
	}
}

func TestSpreadOfManyRounds(t *testing.T) {
	bar := Bar{Scenario: "s", Metric: "m", Against: []string{GRPCGo}, Must: 1.03}
	ours := make([]float64, 25)
	theirs := slices.Repeat([]float64{100}, 25)
	for i := range ours {
		ours[i] = float64(90 + i)
	}
	for n, want := range map[int]string{19: "0.90..1.08", 25: "0.90..1.14; median in 0.970..1.070, 95 %"} {
		v := bar.Judge(results("s", "m", map[string][]float64{Curlew: ours[:n], GRPCGo: theirs[:n]}))
		if got := v.Spread(); got != want || !strings.Contains(v.String(), want) {
			t.Errorf("spread of %d rounds %q, in %q, want %q", n, got, v, want)
		}
	}
}

func TestBarsAreOfScenariosThatExist(t *testing.T) {
	quick := Chosen(true, nil)
	for _, bar := range Bars() {
		if !slices.ContainsFunc(quick, func(s Scenario) bool { return s.Name == bar.Scenario }) {
			t.Errorf("bar %q: no quick scenario %q", bar.What, bar.Scenario)
		}
		if !slices.Contains(Metrics(), bar.Metric) {
			t.Errorf("bar %q: no metric %q", bar.What, bar.Metric)
		}
		for _, name := range bar.Against {
			if !slices.Contains(Known(), name) {
				t.Errorf("bar %q: no stack %q", bar.What, name)
			}
		}
	}
}

func TestScenarioNamesDiffer(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range All() {
		if seen[s.Name] || s.Title == "" || s.How == "" {
			t.Errorf("scenario %q: its name is taken, or its title or command is missing", s.Name)
		}
		seen[s.Name] = true
	}
	if got := Chosen(false, regexp.MustCompile("^list$")); len(got) != 1 || got[0].Name != List {
		t.Errorf("^list$ chooses %d scenarios, want one", len(got))
	}
}

func TestTried(t *testing.T) {
	bar := Bar{Scenario: "s", Metric: "m", Against: []string{GRPCGo}}
	failed := results("s", "m", map[string][]float64{Curlew: {}, GRPCGo: {}})
	failed.Failures = []Failure{{Scenario: "s", Subject: Curlew, Error: "no answer"}}
	for _, tt := range []struct {
		name string
		r    *Results
		want bool
	}{
		{"measured", results("s", "m", map[string][]float64{Curlew: {1}, GRPCGo: {1}}), true},
		{"failed", failed, true},
		{"another scenario", results("x", "m", map[string][]float64{Curlew: {1}, GRPCGo: {1}}), false},
		{"the other is not there", results("s", "m", map[string][]float64{Curlew: {1}}), false},
	} {
		if got := tt.r.Tried(bar); got != tt.want {
			t.Errorf("%s: Tried = %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestFind(t *testing.T) {
	bin := t.TempDir()
	for _, program := range []string{"curlew-server", "curlew-client", "grpcgo-server", "cpp-server", "cpp-client"} {
		if err := os.WriteFile(filepath.Join(bin, program), nil, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	names := func(stacks []Stack) string {
		var names []string
		for _, s := range stacks {
			names = append(names, s.Name)
		}
		return strings.Join(names, " ")
	}
	found, skipped := Find(bin, []string{"curlew", "grpcgo", "floor", "cpp", "typo"}, false)
	if got, want := names(found), "curlew grpcgo cpp"; got != want {
		t.Errorf("found %q, want %q", got, want)
	}
	if got := strings.Join(skipped, "\n"); len(skipped) != 3 || !strings.Contains(got, "typo") || !strings.Contains(got, "floor") ||
		!strings.Contains(got, "grpcgo: one of its two") {
		t.Errorf("skipped %q, want typo, floor and half of grpcgo", skipped)
	}
	found, _ = Find(bin, nil, true)
	if got := strings.TrimSuffix(names(found), " nghttpd"); got != "curlew grpcgo" {
		t.Errorf("a quick run found %q, want curlew and grpcgo of what is built", got)
	}
}

// recorder is a sampler that writes down when it was asked.
type recorder struct {
	name   string
	log    *[]string
	closed *int
	fail   int // the round that fails
}

func (r recorder) sample(_ context.Context, round int) (metrics, error) {
	*r.log = append(*r.log, r.name)
	if round == r.fail {
		return nil, errors.New("a call failed")
	}
	return metrics{"m": 1}, nil
}

func (r recorder) close() { *r.closed++ }

func TestRunTakesTurns(t *testing.T) {
	var log []string
	closed := 0
	e := &Env{Log: io.Discard, Results: &Results{Rounds: 3, Stacks: []Stack{{Name: "a"}, {Name: "b"}, {Name: "broken"}, {Name: "c"}, {Name: "other"}}}}
	s := Scenario{
		Name: "s",
		fits: func(s Stack) bool { return s.Name != "other" },
		prepare: func(_ context.Context, _ *Env, subject Subject) (sampler, error) {
			if subject.Name == "broken" {
				return nil, errors.New("does not start")
			}
			fail := -1
			if subject.Name == "b" {
				fail = 1
			}
			return recorder{subject.Name, &log, &closed, fail}, nil
		},
	}
	if err := e.Run(context.Background(), s); err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(log, " "), "a b c b c a c a b"; got != want {
		t.Errorf("order %q, want %q", got, want)
	}
	if closed != 3 {
		t.Errorf("%d samplers closed, want 3", closed)
	}
	if got := e.Results.Of("s", "b", "m").Values(); len(got) != 2 {
		t.Errorf("b has %d samples, want 2 of 3", len(got))
	}
	want := []Failure{{"s", "broken", -1, "does not start"}, {"s", "b", 1, "a call failed"}}
	if !slices.Equal(e.Results.Failures, want) {
		t.Errorf("failures %v, want %v", e.Results.Failures, want)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	var log []string
	closed := 0
	ctx, cancel := context.WithCancel(context.Background())
	e := &Env{Log: io.Discard, Results: &Results{Rounds: 3, Stacks: []Stack{{Name: "a"}}}}
	s := Scenario{Name: "s", fits: func(Stack) bool { return true }, prepare: func(context.Context, *Env, Subject) (sampler, error) {
		cancel()
		return recorder{"a", &log, &closed, -1}, nil
	}}
	if err := e.Run(ctx, s); !errors.Is(err, context.Canceled) || len(log) > 0 {
		t.Errorf("error %v after %d samples, want that of the context, and none", err, len(log))
	}
	if closed != 1 {
		t.Errorf("%d samplers closed, want the one that was ready", closed)
	}
}

func TestResultsSurviveTheirFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results.json")
	written := results("s", "m", map[string][]float64{Curlew: {1, 2}})
	written.Failures = []Failure{{"s", "x", 1, "why"}}
	if err := written.Write(path); err != nil {
		t.Fatal(err)
	}
	read, err := Read(path)
	if err != nil || !slices.Equal(read.Samples, written.Samples) || !slices.Equal(read.Failures, written.Failures) {
		t.Errorf("read %+v, %v, want %+v", read, err, written)
	}
}

func TestRound(t *testing.T) {
	for value, want := range map[float64]string{
		0.794: "0.79", 9.99: "9.99", 12.34: "12.3", 123.4: "123", 1234.5: "1,235", 3105963: "3,105,963", -4321: "-4,321", math.NaN(): "-",
	} {
		if got := Round(value); got != want {
			t.Errorf("Round(%v) = %q, want %q", value, got, want)
		}
	}
	if got := Format(IdleConn, 5632); got != "5.50 KiB" {
		t.Errorf("Format of 5,632 bytes = %q, want 5.50 KiB", got)
	}
}
