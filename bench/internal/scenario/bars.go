package scenario

import (
	"fmt"
	"math"
	"strings"

	"github.com/curlew-rpc/curlew/bench/internal/stats"
)

// Names of the scenarios that bars and charts speak of.
const (
	Unary50x20   = "server-unary-50x20"
	Unary1x100   = "server-unary-1x100"
	Unary1x32    = "server-unary-1x32"
	Unary1x1     = "server-unary-1x1"
	Both         = "server-unary-both-cores"
	TLS          = "server-unary-tls"
	Latency      = "latency"
	Interceptors = "interceptors"
	Client64     = "client-unary-64"
	ClientLimit  = "client-unary-64-deadline"
	Client1      = "client-unary-1"
	RoundTrip    = "round-trip"
	List         = "list"
	Import       = "import"
	Chat         = "chat"
	Echo         = "echo"
	Download     = "download"
	Upload       = "upload"
	Connections  = "memory-connection"
	Streams      = "memory-stream"
	ManyIdle     = "memory-many"
	BinarySize   = "size"
	Start        = "start-up"
	ConnectJSON  = "connect-json"
	ConnectProto = "connect-proto"
	RESTGet      = "rest-get"
	RESTPost     = "rest-post"
	GRPCWeb      = "grpc-web"
	WithWeb      = "grpc-with-web"
)

// Bar is what the project demands of itself: a ratio of Curlew's figure to
// another's in the same round.
type Bar struct {
	What     string
	Scenario string
	Metric   string
	Subject  string   // ours, if it is not Curlew
	Against  []string // the best of these
	Must     float64  // 0: the bar has an aim only
	Aim      float64  // 0: the bar has no aim
	AtLeast  bool     // more is better
}

// natives are the stacks of which the best is to be beaten.
var natives = []string{"tonic", Cpp, "drpc", "kitex", "java"}

// Bars returns all bars.
func Bars() []Bar {
	grpcgo := []string{GRPCGo}
	bars := []Bar{
		{What: "server, unary, 50 x 20, CPU a call", Scenario: Unary50x20, Metric: ServerCPU, Against: grpcgo, Must: 0.25, Aim: 0.18},
		{What: "server, unary, 1 x 100, CPU a call", Scenario: Unary1x100, Metric: ServerCPU, Against: grpcgo, Must: 0.30, Aim: 0.20},
		{What: "server, unary, 50 x 20, both cores, CPU a call", Scenario: Both, Metric: ServerCPU, Against: grpcgo, Must: 0.25, Aim: 0.15},
		{What: "server, unary, 50 x 20, CPU a call", Scenario: Unary50x20, Metric: ServerCPU, Against: natives, Must: 0.6, Aim: 0.4},
		{What: "server, unary, 50 x 20, CPU a call", Scenario: Unary50x20, Metric: ServerCPU, Against: []string{Nghttpd}, Must: 1.2, Aim: 1.0},
		{What: "server, unary, 50 x 20, CPU a call", Scenario: Unary50x20, Metric: ServerCPU, Against: []string{Floor}, Must: 3.0, Aim: 2.0},
		{What: "client, unary, 64 in flight, CPU a call", Scenario: Client64, Metric: ClientCPU, Against: grpcgo, Must: 0.30, Aim: 0.22},
		{What: "one in flight, both sides, p50", Scenario: RoundTrip, Metric: P50, Against: []string{Floor}, Must: 1.15, Aim: 1.05},
		{What: "one in flight, server, CPU a call", Scenario: Unary1x1, Metric: ServerCPU, Against: grpcgo, Must: 0.78, Aim: 0.70},
		{What: "p99 at half of grpc-go's capacity", Scenario: Latency, Metric: P99, Against: grpcgo, Must: 0.5},
		{What: "server streaming, 112 B, server CPU a message", Scenario: List, Metric: ServerCPU, Against: grpcgo, Must: 0.4, Aim: 0.25},
		{What: "server streaming, 112 B, client CPU a message", Scenario: List, Metric: ClientCPU, Against: grpcgo, Must: 0.4, Aim: 0.25},
		{What: "ping-pong on 32 streams, server CPU a message", Scenario: Chat, Metric: ServerCPU, Against: grpcgo, Must: 0.4, Aim: 0.3},
		{What: "ping-pong on 32 streams, client CPU a message", Scenario: Chat, Metric: ClientCPU, Against: grpcgo, Must: 0.4, Aim: 0.3},
	}
	for _, l := range []struct{ what, scenario string }{
		{"1 MiB unary echo", Echo}, {"1 MiB download", Download}, {"1 MiB upload", Upload},
	} {
		for _, side := range []struct{ what, metric string }{{"server", ServerBytes}, {"client", ClientBytes}} {
			bar := Bar{
				What: fmt.Sprintf("%s, %s, bytes a CPU second", l.what, side.what), Scenario: l.scenario, Metric: side.metric,
				Against: grpcgo, Must: 1.5, AtLeast: true,
			}
			bars = append(bars, bar)
			bar.Against, bar.Must, bar.Aim = []string{Cpp}, 0, 1
			bars = append(bars, bar)
		}
	}
	return append(bars,
		Bar{What: "TLS, unary, 50 x 20, CPU a call", Scenario: TLS, Metric: ServerCPU, Against: grpcgo, Must: 0.35},
		Bar{What: "memory of an idle connection", Scenario: Connections, Metric: IdleConn, Against: grpcgo, Must: 0.43, Aim: 0.30},
		Bar{What: "memory of an idle bidirectional stream", Scenario: Streams, Metric: IdleStream, Against: grpcgo, Must: 0.5, Aim: 0.35},
		Bar{What: "4 interceptors that do nothing, CPU a call", Scenario: Interceptors, Metric: ServerCPU, Subject: Curlew + " +4", Against: []string{Curlew}, Must: 1.05},
		Bar{What: "Connect with JSON, CPU a call", Scenario: ConnectJSON, Metric: ServerCPU, Against: []string{ConnectGo}, Must: 0.5},
		Bar{What: "REST, GET, CPU a call", Scenario: RESTGet, Metric: ServerCPU, Against: []string{Vanguard}, Must: 0.35},
		Bar{What: "REST, GET, CPU a call", Scenario: RESTGet, Metric: ServerCPU, Against: []string{GRPCGateway}, Must: 0.5},
		Bar{What: "gRPC-Web, CPU a call", Scenario: GRPCWeb, Metric: ServerCPU, Against: []string{ConnectGo}, Must: 0.35},
		Bar{What: "gRPC beside the web's protocols, CPU a call", Scenario: WithWeb, Metric: ServerCPU, Subject: CurlewWeb, Against: []string{Curlew}, Must: 1.03},
	)
}

// Verdict is what a run says about a bar.
type Verdict struct {
	Bar
	Ratio stats.Summary // of no samples: the run could not tell
	// Low and High are between what the true median lies, with a probability of
	// 95 %; NaN of few samples.
	Low, High float64
}

// Judge holds results against a bar.
func (b Bar) Judge(r *Results) Verdict {
	subject := b.Subject
	if subject == "" {
		subject = Curlew
	}
	against := make([]stats.Rounds, len(b.Against))
	for i, name := range b.Against {
		against[i] = r.Of(b.Scenario, name, b.Metric)
	}
	ratios := stats.Ratios(r.Of(b.Scenario, subject, b.Metric), stats.Least(against...)).Values()
	v := Verdict{Bar: b, Ratio: stats.Summarize(ratios)}
	v.Low, v.High = stats.MedianInterval(ratios)
	return v
}

// Measured tells whether there is a ratio.
func (v Verdict) Measured() bool { return v.Ratio.N > 0 }

// OK tells whether the bar holds.
func (v Verdict) OK() bool { return v.Measured() && (v.Must == 0 || v.reaches(v.Must)) }

// Aimed tells whether the aim is reached.
func (v Verdict) Aimed() bool { return v.Measured() && v.Aim != 0 && v.reaches(v.Aim) }

func (v Verdict) reaches(limit float64) bool {
	if v.AtLeast {
		return v.Ratio.Median >= limit
	}
	return v.Ratio.Median <= limit
}

// Limit says a bound as text; 0 is none.
func (b Bar) Limit(bound float64) string {
	switch {
	case bound == 0:
		return "-"
	case b.AtLeast:
		return fmt.Sprintf(">= %.2f", bound)
	default:
		return fmt.Sprintf("<= %.2f", bound)
	}
}

// Others says against whom the bar is.
func (b Bar) Others() string {
	titles := make([]string, len(b.Against))
	for i, name := range b.Against {
		titles[i] = Title(name)
	}
	if len(titles) > 1 {
		return "best of " + strings.Join(titles, ", ")
	}
	return titles[0]
}

// Result is the word for a verdict.
func (v Verdict) Result() string {
	switch {
	case !v.Measured():
		return "not measured"
	case !v.OK():
		return "FAIL"
	case v.Must == 0 && !v.Aimed():
		return "below the aim"
	default:
		return "ok"
	}
}

// manyRounds is from how many on the interval of the median is said, too: it is
// what many rounds are for.
const manyRounds = 20

// Spread is the least and the greatest ratio, and of many rounds what the median
// is good for.
func (v Verdict) Spread() string {
	spread := fmt.Sprintf("%.2f..%.2f", v.Ratio.Min, v.Ratio.Max)
	if v.Ratio.N < manyRounds {
		return spread
	}
	return fmt.Sprintf("%s; median in %.3f..%.3f, 95 %%", spread, v.Low, v.High)
}

// String is one line of a run's end.
func (v Verdict) String() string {
	against := v.Others()
	if len(v.Against) > 1 {
		against = "best of others"
	}
	if !v.Measured() || math.IsNaN(v.Ratio.Median) {
		return fmt.Sprintf("%-12s %-49s / %-20s", v.Result(), v.What, against)
	}
	return fmt.Sprintf("%-12s %-49s / %-20s %5.2f (%s)  must %-8s aim %s", v.Result(), v.What, against,
		v.Ratio.Median, v.Spread(), v.Limit(v.Must), v.Limit(v.Aim))
}
