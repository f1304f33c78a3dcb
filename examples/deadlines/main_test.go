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
	const want = `with time enough: the kettle is on shelf B7
in a hurry, the client: DEADLINE_EXCEEDED true
in a hurry, the stock: gave up
`
	if out.String() != want {
		t.Errorf("printed\n%s\nwant\n%s", &out, want)
	}
}
