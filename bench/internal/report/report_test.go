package report

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew/bench/internal/chart"
	"github.com/curlew-rpc/curlew/bench/internal/proc"
	"github.com/curlew-rpc/curlew/bench/internal/scenario"
)

// full has two rounds of all metrics of all charts, from all stacks.
func full() *scenario.Results {
	r := &scenario.Results{
		Date: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), Machine: proc.Machine{CPU: "a CPU", Cores: 2, Kernel: "6.1"},
		Rounds: 2, Window: 2 * time.Second, Commands: []string{"chat: run it"},
		Skipped:  []string{"kitex: its programs are not built"},
		Failures: []scenario.Failure{{Scenario: scenario.Chat, Subject: "tonic", Round: 1, Error: "a call failed\nand a long tale"}},
	}
	for i, name := range scenario.Known() {
		r.Stacks = append(r.Stacks, scenario.Stack{Name: name, Title: scenario.Title(name), Version: "1.2." + string(rune('0'+i%10))})
		for _, f := range figures() {
			for _, c := range f.columns {
				for round := range 2 {
					r.Samples = append(r.Samples, scenario.Sample{
						Scenario: c.scenario, Subject: name, Metric: c.metric, Round: round, Value: float64(1000 * (i + 1 + round)),
					})
				}
			}
		}
	}
	return r
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	if err := Write(dir, full()); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(dir, "RESULTS.md"))
	if err != nil {
		t.Fatal(err)
	}
	markdown := string(b)
	for _, want := range []string{
		"2026-11-23", "a CPU, 2 cores, Linux 6.1", "2 rounds, windows of 2s",
		"| grpc-go | 1.2.1 |",
		"| server, unary, 50 x 20, CPU a call | grpc-go | 0.58 | 0.50..0.67 | <= 0.25 | <= 0.18 | FAIL |",
		"| gRPC C++ | 8,500 (8,000..9,000) |",
		"- skipped: kitex: its programs are not built",
		"- chat, tonic (Rust), round 2: a call failed\n",
		"chat: run it",
	} {
		if !strings.Contains(markdown, want) {
			t.Errorf("RESULTS.md has no %q", want)
		}
	}
	images := regexp.MustCompile(`charts/[a-z0-9-]+\.svg`).FindAllString(markdown, -1)
	if want := 2 * len(figures()); len(images) != want {
		t.Errorf("RESULTS.md shows %d images, want %d", len(images), want)
	}
	for _, image := range images {
		wellFormed(t, filepath.Join(dir, image))
	}
}

func wellFormed(t *testing.T, path string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Error(err)
		return
	}
	defer f.Close()
	for d := xml.NewDecoder(f); err == nil; {
		_, err = d.Token()
	}
	if !errors.Is(err, io.EOF) {
		t.Errorf("%s: %v", path, err)
	}
}

func TestWriteOfNothing(t *testing.T) {
	dir := t.TempDir()
	if err := Write(dir, &scenario.Results{}); err != nil {
		t.Fatal(err)
	}
	charts, err := os.ReadDir(filepath.Join(dir, "charts"))
	if err != nil || len(charts) > 0 {
		t.Errorf("%d charts of nothing, %v", len(charts), err)
	}
}

func TestChartsAreOfScenariosThatExist(t *testing.T) {
	exists := func(name string) bool {
		return slices.ContainsFunc(scenario.All(), func(s scenario.Scenario) bool { return s.Name == name })
	}
	files := map[string]bool{}
	for _, f := range figures() {
		for _, c := range f.columns {
			if !exists(c.scenario) || files[f.file] {
				t.Errorf("%s: no scenario %q, or a name that is taken", f.file, c.scenario)
			}
		}
		files[f.file] = true
	}
	for _, c := range curves() {
		if !exists(c.scenario) || files[c.file] {
			t.Errorf("%s: no scenario %q, or a name that is taken", c.file, c.scenario)
		}
		files[c.file] = true
	}
}

func TestCurveHasALineForEachStack(t *testing.T) {
	r := &scenario.Results{}
	for _, subject := range []string{"curlew @1", "curlew @10", "grpcgo @1", "grpcgo @10", "grpcgo @100"} {
		for round := range 3 {
			r.Samples = append(r.Samples, scenario.Sample{
				Scenario: scenario.CurveStreams, Subject: subject, Metric: scenario.ServerCPU, Round: round, Value: float64(len(subject) + round),
			})
		}
	}
	for _, c := range curves() {
		lines := c.lines(r).Lines
		if c.scenario != scenario.CurveStreams {
			if len(lines) > 0 {
				t.Errorf("%s has %d lines of no samples", c.file, len(lines))
			}
			continue
		}
		want := []chart.Line{
			{Label: "Curlew", Role: chart.Accent, Points: []chart.Point{{X: 1, Value: 10, Low: 9, High: 11}, {X: 10, Value: 11, Low: 10, High: 12}}},
			{Label: "grpc-go", Points: []chart.Point{
				{X: 1, Value: 10, Low: 9, High: 11}, {X: 10, Value: 11, Low: 10, High: 12}, {X: 100, Value: 12, Low: 11, High: 13},
			}},
		}
		if !reflect.DeepEqual(lines, want) {
			t.Errorf("lines are %+v, want %+v", lines, want)
		}
	}
}

func TestUnits(t *testing.T) {
	for value, want := range map[float64]string{16: "16 B", 4096: "4 KiB", 1 << 20: "1 MiB", 64<<20 - 16: "64 MiB"} {
		if got := bytes(value); got != want {
			t.Errorf("bytes(%v) = %q, want %q", value, got, want)
		}
	}
}

func TestFigureOrder(t *testing.T) {
	r := full()
	for _, f := range figures() {
		if f.file == "interceptors" {
			continue
		}
		rows := f.bars(r).Rows
		first, last := rows[0].Bars[0].Value, rows[len(rows)-1].Bars[0].Value
		if f.more != (first > last) {
			t.Errorf("%s: the first row has %v, the last %v; the best is to be first", f.file, first, last)
		}
	}
}

func TestText(t *testing.T) {
	text := Text(full())
	if !regexp.MustCompile(`chat +server CPU +curlew +1,500 µs +\(1,000 µs\.\.2,000 µs\)`).MatchString(text) {
		t.Errorf("the text has no line of Curlew's chat:\n%s", text)
	}
}
