package proc

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const limit = 20 * time.Second

func TestParseStat(t *testing.T) {
	const stat = "42 (a (b) c) S 1 42 42 0 -1 4194560 123 0 0 0 250 50 0 0 20 0 1 0 100 1000 10"
	got, err := parseStat([]byte(stat))
	if want := 3 * time.Second; err != nil || got != want {
		t.Errorf("parseStat = %v, %v, want %v", got, err, want)
	}
	if _, err := parseStat([]byte("42 (a) S 1")); err == nil {
		t.Error("parseStat of a line cut short: no error")
	}
}

func TestParseRSS(t *testing.T) {
	got, err := parseBytes("Name:\tx\nVmPeak:\t    9 kB\nVmRSS:\t    1234 kB\n", "VmRSS")
	if want := int64(1234 * 1024); err != nil || got != want {
		t.Errorf("parseBytes = %d, %v, want %d", got, err, want)
	}
	if _, err := parseBytes("Name:\tx\n", "VmRSS"); err == nil {
		t.Error("parseBytes without the name: no error")
	}
}

func TestUsageSince(t *testing.T) {
	begin := Usage{threads: map[string]time.Duration{"1": 100, "2": 50}, coarse: 10 * time.Millisecond}
	for _, tt := range []struct {
		name string
		end  Usage
		want time.Duration
	}{
		{"the same threads", Usage{map[string]time.Duration{"1": 130, "2": 50}, begin.coarse}, 30},
		{"one more", Usage{map[string]time.Duration{"1": 130, "2": 50, "3": 7}, begin.coarse}, 37},
		{"one less", Usage{map[string]time.Duration{"1": 130}, 30 * time.Millisecond}, 20 * time.Millisecond},
		{"one less, within a tick", Usage{map[string]time.Duration{"1": 130}, begin.coarse}, 30},
	} {
		if got := tt.end.Since(begin); got != tt.want {
			t.Errorf("%s: Since = %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestUsageGrowsWithWork(t *testing.T) {
	p, err := Start(Options{Path: "sh", Args: []string{"-c", "while :; do :; done"}, Core: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Stop()
	begin, err := p.CPU()
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(limit); ; time.Sleep(time.Millisecond) {
		now, err := p.CPU()
		if err != nil {
			t.Fatal(err)
		}
		if now.Since(begin) > time.Millisecond {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("a program that never rests has used %v", now.Since(begin))
		}
	}
	if rss, err := p.Memory(); err != nil || rss <= 0 {
		t.Errorf("Memory = %d, %v, want more than nothing", rss, err)
	}
}

func TestStopEndsTheWholeGroup(t *testing.T) {
	file := filepath.Join(t.TempDir(), "pid")
	p, err := Start(Options{Path: "sh", Args: []string{"-c", "sleep 1000 & echo $! >" + file + "; wait"}, Core: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Stop()
	for end := time.Now().Add(limit); ; time.Sleep(time.Millisecond) {
		if b, err := os.ReadFile(file); err == nil && len(b) > 0 {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the program did not start its child")
		}
	}
	p.Stop()
	p.Stop() // a second time changes nothing
	// Nothing but zombies, which have no memory, may be left of the group.
	for end := time.Now().Add(limit); ; time.Sleep(time.Millisecond) {
		if err := syscall.Kill(-p.PID(), 0); errors.Is(err, syscall.ESRCH) || zombies(t, file) {
			return
		}
		if time.Now().After(end) {
			t.Fatal("the child still runs")
		}
	}
}

// zombies tells whether the process of which a file has the id is dead.
func zombies(t *testing.T, file string) bool {
	t.Helper()
	pid, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	status, err := os.ReadFile("/proc/" + strings.TrimSpace(string(pid)) + "/status")
	return err != nil || strings.Contains(string(status), "State:\tZ")
}

func TestRun(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	out, err := Run(ctx, Options{Path: "sh", Args: []string{"-c", "echo $GOMAXPROCS"}, Core: -1, Threads: 3})
	if err != nil || out != "3\n" {
		t.Errorf("Run = %q, %v, want what it printed", out, err)
	}
	_, err = Run(ctx, Options{Path: "sh", Args: []string{"-c", "echo no such luck >&2; exit 7"}, Core: -1})
	if err == nil || !strings.Contains(err.Error(), "no such luck") || !strings.Contains(err.Error(), "7") {
		t.Errorf("error of a program that failed: %v, want its code and its words", err)
	}
	if _, err := Run(ctx, Options{Path: "/no/such/program", Core: -1}); err == nil {
		t.Error("a program that is not there: no error")
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	begin := time.Now()
	if _, err := Run(ctx, Options{Path: "sleep", Args: []string{"1000"}, Core: -1}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want that of the context", err)
	}
	if took := time.Since(begin); took > limit {
		t.Errorf("took %v", took)
	}
}

func TestListeningTellsWhyNot(t *testing.T) {
	addr, err := FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	p, err := Start(Options{Path: "sh", Args: []string{"-c", "echo address in use >&2; exit 1"}, Core: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Stop()
	if err := p.Listening(addr, limit); err == nil || !strings.Contains(err.Error(), "address in use") {
		t.Errorf("error %v, want what the program said", err)
	}
}

func TestCommandPins(t *testing.T) {
	got := strings.Join(Options{Path: "x", Args: []string{"-a"}, Core: 1}.Command(), " ")
	if want := "taskset -c 1 x -a"; got != want {
		t.Errorf("Command = %q, want %q", got, want)
	}
}
