package report

import (
	"cmp"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/curlew-rpc/curlew/bench/internal/chart"
	"github.com/curlew-rpc/curlew/bench/internal/scenario"
	"github.com/curlew-rpc/curlew/bench/internal/stats"
)

// figure is one chart of the report.
type figure struct {
	file    string
	title   string
	note    string
	columns []column
	more    bool // more is better
}

// column is what one series of a figure shows.
type column struct {
	name     string
	scenario string
	metric   string
}

const (
	lessCPU = "µs of CPU a call · less is better"
	oneCore = "calls a second · server alone on its core, load on the other · more is better"
)

// figures returns all charts in the order of the report.
func figures() []figure {
	one := func(scenario, metric string) []column { return []column{{"", scenario, metric}} }
	sides := func(name string) []column {
		return []column{{"server", name, scenario.ServerCPU}, {"client", name, scenario.ClientCPU}}
	}
	return []figure{
		{file: "server-cpu", title: "Server, unary: CPU a call, 50 connections x 20", note: lessCPU, columns: one(scenario.Unary50x20, scenario.ServerCPU)},
		{file: "server-throughput", title: "Server, unary: calls a second, 50 connections x 20", note: oneCore, columns: one(scenario.Unary50x20, scenario.PerSecond), more: true},
		{file: "server-cpu-100", title: "Server, unary: CPU a call, one connection x 100", note: lessCPU, columns: one(scenario.Unary1x100, scenario.ServerCPU)},
		{file: "server-cpu-1", title: "Server, unary: CPU a call, one in flight", note: lessCPU, columns: one(scenario.Unary1x1, scenario.ServerCPU)},
		{file: "server-cpu-tls", title: "Server, unary over TLS 1.3: CPU a call, 50 x 20", note: lessCPU, columns: one(scenario.TLS, scenario.ServerCPU)},
		{file: "latency", title: "Latency at half of grpc-go's capacity", note: "µs · less is better", columns: []column{
			{"p50", scenario.Latency, scenario.P50}, {"p99", scenario.Latency, scenario.P99}, {"p99.9", scenario.Latency, scenario.P999},
		}},
		{file: "connect-cpu", title: "Server, Connect and gRPC-Web: CPU a call, 50 x 20", note: lessCPU, columns: []column{
			{"Connect, JSON", scenario.ConnectJSON, scenario.ServerCPU}, {"Connect, protobuf", scenario.ConnectProto, scenario.ServerCPU},
			{"gRPC-Web", scenario.GRPCWeb, scenario.ServerCPU},
		}},
		{file: "rest-cpu", title: "Server, REST: CPU a call, 50 x 20", note: lessCPU, columns: []column{
			{"GET", scenario.RESTGet, scenario.ServerCPU}, {"POST", scenario.RESTPost, scenario.ServerCPU},
		}},
		{file: "client-cpu", title: "Client, unary: CPU a call, 64 in flight", note: lessCPU, columns: []column{
			{"plain", scenario.Client64, scenario.ClientCPU}, {"with a deadline", scenario.ClientLimit, scenario.ClientCPU},
		}},
		{file: "round-trip", title: "One call in flight, both sides of one stack", note: "µs a round trip · less is better", columns: []column{
			{"p50", scenario.RoundTrip, scenario.P50}, {"p99", scenario.RoundTrip, scenario.P99},
		}},
		{file: "list-cpu", title: "Server streaming, 112 bytes: CPU a message", note: "µs of CPU · less is better", columns: sides(scenario.List)},
		{file: "list-throughput", title: "Server streaming, 112 bytes: messages a second", note: "more is better", columns: one(scenario.List, scenario.PerSecond), more: true},
		{file: "import-cpu", title: "Client streaming, 112 bytes: CPU a message", note: "µs of CPU · less is better", columns: sides(scenario.Import)},
		{file: "import-throughput", title: "Client streaming, 112 bytes: messages a second", note: "more is better", columns: one(scenario.Import, scenario.PerSecond), more: true},
		{file: "chat-cpu", title: "Ping-pong on 32 streams: CPU a round trip", note: "µs of CPU · less is better", columns: sides(scenario.Chat)},
		{file: "chat-throughput", title: "Ping-pong on 32 streams: round trips a second", note: "more is better", columns: one(scenario.Chat, scenario.PerSecond), more: true},
		{file: "large-throughput", title: "Messages of 1 MiB", note: "MiB a second · more is better", more: true, columns: []column{
			{"unary echo", scenario.Echo, scenario.BytesPerSecond}, {"download", scenario.Download, scenario.BytesPerSecond}, {"upload", scenario.Upload, scenario.BytesPerSecond},
		}},
		{file: "large-server", title: "Messages of 1 MiB: the server", note: "MiB a second of CPU time · more is better", more: true, columns: []column{
			{"unary echo", scenario.Echo, scenario.ServerBytes}, {"download", scenario.Download, scenario.ServerBytes}, {"upload", scenario.Upload, scenario.ServerBytes},
		}},
		{file: "large-client", title: "Messages of 1 MiB: the client", note: "MiB a second of CPU time · more is better", more: true, columns: []column{
			{"unary echo", scenario.Echo, scenario.ClientBytes}, {"download", scenario.Download, scenario.ClientBytes}, {"upload", scenario.Upload, scenario.ClientBytes},
		}},
		{file: "memory-connection", title: "Memory of a connection", note: "resident KiB of the server · less is better", columns: []column{
			{"idle", scenario.Connections, scenario.IdleConn}, {"idle after a call", scenario.Connections, scenario.CalledConn},
		}},
		{file: "memory-stream", title: "Memory of an idle bidirectional stream", note: "resident KiB of the server · less is better", columns: one(scenario.Streams, scenario.IdleStream)},
		{file: "size", title: "Size of the server's program", note: "MB · less is better", columns: one(scenario.BinarySize, scenario.Size)},
		{file: "start-up", title: "Start-up: from exec to the first call answered", note: "ms · less is better", columns: one(scenario.Start, scenario.StartUp)},
		{file: "cores", title: "Server, unary: one core and two", note: lessCPU, columns: []column{
			{"GOMAXPROCS=1, pinned", scenario.Unary50x20, scenario.ServerCPU}, {"GOMAXPROCS=2, free", scenario.Both, scenario.ServerCPU},
		}},
		{file: "interceptors", title: "Interceptors that do nothing: CPU a call", note: lessCPU, columns: one(scenario.Interceptors, scenario.ServerCPU)},
	}
}

// bars makes the chart of a figure; without rows there is nothing to show.
func (f figure) bars(r *scenario.Results) chart.Bars {
	bars := chart.Bars{Title: f.title, Note: f.note, Format: scenario.Round}
	var subjects []string
	for _, c := range f.columns {
		for _, subject := range r.Subjects(c.scenario, c.metric) {
			if !slices.Contains(subjects, subject) {
				subjects = append(subjects, subject)
			}
		}
		bars.Series = append(bars.Series, c.name)
	}
	for _, subject := range subjects {
		row := chart.Row{Label: scenario.Title(subject), Role: role(subject)}
		for _, c := range f.columns {
			s := summary(r, c.scenario, subject, c.metric)
			row.Bars = append(row.Bars, chart.Bar{Value: s.Median, Low: s.Min, High: s.Max})
		}
		bars.Rows = append(bars.Rows, row)
	}
	if f.file != "interceptors" { // which are in their own order
		slices.SortStableFunc(bars.Rows, func(a, b chart.Row) int { return f.compare(a.Bars[0].Value, b.Bars[0].Value) })
	}
	return bars
}

// compare puts the better value first, and none last.
func (f figure) compare(a, b float64) int {
	switch {
	case math.IsNaN(a) || math.IsNaN(b):
		return cmp.Compare(boolean(math.IsNaN(a)), boolean(math.IsNaN(b)))
	case f.more:
		return cmp.Compare(b, a)
	default:
		return cmp.Compare(a, b)
	}
}

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}

func role(subject string) chart.Role {
	switch name, _, _ := strings.Cut(subject, " "); name {
	case scenario.Curlew:
		return chart.Accent
	case scenario.Floor, scenario.Nghttpd, scenario.NetHTTP:
		return chart.Reference
	}
	return chart.Peer
}

// summary condenses the samples of a metric in the unit in which people read it.
func summary(r *scenario.Results, name, subject, metric string) stats.Summary {
	values := r.Of(name, subject, metric).Values()
	for i := range values {
		values[i], _ = scenario.Scale(metric, values[i])
	}
	return stats.Summarize(values)
}

// drawn is a chart for both themes.
type drawn interface{ SVG(chart.Theme) string }

// save writes a chart for both themes.
func save(dir, file string, c drawn) error {
	for _, theme := range []chart.Theme{chart.Light, chart.Dark} {
		path := filepath.Join(dir, "charts", fmt.Sprintf("%s-%s.svg", file, theme.Name))
		if err := os.WriteFile(path, []byte(c.SVG(theme)), 0o666); err != nil {
			return err
		}
	}
	return nil
}

// picture embeds a chart so that the page's theme chooses.
func picture(file, title string) string {
	return fmt.Sprintf(`<picture><source media="(prefers-color-scheme: dark)" srcset="charts/%[1]s-dark.svg"><img alt="%[2]s" src="charts/%[1]s-light.svg"></picture>`, file, title)
}
