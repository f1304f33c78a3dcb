package archtest

import (
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// documentedAddress is where documents have the shelf.
const documentedAddress = "localhost:8080"

// A command is one of a transcript: a line that begins with "$ ", those that go on with
// it, and what it prints.
type command struct {
	line   int
	text   string
	output []string
}

// transcript returns the commands in the blocks of a document that are marked console.
func transcript(t *testing.T, doc string) (all []command) {
	t.Helper()
	inside := false
	for i, line := range strings.Split(string(read(t, doc)), "\n") {
		prompt, isPrompt := strings.CutPrefix(line, "$ ")
		switch {
		case strings.HasPrefix(line, "```"):
			inside = line == "```console"
		case !inside:
		case isPrompt:
			all = append(all, command{line: i + 1, text: prompt})
		case len(all) == 0:
			t.Fatalf("%s:%d: output without a command", doc, i+1)
		case strings.HasSuffix(all[len(all)-1].text, "\\"):
			all[len(all)-1].text += "\n" + line
		default:
			all[len(all)-1].output = append(all[len(all)-1].output, line)
		}
	}
	return all
}

// pattern matches what a command may print: "..." stands for anything within a line, and
// alone for any lines.
func (c command) pattern() *regexp.Regexp {
	var b strings.Builder
	b.WriteString(`^`)
	for _, line := range c.output {
		if line == "..." {
			b.WriteString(`(.*\n)*?`)
			continue
		}
		b.WriteString(strings.ReplaceAll(regexp.QuoteMeta(line), `\.\.\.`, `.*`) + `\n`)
	}
	b.WriteString(`$`)
	return regexp.MustCompile(b.String())
}

// normal returns what was printed as lines without what a terminal does not show.
func normal(printed string) string {
	lines := strings.Split(printed, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \r")
	}
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	if len(lines) == 0 {
		return ""
	}
	return strings.Join(lines, "\n") + "\n"
}

// What documents say that curl and curlew print is what they print, one document after
// another, each with a shelf of its own.
func TestTranscripts(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs and runs curl")
	}
	for _, tool := range []string{"curl", "bash"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed, and without it the transcripts of docs/web.md and README.md are not checked: %v", tool, err)
		}
	}
	bin, err := filepath.Abs(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	run(t, ".", "build", "-o", bin, "./cmd/curlew", "./examples/rest")
	path := "PATH=" + bin + string(os.PathListSeparator) + os.Getenv("PATH")
	for doc, least := range map[string]int{"docs/web.md": 40, "README.md": 4} {
		t.Run(doc, func(t *testing.T) {
			commands := transcript(t, doc)
			if len(commands) < least {
				t.Fatalf("found only %d commands", len(commands))
			}
			address := serveShelf(t, filepath.Join(bin, "rest"))
			for _, c := range commands {
				out := normal(runCommand(t, strings.ReplaceAll(c.text, documentedAddress, address), path))
				if got := strings.ReplaceAll(out, address, documentedAddress); !c.pattern().MatchString(got) {
					t.Errorf("%s:%d: %s\nprints\n%s\nnot\n%s", doc, c.line, c.text, got, strings.Join(c.output, "\n"))
				}
			}
		})
	}
}

// serveShelf runs the example until the test ends.
func serveShelf(t *testing.T, program string) (address string) {
	t.Helper()
	address = net.JoinHostPort("localhost", freePort(t))
	cmd := exec.Command(program, "-serve", address)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill() // and Wait says what came of it
		if err := cmd.Wait(); cmd.ProcessState.Exited() {
			t.Errorf("the server has ended by itself: %v\n%s", err, &stderr)
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for {
		var d net.Dialer
		if conn, err := d.DialContext(ctx, "tcp", address); err == nil {
			conn.Close()
			return address
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			t.Fatal("the server does not answer")
		}
	}
}

func runCommand(t *testing.T, text, path string) (printed string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-c", "set -o pipefail\n"+text)
	cmd.Env = append(os.Environ(), path, "NO_PROXY=*", "CURL_HOME="+t.TempDir())
	out, err := cmd.Output()
	if err != nil {
		t.Errorf("%s: %v", text, err)
	}
	return string(out)
}

// What the guide shows of bookshelf.proto is there.
func TestGuideExcerpts(t *testing.T) {
	comments := regexp.MustCompile(`(?m)^\s*//.*\n`)
	all := regexp.MustCompile(`\s+`).ReplaceAllString(comments.ReplaceAllString(string(read(t, "examples/proto/bookshelf/v1/bookshelf.proto")), ""), " ")
	found := 0
	for _, block := range strings.Split(string(read(t, "docs/web.md")), "```proto\n")[1:] {
		block, _, _ = strings.Cut(block, "```")
		for _, method := range strings.Split("\n"+block, "\nrpc ")[1:] {
			found++
			if want := "rpc " + strings.Join(strings.Fields(method), " "); !strings.Contains(all, want) {
				t.Errorf("there is no %s", want)
			}
		}
	}
	if found < 5 {
		t.Errorf("found only %d methods", found)
	}
}

// A transcript that is wrong is noticed.
func TestTranscriptPattern(t *testing.T) {
	for _, test := range []struct {
		output  string
		printed string
		want    bool
	}{
		{"a\nb", "a\nb\n", true},
		{"a\nb", "a\r\nb", true},
		{"a\nb", "a\nc\n", false},
		{"a", "a\nb\n", false},
		{"a\nb", "a\n", false},
		{"date: ...\nb", "date: today\nb\n", true},
		{"date: ...\nb", "date: today\nmore\nb\n", false},
		{"a\n...\nb", "a\nb\n", true},
		{"a\n...\nb", "a\nx\ny\nb\n", true},
		{"a\n...\nb", "a\nx\n", false},
		{"a.b", "axb\n", false},
	} {
		c := command{output: strings.Split(test.output, "\n")}
		if got := c.pattern().MatchString(normal(test.printed)); got != test.want {
			t.Errorf("%q for %q: %v", test.printed, test.output, got)
		}
	}
}
