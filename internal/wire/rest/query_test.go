package rest

import (
	"slices"
	"strings"
	"testing"
)

func TestAppendQuery(t *testing.T) {
	for _, c := range []struct {
		query string
		want  []Pair
	}{
		{"", nil},
		{"&&", nil},
		{"a=b", []Pair{{"a", "b"}}},
		{"a", []Pair{{"a", ""}}},
		{"a=", []Pair{{"a", ""}}},
		{"=b", []Pair{{"", "b"}}},
		{"=", []Pair{{"", ""}}},
		{"a=b=c", []Pair{{"a", "b=c"}}},
		{"a=1&b=2&&a=3&", []Pair{{"a", "1"}, {"b", "2"}, {"a", "3"}}},
		{"a+b=c+d", []Pair{{"a b", "c d"}}},
		{"a%2Bb=c%2bd%20+", []Pair{{"a+b", "c+d  "}}},
		{"a=%26%3D%25", []Pair{{"a", "&=%"}}},
		{"m%5Bk%5D=v&m[l]=w", []Pair{{"m[k]", "v"}, {"m[l]", "w"}}},
		{"k=k%C3%A4se&l=käse", []Pair{{"k", "käse"}, {"l", "käse"}}},
		{"a=1;b=2", []Pair{{"a", "1;b=2"}}},
		{"a?b=c?d#", []Pair{{"a?b", "c?d#"}}},
	} {
		got, err := AppendQuery(nil, c.query, QueryLimits{})
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, %v", c.query, got, err)
		}
	}
	for _, c := range []struct{ query, want string }{
		{"a=%", `query parameter "a": its value has a percent sign`},
		{"x=1&%4=%", `query parameter "%4": its name has a percent sign`},
		{"a=%zz", `query parameter "a": its value has a percent sign`},
		{"a=%ff", `query parameter "a": its value has text that is not UTF-8`},
		{"a\xff=1", `query parameter "a\xff": its name has text that is not UTF-8`},
		{strings.Repeat("a=1&", 1001), "more than 1000 parameters"},
		{strings.Repeat("a", 64<<10+1), "65537 octets, more than 65536"},
	} {
		_, err := AppendQuery(nil, c.query, QueryLimits{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.20s: %v, want %s", c.query, err, c.want)
		}
	}
	if _, err := AppendQuery(nil, "a&b&c", QueryLimits{Pairs: 2}); err == nil {
		t.Error("three pairs pass for two")
	}
	if _, err := AppendQuery(nil, "a&b&", QueryLimits{Pairs: 2, Length: 4}); err != nil {
		t.Error(err)
	}
	if _, err := AppendQuery(nil, "a=bcd", QueryLimits{Length: 4}); err == nil {
		t.Error("five octets pass for four")
	}
}

func TestAppendQueryAllocations(t *testing.T) {
	space := make([]Pair, 0, 4)
	if got := testing.AllocsPerRun(100, func() {
		if _, err := AppendQuery(space, "page_size=10&filter=name&view=2", QueryLimits{}); err != nil {
			t.Fatal(err)
		}
	}); got != 0 {
		t.Errorf("%v allocations", got)
	}
}
