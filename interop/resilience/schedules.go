package main

import (
	"fmt"
	"os/exec"
	"strings"
)

// schedules is T20: faults by schedules that follow from seeds, in time that is not
// real, which is a test of the root package.
func schedules(r *run) error {
	seeds := 10_000
	if *short {
		seeds = 1500
	}
	test := exec.Command("go", "test", "-count=1", "-timeout=30m", "-run=^TestFaultSchedules$",
		"github.com/curlew-rpc/curlew", fmt.Sprint("-faults.seeds=", seeds))
	out, err := test.CombinedOutput()
	text := string(out)
	failed := strings.Count(text, "--- FAIL: TestFaultSchedules/")
	if err != nil {
		const most = 20
		for line := range strings.Lines(text) {
			if r.note("%s", strings.TrimRight(line, "\n")); len(r.notes) == most {
				break
			}
		}
	}
	r.measured("%d of %d schedules break a rule", failed, seeds)
	r.want(err == nil, "go test: %v", err)
	return nil
}
