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
	const want = `{"greeting":"Hello, curl, by HTTP/1.1, tcp!"}
alt-svc: h3=":8443"; ma=86400
Hello, gRPC, by HTTP/2, tcp!
Hello, gRPC, by HTTP/3, udp!
Hello, Connect, by HTTP/3, udp!
`
	if out.String() != want {
		t.Errorf("printed\n%s\nwant\n%s", &out, want)
	}
}
