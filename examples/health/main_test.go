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
	const want = `a is asked: SERVING
about a service that it does not have: NOT_FOUND
a is watched: SERVING
a is watched: NOT_SERVING
a is watched: SERVING
both serve: calls go to a and b
b does not: calls go to a, and none has failed
none serves: UNAVAILABLE
b serves again: a call that waits for that goes to b
`
	if out.String() != want {
		t.Errorf("printed\n%s\nwant\n%s", &out, want)
	}
}
