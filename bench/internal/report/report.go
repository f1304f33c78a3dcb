package report

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/curlew-rpc/curlew/bench/internal/scenario"
)

// Write writes RESULTS.md and the charts into the directory of the bench.
func Write(dir string, r *scenario.Results) error {
	if err := os.MkdirAll(filepath.Join(dir, "charts"), 0o777); err != nil {
		return err
	}
	var b strings.Builder
	intro(&b, r)
	bars(&b, r)
	if err := charts(&b, dir, r); err != nil {
		return err
	}
	tables(&b, r)
	missing(&b, r)
	commands(&b, r)
	return os.WriteFile(filepath.Join(dir, "RESULTS.md"), []byte(b.String()), 0o666)
}

func intro(b *strings.Builder, r *scenario.Results) {
	fmt.Fprintf(b, `# Results of the bench

Written by `+"`make bench`"+` on %s. One machine: %s, %d cores, Linux %s. %d rounds, windows of %v.
Each round measures every stack once, beginning with another one. Figures are medians, in parentheses the least
and the greatest sample; a ratio is taken within a round, and its median is what counts. The process under test has a core for itself
(`+"`taskset`, `GOMAXPROCS=1`"+`), what loads it the other. CPU is the time that the kernel accounts to the threads of the process, user and system.
Every stack runs at its documented defaults, with nothing tuned but the greatest size of a message.

`, r.Date.Format(time.DateOnly), r.Machine.CPU, r.Machine.Cores, r.Machine.Kernel, r.Rounds, r.Window)
	b.WriteString("| stack | version |\n|---|---|\n")
	for _, s := range r.Stacks {
		version := s.Version
		if version == "" {
			version = "-"
		}
		fmt.Fprintf(b, "| %s | %s |\n", s.Title, version)
	}
	b.WriteString(`
*floor* is no stack but a measure: a program in Go that parses frame headers only and answers with canned bytes. *net/http* answers
canned bytes too, *nghttpd* sends a file as long as the answer of the others. drpc has a wire of its own, so its own client loads its server.
*vanguard* turns REST into calls of connect-go's handlers, *grpc-gateway* calls what implements the service within its process, with no
gRPC server behind it. Both, like connect-go, are served by net/http. REST asks for another user each time, the other calls repeat.

`)
}

func bars(b *strings.Builder, r *scenario.Results) {
	b.WriteString("## Bars\n\nCurlew's figure divided by the other's.\n\n")
	b.WriteString("| what | against | ratio | spread | must | aim | |\n|---|---|---|---|---|---|---|\n")
	for _, bar := range scenario.Bars() {
		v := bar.Judge(r)
		if !v.Measured() {
			fmt.Fprintf(b, "| %s | %s | | | %s | %s | not measured |\n", v.What, v.Others(), v.Limit(v.Must), v.Limit(v.Aim))
			continue
		}
		result := v.Result()
		if v.Must != 0 && v.OK() && v.Aimed() {
			result = "ok, and the aim"
		}
		fmt.Fprintf(b, "| %s | %s | %.2f | %s | %s | %s | %s |\n", v.What, v.Others(), v.Ratio.Median, v.Spread(),
			v.Limit(v.Must), v.Limit(v.Aim), result)
	}
	b.WriteString("\n")
}

func charts(b *strings.Builder, dir string, r *scenario.Results) error {
	b.WriteString("## Charts\n\nThe whiskers are the least and the greatest sample.\n\n")
	for _, f := range figures() {
		c := f.bars(r)
		if len(c.Rows) == 0 {
			continue
		}
		if err := save(dir, f.file, c); err != nil {
			return err
		}
		fmt.Fprintf(b, "%s\n\n", picture(f.file, f.title))
	}
	heading := "## As work grows\n\nThe bands are the least and the greatest sample.\n\n"
	for _, c := range curves() {
		lines := c.lines(r)
		if len(lines.Lines) == 0 {
			continue
		}
		if err := save(dir, c.file, lines); err != nil {
			return err
		}
		fmt.Fprintf(b, "%s%s\n\n", heading, picture(c.file, c.title))
		heading = ""
	}
	return nil
}

// tables writes a table for each scenario: a row a subject, a column a metric.
func tables(b *strings.Builder, r *scenario.Results) {
	b.WriteString("## Tables\n\n")
	for _, s := range scenario.All() {
		names := metricNames(r, s.Name)
		if len(names) == 0 {
			continue
		}
		fmt.Fprintf(b, "### %s\n\n|", s.Title)
		for _, name := range names {
			_, unit := scenario.Scale(name, 1)
			if unit != "" {
				name += ", " + unit
			}
			fmt.Fprintf(b, " | %s", name)
		}
		b.WriteString(" |\n|---" + strings.Repeat("|---", len(names)) + "|\n")
		for _, subject := range subjects(r, s.Name) {
			fmt.Fprintf(b, "| %s", scenario.Title(subject))
			for _, name := range names {
				sum := summary(r, s.Name, subject, name)
				if sum.N == 0 {
					b.WriteString(" | ")
					continue
				}
				fmt.Fprintf(b, " | %s (%s..%s)", scenario.Round(sum.Median), scenario.Round(sum.Min), scenario.Round(sum.Max))
			}
			b.WriteString(" |\n")
		}
		b.WriteString("\n")
	}
}

// missing says what there are no figures of.
func missing(b *strings.Builder, r *scenario.Results) {
	if len(r.Skipped)+len(r.Failures) == 0 {
		return
	}
	b.WriteString("## What is missing\n\n")
	for _, s := range r.Skipped {
		fmt.Fprintf(b, "- skipped: %s\n", s)
	}
	for _, f := range r.Failures {
		when := fmt.Sprintf("round %d", f.Round+1)
		if f.Round < 0 {
			when = "all rounds"
		}
		first, _, _ := strings.Cut(f.Error, "\n")
		fmt.Fprintf(b, "- %s, %s, %s: %s\n", f.Scenario, scenario.Title(f.Subject), when, first)
	}
	b.WriteString("\n")
}

func commands(b *strings.Builder, r *scenario.Results) {
	b.WriteString("## Commands\n\n`make bench` runs them, in this order.\n\n```\n")
	for _, c := range r.Commands {
		fmt.Fprintln(b, c)
	}
	b.WriteString("```\n")
}
