package main

import (
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

// root is the repository's root directory.
const root = "../.."

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
	text, err := os.ReadFile(filepath.Join(root, doc))
	if err != nil {
		t.Fatal(err)
	}
	inside := false
	for i, line := range strings.Split(string(text), "\n") {
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
		t.Skip("runs curl and builds the command curlew")
	}
	for _, tool := range []string{"curl", "bash"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed, and without it the transcripts of docs/web.md and README.md are not checked: %v", tool, err)
		}
	}
	bin := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", bin, root+"/cmd/curlew").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	path := "PATH=" + bin + string(os.PathListSeparator) + os.Getenv("PATH")
	for doc, least := range map[string]int{"docs/web.md": 30, "README.md": 3} {
		t.Run(doc, func(t *testing.T) {
			commands := transcript(t, doc)
			if len(commands) < least {
				t.Fatalf("found only %d commands", len(commands))
			}
			address := serve(t)
			for _, c := range commands {
				out := normal(runCommand(t, strings.ReplaceAll(c.text, documentedAddress, address), path))
				if got := strings.ReplaceAll(out, address, documentedAddress); !c.pattern().MatchString(got) {
					t.Errorf("%s:%d: %s\nprints\n%s\nnot\n%s", doc, c.line, c.text, got, strings.Join(c.output, "\n"))
				}
			}
		})
	}
}

func serve(t *testing.T) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := newServer()
	go srv.Serve(l)
	t.Cleanup(func() { srv.Close() })
	return l.Addr().String()
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
func TestExcerpts(t *testing.T) {
	proto, err := os.ReadFile("../proto/bookshelf/v1/bookshelf.proto")
	if err != nil {
		t.Fatal(err)
	}
	guide, err := os.ReadFile(filepath.Join(root, "docs/web.md"))
	if err != nil {
		t.Fatal(err)
	}
	comments := regexp.MustCompile(`(?m)^\s*//.*\n`)
	all := regexp.MustCompile(`\s+`).ReplaceAllString(comments.ReplaceAllString(string(proto), ""), " ")
	found := 0
	for _, block := range strings.Split(string(guide), "```proto\n")[1:] {
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
func TestPattern(t *testing.T) {
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
