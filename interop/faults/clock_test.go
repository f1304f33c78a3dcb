package faults

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// When the clock on the wall jumps, no deadline, timer or connection notices: all
// of them go by monotonic time. The machine's clock is not the test's to set, so
// this builds the tests of jump_test.go with a time.Now whose wall clock can be.
func TestClockJumps(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	binary := filepath.Join(dir, "jumping.test")
	build := exec.Command("go", "test", "-c", "-tags", "clockjump", "-overlay", overlay(t, dir), "-o", binary, ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v: %s", build, err, out)
	}
	tests := exec.Command(binary, "-test.run", "^TestJump$", "-test.v", "-test.timeout", "2m")
	out, err := tests.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: TestJump ") {
		t.Errorf("with jumps: %v: %s", err, out)
	}
}

// overlay writes a package time with a wall clock to move, and returns the file
// that has the go command use it.
func overlay(t *testing.T, dir string) string {
	t.Helper()
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	original := filepath.Join(strings.TrimSpace(string(root)), "src", "time", "time.go")
	text, err := os.ReadFile(original)
	if err != nil {
		t.Fatal(err)
	}
	const reads = "sec, nsec, mono := runtimeNow()\n"
	if n := strings.Count(string(text), reads); n != 1 {
		t.Fatalf("%s reads the clock in %d places, not in Now alone", original, n)
	}
	jumping := strings.Replace(string(text), reads, reads+"\tsec += jumped\n", 1) + `
var jumped int64

// Jump moves the wall clock. That others read it meanwhile is as with a real one.
func Jump(seconds int64) { jumped += seconds }
`
	changed := filepath.Join(dir, "time.go")
	config, err := json.Marshal(map[string]any{"Replace": map[string]string{original: changed}})
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "overlay.json")
	for file, content := range map[string]string{changed: jumping, name: string(config)} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return name
}
