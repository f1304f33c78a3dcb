// Package load drives programs under test: by h2load, by the stacks' own
// clients, and by bare connections that lie idle.
package load

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/curlew-rpc/curlew/bench/internal/proc"
	"github.com/curlew-rpc/curlew/bench/internal/stats"
)

// H2load is one run of h2load.
type H2load struct {
	URL      string // of the server, without a path
	Request  Request
	Conns    int
	Streams  int     // in flight on each connection
	Requests int     // in all
	Rate     float64 // requests a second in all; 0 is as many as the server takes
	Core     int     // that h2load is pinned to; negative is none
	Dir      string  // for the request's body and the log
}

// Result is what h2load found.
type Result struct {
	Requests int64
	Data     int64 // bytes of bodies received
	Elapsed  time.Duration
	// Latencies are sorted, in microseconds; only of a run with a Rate.
	Latencies []float64
}

// args returns the command line; body is the file for what the request has of it.
func (l H2load) args(body string) []string {
	args := []string{"-c", strconv.Itoa(l.Conns), "-m", strconv.Itoa(l.Streams), "-n", strconv.Itoa(l.Requests)}
	for _, field := range l.Request.Header {
		args = append(args, "-H", field)
	}
	if l.Request.Body != nil {
		args = append(args, "-d", body)
	}
	if l.Rate > 0 {
		args = append(args, "--rps", strconv.FormatFloat(l.Rate/float64(l.Conns), 'f', 3, 64), "--log-file", l.log())
	}
	for _, path := range l.Request.Paths {
		args = append(args, l.URL+path)
	}
	return args
}

func (l H2load) log() string { return filepath.Join(l.Dir, "h2load.log") }

// Run runs h2load. A request that fails is an error.
func (l H2load) Run(ctx context.Context) (Result, error) {
	body := filepath.Join(l.Dir, "request")
	if err := os.WriteFile(body, l.Request.Body, 0o600); err != nil {
		return Result{}, err
	}
	// h2load appends to a log that is there.
	if err := os.Remove(l.log()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return Result{}, err
	}
	out, err := proc.Run(ctx, proc.Options{Path: "h2load", Args: l.args(body), Core: l.Core})
	if err != nil {
		return Result{}, err
	}
	result, err := parseH2load(out)
	if err != nil || l.Rate == 0 {
		return result, err
	}
	f, err := os.Open(l.log())
	if err != nil {
		return result, err
	}
	defer f.Close()
	result.Latencies, err = parseLog(f)
	return result, err
}

var (
	finishedLine = regexp.MustCompile(`finished in ([0-9.]+)(us|ms|s),`)
	requestsLine = regexp.MustCompile(`requests: \d+ total, (\d+) started, (\d+) done, (\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout`)
	codesLine    = regexp.MustCompile(`status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx`)
	trafficLine  = regexp.MustCompile(`\((\d+)\) data`)
)

func parseH2load(out string) (Result, error) {
	finished := finishedLine.FindStringSubmatch(out)
	requests := requestsLine.FindStringSubmatch(out)
	codes := codesLine.FindStringSubmatch(out)
	traffic := trafficLine.FindStringSubmatch(out)
	if finished == nil || requests == nil || codes == nil || traffic == nil {
		return Result{}, fmt.Errorf("h2load printed no result:\n%s", out)
	}
	var result Result
	elapsed, err := time.ParseDuration(finished[1] + finished[2])
	if err != nil {
		return Result{}, fmt.Errorf("h2load: %w", err)
	}
	result.Elapsed = elapsed
	n, err := numbers(requests[1:])
	if err != nil {
		return Result{}, err
	}
	done, succeeded := n[1], n[2]
	result.Requests = succeeded
	code, err := numbers(codes[1:])
	if err != nil {
		return Result{}, err
	}
	if done == 0 || succeeded != done || n[3] != 0 || n[4] != 0 || n[5] != 0 || code[1]+code[2]+code[3] != 0 {
		return Result{}, fmt.Errorf("requests failed: h2load says %q, %q", requests[0], codes[0])
	}
	result.Data, err = strconv.ParseInt(traffic[1], 10, 64)
	return result, err
}

func numbers(digits []string) ([]int64, error) {
	n := make([]int64, len(digits))
	for i, d := range digits {
		var err error
		if n[i], err = strconv.ParseInt(d, 10, 64); err != nil {
			return nil, fmt.Errorf("h2load: %w", err)
		}
	}
	return n, nil
}

// parseLog reads h2load's log: the start, the status and the microseconds of each
// request.
func parseLog(r io.Reader) ([]float64, error) {
	var latencies []float64
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		var start int64
		var status int
		var us float64
		if _, err := fmt.Sscanf(lines.Text(), "%d\t%d\t%g", &start, &status, &us); err != nil {
			return nil, fmt.Errorf("h2load's log: line %q: %w", lines.Text(), err)
		}
		if status != 200 {
			return nil, fmt.Errorf("h2load's log: a request with status %d", status)
		}
		latencies = append(latencies, us)
	}
	if len(latencies) == 0 && lines.Err() == nil {
		return nil, errors.New("h2load's log is empty")
	}
	slices.Sort(latencies)
	return latencies, lines.Err()
}

// Percentiles returns p50, p99 and p99.9 of the latencies.
func (r Result) Percentiles() (p50, p99, p999 float64) {
	return stats.Quantile(r.Latencies, 0.5), stats.Quantile(r.Latencies, 0.99), stats.Quantile(r.Latencies, 0.999)
}
