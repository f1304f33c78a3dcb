package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

func TestUnregister(t *testing.T) {
	src, err := os.ReadFile("../testproto/echo/v1/echo.pb.go")
	if err != nil {
		t.Fatal(err)
	}
	out, err := unregister(src, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"google.golang.org/protobuf/reflect/protoregistry"`, "new(protoregistry.Files),\n", "new(protoregistry.Types),\n"} {
		if bytes.Contains(src, []byte(want)) || bytes.Count(out, []byte(want)) != 1 {
			t.Errorf("%s is not what was added", want)
		}
	}
}

// What a file imports is found where the package says.
func TestUnregisterImports(t *testing.T) {
	src, err := os.ReadFile("../testproto/echo/v1/echo.pb.go")
	if err != nil {
		t.Fatal(err)
	}
	out, err := unregister(src, true)
	if err != nil {
		t.Fatal(err)
	}
	for want, n := range map[string]int{"FileRegistry:  imports(),\n": 1, "new(protoregistry.Files)": 0, "new(protoregistry.Types),\n": 1} {
		if got := bytes.Count(out, []byte(want)); got != n {
			t.Errorf("%q occurs %d times, want %d", want, got, n)
		}
	}
}

// Code of another shape is not left as it is.
func TestUnregisterOtherCode(t *testing.T) {
	src, err := os.ReadFile("../testproto/echo/v1/echo.pb.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range edits {
		for _, other := range []string{"", e[0] + e[0]} {
			if _, err := unregister(bytes.Replace(src, []byte(e[0]), []byte(other), 1), false); err == nil || !strings.Contains(err.Error(), "not once") {
				t.Errorf("%q in place of %q: %v", other, e[0], err)
			}
		}
	}
}
