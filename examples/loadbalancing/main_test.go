package main

import (
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	var out strings.Builder
	if err := run(&out); err != nil {
		t.Fatal(err)
	}
	const want = `round_robin: [a:40 b:40 c:40]
round_robin, and c is slow: [a:40 b:40 c:40]
least_request, and c is slow: c has fewer than a tenth of the calls: true
peak_ewma, and c is slow: c has fewer than a tenth of the calls: true
the file names a and b: [a:60 b:60]
the file names b and c: [b:60 c:60]
`
	if out.String() != want {
		t.Errorf("printed\n%s\nwant\n%s", &out, want)
	}
}
