// Resilience has servers stop, die, hang, crawl and come back under load, and counts
// what becomes of the calls: for Curlew, and beside it for other implementations of
// gRPC in the same run. Servers are processes of their own. Calls are made at times set
// before, each with an id that its server notes when it executes the request.
//
// At the end there is a table of what was measured and whether Curlew meets the bars;
// others have none. The last line is "N passed, N failed".
package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/curlew-rpc/curlew/interop/resilience/internal/backend"
	"github.com/curlew-rpc/curlew/interop/resilience/internal/stack"
)

var (
	short   = flag.Bool("short", false, "measure for shorter times")
	only    = flag.String("run", "", "a regular expression: which tests to run, by their names")
	untimed = flag.Bool("untimed", false, "show, and do not judge, what depends on how quiet the machine is")
	names   = flag.String("stacks", "", "the stacks, with commas between; all if empty")
	server  = flag.String("backend", "", "the configuration of a server, for the processes that this program starts")
)

func main() {
	flag.Parse()
	if *server != "" {
		if err := backend.Serve(*server); err != nil {
			fmt.Fprintln(os.Stderr, "resilience: server:", err)
			os.Exit(1)
		}
		return
	}
	failed, err := measure()
	if err != nil {
		fmt.Fprintln(os.Stderr, "resilience:", err)
		os.Exit(1)
	}
	if failed > 0 {
		os.Exit(1)
	}
}

// measure runs the tests that the flags name.
func measure() (failed int, err error) {
	which, err := regexp.Compile("^(" + *only + ")$")
	if err != nil {
		return 0, err
	}
	stacks := stack.All()
	if *names != "" {
		stacks = nil
		for name := range strings.SplitSeq(*names, ",") {
			s, err := stack.ByName(name)
			if err != nil {
				return 0, err
			}
			stacks = append(stacks, s)
		}
	}
	var rep report
	for i := range scenarios {
		s := &scenarios[i]
		if *only != "" && !which.MatchString(s.name) {
			continue
		}
		for _, st := range stacks {
			if s.ours && !ours(st) {
				continue
			}
			rep.add(s, st, s.measure(st))
		}
	}
	return rep.print(), nil
}

func ours(s stack.Stack) bool { return s.Name() == "curlew" }
