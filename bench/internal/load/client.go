package load

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/curlew-rpc/curlew/bench/internal/proc"
)

// Client is one run of a stack's client program.
type Client struct {
	Path     string
	Addr     string
	Mode     string // unary, list, import, chat, echo, download or upload
	Conns    int
	Inflight int // in all
	Size     int // of a message
	Warmup   time.Duration
	Window   time.Duration
	Deadline time.Duration // of each call; 0 is none
	CA       string        // a file of certificates; empty is cleartext
	Core     int           // that the program is pinned to; negative is none
	Threads  int           // GOMAXPROCS
}

// Report is what a client program counted in its window.
type Report struct {
	Event    string  `json:"event"`
	Messages int64   `json:"messages"`
	Errors   int64   `json:"errors"`
	Bytes    int64   `json:"bytes"`
	Seconds  float64 `json:"seconds"`
	CPU      float64 `json:"cpu_us"`
	P50      float64 `json:"p50_us"`
	P99      float64 `json:"p99_us"`
	P999     float64 `json:"p999_us"`
}

func (c Client) args() []string {
	args := []string{
		"-addr", c.Addr, "-mode", c.Mode, "-conns", strconv.Itoa(c.Conns), "-inflight", strconv.Itoa(c.Inflight),
		"-size", strconv.Itoa(c.Size), "-warmup", milliseconds(c.Warmup), "-time", milliseconds(c.Window),
	}
	if c.Deadline > 0 {
		args = append(args, "-deadline", milliseconds(c.Deadline))
	}
	if c.CA != "" {
		args = append(args, "-ca", c.CA)
	}
	return args
}

func milliseconds(d time.Duration) string { return fmt.Sprintf("%dms", d.Milliseconds()) }

// Run runs the program. It returns the report and the CPU time that the server
// used while the program counted. A call that fails is an error.
func (c Client) Run(ctx context.Context, server *proc.Process) (Report, time.Duration, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return Report{}, 0, err
	}
	defer r.Close()
	p, err := proc.Start(proc.Options{Path: c.Path, Args: c.args(), Core: c.Core, Threads: c.Threads, Stdout: w})
	w.Close()
	if err != nil {
		return Report{}, 0, err
	}
	defer p.Stop()
	stop := context.AfterFunc(ctx, p.Stop)
	defer stop()

	report, cpu, err := follow(r, server.CPU)
	if ended := p.Wait(ctx); ended != nil {
		return Report{}, 0, ended // says more than what was not printed
	}
	if err != nil {
		return Report{}, 0, fmt.Errorf("%s -mode %s: %w; stderr: %s", filepath.Base(c.Path), c.Mode, err, p.Stderr())
	}
	return report, cpu, nil
}

// follow reads a client's lines, and the server's CPU time as its window begins
// and ends.
func follow(r io.Reader, usage func() (proc.Usage, error)) (Report, time.Duration, error) {
	var begin proc.Usage
	began := false
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		var line Report
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			return Report{}, 0, fmt.Errorf("line %q: %w", lines.Text(), err)
		}
		now, err := usage()
		if err != nil {
			return Report{}, 0, err
		}
		switch {
		case line.Event == "begin" && !began:
			begin, began = now, true
		case line.Event == "end" && began:
			return line, now.Since(begin), line.check()
		default:
			return Report{}, 0, fmt.Errorf("line %q is out of turn", lines.Text())
		}
	}
	if err := lines.Err(); err != nil {
		return Report{}, 0, err
	}
	return Report{}, 0, errors.New("it printed no result")
}

func (r Report) check() error {
	switch {
	case r.Errors != 0:
		return fmt.Errorf("%d of its calls failed", r.Errors)
	case r.Messages <= 0 || r.Seconds <= 0:
		return fmt.Errorf("it counted %d messages in %g seconds", r.Messages, r.Seconds)
	}
	return nil
}
