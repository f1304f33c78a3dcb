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
	const want = `curlew: service config: methodConfig[0].retryPolicy.retryableStatusCodes[0]: "UNAVAILBLE"; it must be a status code, such as "UNAVAILABLE" or 14
by a file: a deadline of 2 minutes
the log says: a service config was refused: the resolver's service config: curlew: service config: methodConfig[0].retryPolicy.retryableStatusCodes[0]: "UNAVAILBLE"; it must be a status code, such as "UNAVAILABLE" or 14
what was right stays: a deadline of 2 minutes
and the next one that is: a deadline of 3 minutes
the client asks for the TXT records of _grpc_config.greet.example
by DNS: a deadline of 4 minutes
`
	if out.String() != want {
		t.Errorf("printed\n%s\nwant\n%s", &out, want)
	}
}
