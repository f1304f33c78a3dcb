// Run measures Curlew and its peers side by side, one process a core, and says
// whether the project's bars hold.
//
//	go run ./run           all stacks and scenarios; writes RESULTS.md and charts
//	go run ./run -quick    what the bars need, with Go stacks, in three minutes
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/curlew-rpc/curlew/bench/internal/proc"
	"github.com/curlew-rpc/curlew/bench/internal/report"
	"github.com/curlew-rpc/curlew/bench/internal/scenario"
)

type options struct {
	quick  bool
	only   string
	stacks string
	rounds int
	window time.Duration
	out    string
	render bool
	dir    string
}

func main() {
	var o options
	flag.BoolVar(&o.quick, "quick", false, "measure only what the bars need, in short windows; exit with 1 if a bar does not hold")
	flag.StringVar(&o.only, "only", "", "measure the scenarios whose name matches this regular `expression`")
	flag.StringVar(&o.stacks, "stacks", "", "measure these stacks, separated by commas (default all that are built)")
	flag.IntVar(&o.rounds, "rounds", 5, "`number` of rounds")
	flag.DurationVar(&o.window, "window", 0, "length of one sample (default 2s, quick 600ms)")
	flag.StringVar(&o.out, "out", "", "`file` for the samples (default results.json in the bench's bin)")
	flag.BoolVar(&o.render, "render", false, "measure nothing: write the report from the samples")
	flag.StringVar(&o.dir, "dir", ".", "`directory` of the bench")
	flag.Parse()

	// Also when the terminal closes, so that nothing is left running.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err := o.run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

var errBars = errors.New("bars do not hold")

func (o options) run(ctx context.Context) error {
	if o.out == "" {
		o.out = filepath.Join(o.dir, "bin", "results.json")
		if o.quick {
			o.out = filepath.Join(o.dir, "bin", "quick.json")
		}
	}
	if o.render {
		results, err := scenario.Read(o.out)
		if err != nil {
			return err
		}
		return report.Write(o.dir, results)
	}
	results, err := o.measure(ctx)
	if results != nil && len(results.Samples) > 0 {
		err = errors.Join(err, results.Write(o.out))
	}
	if err != nil {
		return err
	}
	// A run of some scenarios or stacks is no report.
	if !o.quick && o.only == "" && o.stacks == "" {
		if err := report.Write(o.dir, results); err != nil {
			return err
		}
	}
	return conclude(results, o.quick)
}

func (o options) measure(ctx context.Context) (*scenario.Results, error) {
	var only *regexp.Regexp
	if o.only != "" {
		var err error
		if only, err = regexp.Compile(o.only); err != nil {
			return nil, fmt.Errorf("-only: %w", err)
		}
	}
	var names []string
	if o.stacks != "" {
		names = strings.Split(o.stacks, ",")
	}
	if err := able(); err != nil {
		return nil, err
	}
	work, err := os.MkdirTemp("", "curlew-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(work)
	bin, err := filepath.Abs(filepath.Join(o.dir, "bin"))
	if err != nil {
		return nil, err
	}

	env := &scenario.Env{Dir: work, Log: os.Stdout, Warmup: time.Second, Settle: 3 * time.Second}
	env.Results = &scenario.Results{Date: time.Now().UTC(), Machine: proc.ThisMachine(), Quick: o.quick, Rounds: o.rounds, Window: 2 * time.Second}
	if o.quick {
		env.Results.Window, env.Warmup, env.Settle = 600*time.Millisecond, 300*time.Millisecond, time.Second
	}
	if o.window > 0 {
		env.Results.Window = o.window
	}
	env.Results.Stacks, env.Results.Skipped = scenario.Find(bin, names, o.quick)
	scenario.Versions(ctx, o.dir, env.Results.Stacks)
	for _, skipped := range env.Results.Skipped {
		fmt.Println("skipped", skipped)
	}
	scenarios := scenario.Chosen(o.quick, only)
	if len(scenarios) == 0 {
		return nil, errors.New("no scenario matches -only")
	}
	for _, s := range scenarios {
		if err := env.Run(ctx, s); err != nil {
			return env.Results, err
		}
	}
	return env.Results, nil
}

// able tells whether this machine can measure anything.
func able() error {
	if n := runtime.NumCPU(); n < 2 {
		return fmt.Errorf("%d core is too few: the process under test needs one, and its load another", n)
	}
	for program, where := range map[string]string{"h2load": "nghttp2-client", "taskset": "util-linux"} {
		if _, err := exec.LookPath(program); err != nil {
			return fmt.Errorf("%s is missing (Debian: %s)", program, where)
		}
	}
	return nil
}

// conclude prints what each scenario found and how each bar fared.
func conclude(results *scenario.Results, quick bool) error {
	fmt.Println()
	fmt.Print(report.Text(results))
	fmt.Println()
	judged, below := 0, 0
	for _, bar := range scenario.Bars() {
		if !results.Tried(bar) {
			continue
		}
		verdict := bar.Judge(results)
		fmt.Println(verdict)
		judged++
		if !verdict.OK() {
			below++
		}
	}
	if len(results.Failures) > 0 {
		fmt.Printf("%d samples or subjects failed, see above\n", len(results.Failures))
	}
	if quick && judged == 0 {
		return errors.New("no bar was judged: what it compares is not there")
	}
	if quick && below > 0 {
		return fmt.Errorf("%d %w", below, errBars)
	}
	return nil
}
