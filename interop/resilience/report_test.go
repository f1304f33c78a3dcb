package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew/interop/resilience/internal/load"
	"github.com/curlew-rpc/curlew/interop/resilience/internal/stack"
)

// Curlew is held to the bars, others only to come to their end.
func TestRows(t *testing.T) {
	missing := error(&stack.Missing{What: "hedging"})
	for _, test := range []struct {
		stack  string
		v      verdict
		word   string
		failed bool
	}{
		{"curlew", verdict{figure: "x"}, "ok", false},
		{"curlew", verdict{figure: "x", broken: []string{"y"}}, "FAIL", true},
		{"curlew", verdict{err: missing, missing: true}, "FAIL", true},
		{"curlew", verdict{err: errors.New("no")}, "FAIL", true},
		{"grpc-go", verdict{figure: "x", broken: []string{"y"}}, "", false},
		{"grpc-go", verdict{err: missing, missing: true}, "", false},
		{"grpc-go", verdict{err: errors.New("no")}, "", true},
	} {
		st, err := stack.ByName(test.stack)
		if err != nil {
			t.Fatal(err)
		}
		r := row{&scenarios[0], st, test.v}
		if r.word() != test.word || r.failed() != test.failed {
			t.Errorf("%s, %+v: %q, failed %t", test.stack, test.v, r.word(), r.failed())
		}
		if line := r.line(); !strings.Contains(line, test.stack) {
			t.Errorf("the line is %q", line)
		}
	}
}

// A call is caught by a kill if any of its time is any of the kill's.
func TestCaught(t *testing.T) {
	at := func(ms int) time.Time { return time.UnixMilli(int64(ms)) }
	k := kill{at(100), at(110)}
	for _, test := range []struct {
		begun, took int
		want        bool
	}{{0, 99, false}, {0, 100, true}, {105, 1, true}, {0, 500, true}, {110, 5, true}, {111, 5, false}} {
		o := load.Outcome{Begun: at(test.begun), Took: time.Duration(test.took) * time.Millisecond}
		if got := k.caught(&o); got != test.want {
			t.Errorf("from %d for %d ms: %t", test.begun, test.took, got)
		}
	}
}
