package main

import (
	"strings"
	"testing"
)

const sample = `mode: set
m/internal/a/a.go:1.1,2.2 3 0
m/internal/a/a.go:3.1,4.2 1 0
m/other/o.go:1.1,2.2 100 0
m/internal/a/a.go:1.1,2.2 3 1
m/internal/a/a.pb.go:1.1,2.2 100 0
m/internal/b/b.go:1.1,2.2 4 2
`

func TestReport(t *testing.T) {
	p, err := parse(strings.NewReader(sample), "m/internal")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		least float64
		ok    bool
	}{{87.5, true}, {87.6, false}} {
		var out strings.Builder
		if ok := p.report(&out, c.least); ok != c.ok {
			t.Errorf("at least %v: %v", c.least, ok)
		}
		for _, want := range []string{"75.0 %      3 of     4  m/internal/a\n", "100.0 %      4 of     4  m/internal/b\n", "87.5 %      7 of     8  in all"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("no %q in:\n%s", want, &out)
			}
		}
	}
}

func TestBadProfiles(t *testing.T) {
	for _, text := range []string{"", "mode: set\n", "mode: set\nm/internal/a.go:1.1,2.2 3\n", "mode: set\nm/internal/a.go:1.1,2.2 x 1\n", "mode: set\nm/internal/a.go 1 1\n", "mode: set\nelsewhere/a.go:1.1,2.2 3 1\n"} {
		if _, err := parse(strings.NewReader(text), "m/internal"); err == nil {
			t.Errorf("no error for %q", text)
		}
	}
}
