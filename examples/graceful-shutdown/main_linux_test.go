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
	const want = `the old server is to leave
it is taken off the lists
it had a client: true; calls were open and have finished: true; calls were canceled: 0
the anvil is delivered
both servers had orders: true; orders that were lost: 0
time is up; calls that were canceled: 1
the anvil: UNAVAILABLE: the server is shutting down
`
	if out.String() != want {
		t.Errorf("printed\n%s\nwant\n%s", &out, want)
	}
}
