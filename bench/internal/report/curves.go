package report

import (
	"fmt"
	"slices"

	"github.com/curlew-rpc/curlew/bench/internal/chart"
	"github.com/curlew-rpc/curlew/bench/internal/scenario"
)

// curve is a chart of how a cost goes as work grows.
type curve struct {
	file, title, note, axis string
	scenario                string
	metric                  string
	logUp                   bool
	format                  func(float64) string // of the work
}

func curves() []curve {
	const perCall = "µs of CPU a call · less is better"
	return []curve{
		{
			file: "curve-streams", title: "Calls in flight on one connection", note: perCall, axis: "calls in flight",
			scenario: scenario.CurveStreams, metric: scenario.ServerCPU, logUp: true, format: count,
		},
		{
			file: "curve-connections", title: "Connections, one call in flight on each", note: perCall, axis: "connections",
			scenario: scenario.CurveConns, metric: scenario.ServerCPU, format: count,
		},
		{
			file: "curve-sizes", title: "Unary echo: the server's CPU by length of the message", note: perCall, axis: "bytes of the message",
			scenario: scenario.CurveSizes, metric: scenario.ServerCPU, logUp: true, format: bytes,
		},
		{
			file: "curve-methods", title: "Methods registered with the server", note: perCall, axis: "methods",
			scenario: scenario.CurveMethods, metric: scenario.ServerCPU, format: count,
		},
	}
}

func count(x float64) string {
	if x < 1000 {
		return fmt.Sprintf("%.0f", x)
	}
	return scenario.Round(x)
}

// bytes writes a length in the binary unit that it nearly fills.
func bytes(x float64) string {
	switch {
	case x >= 1<<20-1024:
		return fmt.Sprintf("%.0f MiB", x/(1<<20))
	case x >= 1<<10:
		return fmt.Sprintf("%.0f KiB", x/(1<<10))
	default:
		return fmt.Sprintf("%.0f B", x)
	}
}

// lines makes the chart of a curve; without lines there is nothing to show.
func (c curve) lines(r *scenario.Results) chart.Lines {
	lines := chart.Lines{Title: c.title, Note: c.note, Axis: c.axis, Log: true, LogUp: c.logUp, Format: mark, FormatX: c.format}
	for _, subject := range r.Subjects(c.scenario, c.metric) {
		stack, at, ok := scenario.At(subject)
		if !ok {
			continue
		}
		title := scenario.Title(stack)
		i := slices.IndexFunc(lines.Lines, func(l chart.Line) bool { return l.Label == title })
		if i < 0 {
			i = len(lines.Lines)
			lines.Lines = append(lines.Lines, chart.Line{Label: title, Role: role(stack)})
		}
		s := summary(r, c.scenario, subject, c.metric)
		lines.Lines[i].Points = append(lines.Lines[i].Points, chart.Point{X: float64(at), Value: s.Median, Low: s.Min, High: s.Max})
	}
	for _, line := range lines.Lines {
		slices.SortFunc(line.Points, func(a, b chart.Point) int { return int(a.X - b.X) })
	}
	return lines
}

// mark writes a round number of an axis.
func mark(v float64) string {
	if v >= 1000 {
		return scenario.Round(v)
	}
	return fmt.Sprintf("%.3g", v)
}
