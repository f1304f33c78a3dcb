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
	const want = `"grace": account 1
"ada": choose another name
"frozen": UNAVAILABLE: accounts are read-only for now
level=WARN msg="a handler failed with an error that is not sent" method=/accounts.v1.AccountService/Open err="db-7: password hunter2 refused"
"broken": UNKNOWN: the handler failed
"": INVALID_ARGUMENT: 2 fields are wrong
    name is empty
    email has no @
`
	if out.String() != want {
		t.Errorf("printed\n%s\nwant\n%s", &out, want)
	}
}
