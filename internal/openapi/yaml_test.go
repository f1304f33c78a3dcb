package openapi

import (
	"strings"
	"testing"
)

func TestScalars(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", `""`},
		{"plain", "plain"},
		{"two words, (plain)", "two words, (plain)"},
		{"/v1/orders", "/v1/orders"},
		{"demo.orders.v1.Order", "demo.orders.v1.Order"},
		{"ends with space ", `"ends with space "`},
		{" begins with space", `" begins with space"`},
		{"true", `"true"`},
		{"No", `"No"`},
		{"on", `"on"`},
		{"null", `"null"`},
		{"~", `"~"`},
		{"200", `"200"`},
		{"1e5", `"1e5"`},
		{"0x1f", `"0x1f"`},
		{".inf", `".inf"`},
		{"-", `"-"`},
		{"2024-01-02", `"2024-01-02"`},
		{"a: b", `"a: b"`},
		{"a #b", `"a #b"`},
		{"$ref", `"$ref"`},
		{"{x}", `"{x}"`},
		{"[x]", `"[x]"`},
		{"*x", `"*x"`},
		{"&x", `"&x"`},
		{"<<", `"<<"`},
		{"=", `"="`},
		{`quote"back\slash`, `"quote\"back\\slash"`},
		{"tab\t\x00\x1b\x7f", `"tab\t\u0000\u001b\u007f"`},
		{"line\u2028\u2029\u0085\ufeff", `"line\u2028\u2029\u0085\ufeff"`},
		{"ä😀", `"ä😀"`},
		{"\xff", "\"\ufffd\""},
	} {
		if got := string(appendScalar(nil, c.in)); got != c.want {
			t.Errorf("%q is written as %s, want %s", c.in, got, c.want)
		}
	}
}

func TestYAML(t *testing.T) {
	long := strings.Repeat("k", 300)
	d := &Document{obj(
		member{"a", array{text("x"), array{number("1"), null{}}, obj(member{"b", boolean(true)}, member{"c", text("d")}), new(object), array{}}},
		member{"block", text("one\n\n  two: #\nthree")},
		member{"quoted", array{text("ends\n"), text(" starts\nso"), text("\nempty"), text("space \nat the end"), text("tab\t\nx"), text("\x01\n\n")}},
		member{"none", new(object)},
		member{long, number("1.5")},
	)}
	want := `a:
  - x
  -
    - 1
    - null
  - b: true
    c: d
  - {}
  - []
block: |-
  one

    two: #
  three
quoted:
  - "ends\n"
  - " starts\nso"
  - "\nempty"
  - "space \nat the end"
  - "tab\t\nx"
  - "\u0001\n\n"
none: {}
? ` + long + `
: 1.5
`
	if got := string(d.YAML()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
