package h2

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
)

var rewrite = flag.Bool("rewrite", false, "write what the golden scripts of testdata give as what is expected")

// TestScripts runs the golden scripts of testdata. A file holds scenarios, each
// of which begins with "== name" and goes on with steps: what is done, a line
// ----, what comes of it, an empty line. Time stands still but for "sleep".
//
// What is done, besides the frames of scriptframe_test.go behind a ">":
//
//	server|client [greeted] [option=value...]   the connection under test
//	> EOF, > CLOSE                              the peer ends its side, or both
//	peer stops|reads                            it does not read any more, or again
//	drain, cut, close, reserve, unreserve       methods of the connection
//	active, limit, err, tally                   show what these methods return
//	sleep 3s                                    lets time pass
//	nextid 7                                    a client's next stream
//	open A [field...] [data=...] [end]          reserves and opens a client's stream
//	use A [field...] [data=...] [end]           the same with an earlier reservation
//	send A [field...] [data=...] [trailer field...] [end]
//	header|await|peek|discard|reset|abandon|free A [argument]
//	giveup A                                    ends the waits of A
//	return 1                                    the handler of stream 1 returns
//
// What comes of it: frames behind a "<", then events in alphabetical order.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no scripts", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) { runScripts(t, file) })
	}
}

func runScripts(t *testing.T, file string) {
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, scenarios := parseScripts(t, string(before))
	after := bytes.NewBufferString(head)
	for _, sc := range scenarios {
		t.Run(strings.ReplaceAll(sc.name, " ", "_"), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { sc.run(t) })
		})
		sc.print(after)
	}
	if *rewrite && after.String() != string(before) {
		if err := os.WriteFile(file, after.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// A scenario is a connection from its beginning to its end.
type scenario struct {
	name  string
	steps []*step
}

// A step is what is done, with the comments before and between, and what comes
// of it.
type step struct {
	do         []string
	want, have []string
}

// parseScripts also returns what stands before the first scenario.
func parseScripts(t *testing.T, text string) (head string, scenarios []*scenario) {
	at := strings.Index(text, "== ")
	if at < 0 {
		t.Fatal("no scenario")
	}
	head = text[:at]
	var st *step
	answer := false
	for line := range strings.Lines(text[at:]) {
		line = strings.TrimRight(line, "\n ")
		if name, ok := strings.CutPrefix(line, "== "); ok {
			scenarios = append(scenarios, &scenario{name: name})
			st = nil
			continue
		}
		sc := scenarios[len(scenarios)-1]
		switch {
		case line == "":
			st, answer = nil, false
		case line == "----":
			answer = true
		case answer:
			st.want = append(st.want, line)
		default:
			if st == nil {
				st = new(step)
				sc.steps = append(sc.steps, st)
			}
			st.do = append(st.do, line)
		}
	}
	return head, scenarios
}

func (sc *scenario) print(b *bytes.Buffer) {
	b.WriteString("== " + sc.name + "\n")
	for _, st := range sc.steps {
		b.WriteString(strings.Join(st.do, "\n") + "\n----\n")
		for _, line := range st.have {
			b.WriteString(line + "\n")
		}
		b.WriteString("\n")
	}
}

// run runs the scenario in a bubble, which also sees to it that nothing is left.
func (sc *scenario) run(t *testing.T) {
	r := newScriptRun(t)
	defer r.end()
	for _, st := range sc.steps {
		st.have = r.step(st.do)
		if *rewrite {
			continue
		}
		have, want := strings.Join(st.have, "\n"), strings.Join(st.want, "\n")
		if have != want {
			t.Fatalf("after\n\n%s\n\nthere came\n\n%s\n\ninstead of\n\n%s", strings.Join(st.do, "\n"), have, want)
		}
	}
}
