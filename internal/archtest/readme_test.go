package archtest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A snippet is a fenced block of a document.
type snippet struct {
	language string
	text     string
	line     int
}

// snippets returns the fenced blocks of the section of a document, all of them if it is
// empty.
func snippets(t *testing.T, doc, section string) []snippet {
	t.Helper()
	var all []snippet
	var open *snippet
	inside := section == ""
	for i, line := range strings.Split(string(read(t, doc)), "\n") {
		fence, isFence := strings.CutPrefix(line, "```")
		switch {
		case open == nil && strings.HasPrefix(line, "## "):
			inside = section == "" || line == "## "+section
		case !inside:
		case isFence && open == nil:
			open = &snippet{language: fence, line: i + 1}
		case isFence:
			all = append(all, *open)
			open = nil
		case open != nil:
			open.text += line + "\n"
		}
	}
	if len(all) == 0 {
		t.Fatalf("%s has no snippets under %s", doc, section)
	}
	return all
}

// A tutorial is a shell script that does what a reader does.
type tutorial struct {
	script  strings.Builder
	outputs []snippet // what is to be printed
	shells  int
}

// add appends what a snippet asks the reader to do: run commands, write a file
// that its first line names, or compare what the commands before print.
func (s *tutorial) add(t *testing.T, sn snippet) {
	t.Helper()
	switch sn.language {
	case "sh":
		s.shells++
		fmt.Fprintf(&s.script, "{\n%s} >\"$OUT/%d\" 2>\"$OUT/%d.err\"\n", sn.text, s.shells, s.shells)
		s.outputs = append(s.outputs, snippet{})
	case "text":
		if s.shells == 0 {
			t.Fatalf("README.md:%d: output without a command", sn.line)
		}
		s.outputs[s.shells-1] = sn
	case "go", "proto":
		first, _, _ := strings.Cut(sn.text, "\n")
		name, ok := strings.CutPrefix(first, "// ")
		if !ok || strings.Contains(name, " ") {
			t.Fatalf("README.md:%d: the first line names no file: %s", sn.line, first)
		}
		fmt.Fprintf(&s.script, "mkdir -p %s\ncat >%s <<'END_OF_FILE'\n%sEND_OF_FILE\n", filepath.Dir(name), name, sn.text)
	default:
		t.Fatalf("README.md:%d: a block of unknown kind %q", sn.line, sn.language)
	}
}

// The tutorial of README.md does what it says: its files are written, its
// commands run, and what they print compared.
func TestReadmeTutorial(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and runs programs")
	}
	var tut tutorial
	tut.script.WriteString("set -eu\n")
	for _, sn := range snippets(t, "README.md", "Five minutes") {
		tut.add(t, sn)
	}
	root, err := filepath.Abs(repository)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	out, bin := filepath.Join(dir, "out"), filepath.Join(dir, "bin")
	for _, d := range []string{out, bin} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(root, filepath.Join(dir, "curlew")); err != nil {
		t.Fatal(err)
	}
	// The port that README.md names may be taken here.
	script := strings.ReplaceAll(tut.script.String(), "50051", freePort(t))
	env := append(os.Environ(), "OUT="+out, "GOBIN="+bin, "GOWORK=", "GOFLAGS=-buildvcs=false",
		"PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	if err := runScript(t, dir, script, env); err != nil {
		t.Errorf("the tutorial fails: %v", err)
	}
	for i, want := range tut.outputs {
		got, err := os.ReadFile(filepath.Join(out, strconv.Itoa(i+1)))
		if err == nil && want.text != "" && string(got) != want.text {
			t.Errorf("README.md:%d: the commands print\n%s", want.line, got)
		}
		if t.Failed() {
			text, _ := os.ReadFile(filepath.Join(out, strconv.Itoa(i+1)+".err"))
			t.Logf("commands %d:\n%s%s", i+1, got, text)
		}
	}
}

// runScript runs a shell script, and ends what it has left running.
func runScript(t *testing.T, dir, script string, env []string) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-c", script)
	cmd.Dir, cmd.Env = dir, env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		return err
	}
	group := -cmd.Process.Pid // the script's own, which its server is in
	cmd.Cancel = func() error { return syscall.Kill(group, syscall.SIGKILL) }
	err := cmd.Wait()
	if kerr := syscall.Kill(group, syscall.SIGKILL); kerr != nil && kerr != syscall.ESRCH {
		t.Errorf("ending the server: %v", kerr)
	}
	if err != nil {
		return fmt.Errorf("%w\n%s", err, &stderr)
	}
	return nil
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

var (
	figures = regexp.MustCompile(`[0-9]+(\.[0-9]+)?`)
	spaces  = regexp.MustCompile(`\s+`)
)

// The demonstration prints what README.md shows of it, but for times, ports and
// numbers.
func TestReadmeTranscript(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the demonstration")
	}
	// The first run begins with an empty store, the second does not.
	store := t.TempDir()
	demonstrate(t, store)
	out := demonstrate(t, store)
	normal := func(line string) string {
		return spaces.ReplaceAllString(figures.ReplaceAllString(strings.TrimSpace(line), "0"), " ")
	}
	printed := map[string]bool{"...": true}
	for line := range strings.Lines(out) {
		printed[normal(line)] = true
	}
	sn := snippets(t, "README.md", "Look at it")
	transcript := sn[len(sn)-1]
	n := 0
	for line := range strings.Lines(transcript.text) {
		if n++; !printed[normal(line)] {
			t.Errorf("README.md:%d: the demonstration does not print: %s", transcript.line+n, line)
		}
	}
	if n < 10 {
		t.Errorf("the transcript has %d lines", n)
	}
	if t.Failed() {
		t.Logf("it prints:\n%s", out)
	}
}

func demonstrate(t *testing.T, store string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "run", "./cmd/curlew", "demo", "--exit")
	cmd.Dir = repository
	cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+store, "GOCACHE="+string(bytes.TrimSpace(run(t, ".", "env", "GOCACHE"))))
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}
