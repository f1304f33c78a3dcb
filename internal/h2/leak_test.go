package h2

import (
	"runtime"
	"strings"
	"testing"
	"time"
)

// patience is how long a test waits for what must happen before it gives up.
const patience = 20 * time.Second

// noLeaks fails the test if goroutines of this package are left when it is over,
// those that timers started included. Tests that use it must not be parallel.
func noLeaks(t testing.TB) {
	t.Helper()
	t.Cleanup(func() {
		var left []string
		eventually(t, func() bool {
			left = ourGoroutines()
			return len(left) == 0
		}, func() string { return "goroutines to end:\n\n" + strings.Join(left, "\n\n") })
	})
}

// eventually polls ok until it is true, and fails the test after patience.
func eventually(t testing.TB, ok func() bool, what func() string) {
	t.Helper()
	end := time.Now().Add(patience)
	for pause := 50 * time.Microsecond; !ok(); pause = min(2*pause, 20*time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what())
		}
		time.Sleep(pause)
	}
}

// ourGoroutines returns the stacks of goroutines, but this one, in this package.
func ourGoroutines() (stacks []string) {
	buf := make([]byte, 64<<10)
	for {
		n := runtime.Stack(buf, true)
		if n < len(buf) {
			buf = buf[:n]
			break
		}
		buf = make([]byte, 2*len(buf))
	}
	for i, stack := range strings.Split(string(buf), "\n\n") {
		ours := i > 0 && strings.Contains(stack, "/internal/h2.")
		if ours && !strings.Contains(stack, "testing.(*T).Run(") && !strings.Contains(stack, "testing.(*B).Run(") && !strings.Contains(stack, "synctest.Run(") {
			stacks = append(stacks, stack)
		}
	}
	return stacks
}
