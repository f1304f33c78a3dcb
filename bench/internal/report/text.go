// Package report tells what a run found: to a terminal, and as Markdown with
// charts.
package report

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/curlew-rpc/curlew/bench/internal/scenario"
	"github.com/curlew-rpc/curlew/bench/internal/stats"
)

// Text is a table of all samples, for a terminal.
func Text(r *scenario.Results) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, s := range scenario.All() {
		names := metricNames(r, s.Name)
		for _, metric := range names {
			for _, subject := range r.Subjects(s.Name, metric) {
				sum := stats.Summarize(r.Of(s.Name, subject, metric).Values())
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t(%s..%s)\n", s.Name, metric, subject,
					scenario.Format(metric, sum.Median), scenario.Format(metric, sum.Min), scenario.Format(metric, sum.Max))
			}
		}
	}
	w.Flush()
	return b.String()
}

// subjects returns who has samples in a scenario.
func subjects(r *scenario.Results, name string) []string {
	var found []string
	for _, sample := range r.Samples {
		if sample.Scenario == name && !slices.Contains(found, sample.Subject) {
			found = append(found, sample.Subject)
		}
	}
	slices.SortStableFunc(found, func(a, b string) int { return scenario.Order(a) - scenario.Order(b) })
	return found
}

// metricNames returns the metrics of which a scenario has samples.
func metricNames(r *scenario.Results, name string) []string {
	return slices.DeleteFunc(scenario.Metrics(), func(metric string) bool {
		return !slices.ContainsFunc(r.Samples, func(s scenario.Sample) bool { return s.Scenario == name && s.Metric == metric })
	})
}
