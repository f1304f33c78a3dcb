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
	const want = `Skellig: 3 readings, 8.0 °C on average
Mizen: 3 readings, 6.0 °C on average
Skellig: 7.0 °C
Skellig: 8.0 °C
warm enough
Skellig is warmer by 2.0 °C
Skellig is warmer by 2.0 °C
nothing more to compare
`
	if out.String() != want {
		t.Errorf("printed\n%s\nwant\n%s", &out, want)
	}
}
