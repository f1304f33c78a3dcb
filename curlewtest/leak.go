package curlewtest

import (
	"bytes"
	"context"
	"fmt"
	"runtime/pprof"
	"strconv"
	"strings"
	"testing"
	"time"
)

// leakTime is how long what a test started may take to end after the test.
const leakTime = 20 * time.Second

// NoLeaks has the test fail if goroutines that it started, or that those have
// started, are still there when it is over and everything that it put into
// t.Cleanup afterwards is done. They have twenty seconds to end, on a machine that is busy.
//
// Call it first, on the test's own goroutine. It tells the test's goroutines by a
// profiler label, so tests may run in parallel. Those started by a timer, or by
// code that sets labels of its own, go unseen.
func NoLeaks(t testing.TB) {
	t.Helper()
	m := newMark(t)
	m.put()
	t.Cleanup(func() {
		pprof.SetGoroutineLabels(context.Background())
		m.check(t)
	})
}

// A mark tells goroutines from others. New goroutines inherit it.
type mark struct{ name string }

func newMark(t testing.TB) *mark {
	m := new(mark)
	m.name = fmt.Sprintf("%s %p", t.Name(), m) // unique as long as m is in use
	return m
}

const markLabel = "curlewtest"

// put marks the calling goroutine.
func (m *mark) put() {
	pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), pprof.Labels(markLabel, m.name)))
}

// check waits for the marked goroutines to end.
func (m *mark) check(t testing.TB) {
	t.Helper()
	var left []string
	if !eventually(func() bool {
		left = m.goroutines()
		return len(left) == 0
	}) {
		t.Errorf("%d goroutines, or groups of them, are left after %v:\n\n%s", len(left), leakTime, strings.Join(left, "\n"))
	}
}

// goroutines returns the stacks of the marked goroutines.
func (m *mark) goroutines() (stacks []string) {
	var profile bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
		panic(err) // a bytes.Buffer does not fail
	}
	label := strconv.Quote(markLabel) + ":" + strconv.Quote(m.name)
	for group := range strings.SplitSeq(profile.String(), "\n\n") {
		if strings.Contains(group, label) && !strings.Contains(group, "\tos/signal.loop+") {
			stacks = append(stacks, stackOf(group))
		}
	}
	return stacks
}

// stackOf makes a group of goroutines in the profile's text readable:
//
//	2 @ 0x47a0c5 0x4a6b11
//	# labels: {"curlewtest":"TestX 0xc000012345"}
//	#	0x4a6b10	main.f+0x24	/path/main.go:12
func stackOf(group string) string {
	var b strings.Builder
	for line := range strings.Lines(group) {
		fields := strings.Fields(line)
		switch {
		case len(fields) > 1 && fields[1] == "@":
			fmt.Fprintf(&b, "%s goroutines:\n", fields[0])
		case len(fields) == 4 && fields[0] == "#":
			name, _, _ := strings.Cut(fields[2], "+0x")
			fmt.Fprintf(&b, "\t%s\n\t\t%s\n", name, fields[3])
		}
	}
	return b.String()
}

// eventually reports whether ok is true at some time within leakTime.
func eventually(ok func() bool) bool {
	pause := time.Millisecond
	for end := time.Now().Add(leakTime); ; pause = min(2*pause, 100*time.Millisecond) {
		if ok() {
			return true
		}
		if time.Now().After(end) {
			return false
		}
		time.Sleep(pause)
	}
}
