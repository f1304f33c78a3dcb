package main

import (
	"strings"
	"testing"
)

func summarize(t *testing.T, lines ...string) (string, bool) {
	t.Helper()
	var out strings.Builder
	s := newSummary(&out)
	if err := s.read(strings.NewReader(strings.Join(lines, "\n") + "\n")); err != nil {
		t.Fatal(err)
	}
	ok := s.close()
	return out.String(), ok
}

func TestSummary(t *testing.T) {
	for _, c := range []struct {
		name  string
		lines []string
		want  string
		ok    bool
	}{{
		name: "passes and skips",
		lines: []string{
			`{"Action":"start","Package":"a"}`,
			`{"Action":"run","Package":"a","Test":"T"}`,
			`{"Action":"output","Package":"a","Test":"T","Output":"noise\n"}`,
			`{"Action":"pass","Package":"a","Test":"T"}`,
			`{"Action":"skip","Package":"a","Test":"U"}`,
			`{"Action":"pass","Package":"a","Elapsed":1.25}`,
			`{"Action":"start","Package":"b"}`,
			`{"Action":"skip","Package":"b"}`,
		},
		want: "ok    a  1.2s, 2 tests\n1 passed, 0 failed, 1 skipped\n",
		ok:   true,
	}, {
		name: "a failure shows its output and no other's",
		lines: []string{
			`{"Action":"output","Package":"a","Test":"T","Output":"noise\n"}`,
			`{"Action":"pass","Package":"a","Test":"T"}`,
			`{"Action":"output","Package":"a","Test":"F","Output":"wrong\n"}`,
			`{"Action":"fail","Package":"a","Test":"F"}`,
			`{"Action":"fail","Package":"a","Elapsed":0.1}`,
		},
		want: "FAIL  a  0.1s\nwrong\n1 passed, 1 failed\n",
	}, {
		name: "a package that does not build",
		lines: []string{
			`{"ImportPath":"a [a.test]","Action":"build-output","Output":"a.go:1: bad\n"}`,
			`{"ImportPath":"a [a.test]","Action":"build-fail"}`,
			`{"Action":"start","Package":"a"}`,
			`{"Action":"fail","Package":"a","FailedBuild":"a [a.test]"}`,
			`{"Action":"pass","Package":"b","Test":"T"}`,
			`{"Action":"pass","Package":"b"}`,
		},
		want: "FAIL  a  0.0s\na.go:1: bad\nok    b  0.0s, 1 tests\n1 passed, 1 failed\n",
	}, {
		name:  "go itself failed",
		lines: []string{"go: no such module"},
		want:  "go: no such module\n0 passed, 0 failed\n",
	}, {
		name:  "cut off",
		lines: []string{`{"Action":"pass","Package":"a","Test":"T"}`},
		want:  "FAIL  a: go test ended before it did\n1 passed, 1 failed\n",
	}} {
		t.Run(c.name, func(t *testing.T) {
			got, ok := summarize(t, c.lines...)
			if got != c.want || ok != c.ok {
				t.Errorf("%v:\n%s\nwant %v:\n%s", ok, got, c.ok, c.want)
			}
		})
	}
}
