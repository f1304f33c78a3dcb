package curlewtest_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

// A probe is a test that notes how it fails.
type probe struct {
	testing.TB
	mu       sync.Mutex
	failures []string
	cleanups []func()
}

// probed runs f as a test of its own to its end and returns its failures.
func probed(t *testing.T, f func(t testing.TB)) []string {
	t.Helper()
	p := &probe{TB: t}
	var all sync.WaitGroup
	all.Go(func() { // to have the goroutine for itself, which Fatal ends
		defer func() {
			for _, c := range slices.Backward(p.cleanups) {
				c()
			}
		}()
		f(p)
	})
	all.Wait()
	return p.failures
}

func (p *probe) Errorf(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failures = append(p.failures, fmt.Sprintf(format, args...))
}

func (p *probe) Fatalf(format string, args ...any) {
	p.Errorf(format, args...)
	runtime.Goexit()
}

func (p *probe) Fatal(args ...any) { p.Fatalf("%s", fmt.Sprint(args...)) }

func (p *probe) Cleanup(f func()) { p.cleanups = append(p.cleanups, f) }

// wantFailure compares the failures with the one expected, none if there are no parts.
func wantFailure(t *testing.T, failures []string, parts ...string) {
	t.Helper()
	if len(parts) == 0 {
		for _, f := range failures {
			t.Errorf("failure: %s", f)
		}
		return
	}
	if len(failures) != 1 {
		t.Errorf("%d failures, not one: %q", len(failures), failures)
		return
	}
	for _, part := range parts {
		if !strings.Contains(failures[0], part) {
			t.Errorf("the failure does not say %q:\n%s", part, failures[0])
		}
	}
}
