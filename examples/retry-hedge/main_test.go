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
	const want = `two failures, and an idempotent method: Hello, curlew!
one failure, and any other:
   first attempt: UNAVAILABLE: the till is closed
two failures, and a retry policy: shelf B7
one failure too many:
   first attempt: UNAVAILABLE: the till is closed
   retry: UNAVAILABLE: the till is closed
   retry: UNAVAILABLE: the till is closed
   no further attempt: the retry policy allows 3 attempts
attempts of 20 calls that fail: 23
   first attempt: UNAVAILABLE: the till is closed
   no further attempt: retries are throttled: 0 of 10 tokens are left
every other server hangs, and calls are hedged: 20 of 20 are answered
`
	if out.String() != want {
		t.Errorf("printed\n%s\nwant\n%s", &out, want)
	}
}
