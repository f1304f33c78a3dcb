package jsonfield

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

func parse(t *testing.T, text string) Value {
	t.Helper()
	doc, v := Parse("", []byte(text))
	if err := doc.Err(); err != nil {
		t.Fatalf("Parse(%q): %v", text, err)
	}
	return v
}

// check compares an error with the text that it is to have, "" for none.
func check(t *testing.T, what string, err error, want string) {
	t.Helper()
	got := ""
	if err != nil {
		got = err.Error()
	}
	if got != want {
		t.Errorf("%s:\n got error %q\nwant       %q", what, got, want)
	}
}

// Where a text is no JSON is for this package to say, and why for encoding/json.
func TestParseRefusesWhatIsNoJSON(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"", "at: the text is empty; without any settings it is {}"},
		{"{", "at: no valid JSON: line 1, column 1: "},
		{"{\n  \"a\": fall\n}", "at: no valid JSON: line 2, column 11: "},
		{`{"a": 1} {}`, "at: no valid JSON: line 1, column 10: "},
		{`{"a": 01}`, "at: no valid JSON: line 1, column 8: "},
		{strings.Repeat(" ", MaxSize) + "{}", "at: the text has 1048578 bytes; it may have 1048576 at most"},
		{strings.Repeat("[", 100_000), "at: no valid JSON: line 1, column 10001: "},
	} {
		doc, v := Parse("at", []byte(tt.text))
		if err := doc.Err(); err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("Parse(%.20q): %v, want %s...", tt.text, err, tt.want)
		}
		if !v.Absent() {
			t.Errorf("Parse(%.20q) has a value", tt.text)
		}
	}
	if !parse(t, " null\n").Absent() {
		t.Error("null is no value")
	}
}

func TestFieldNames(t *testing.T) {
	o := parse(t, `{"maxSize": 1, "maxsize": 2, "MINSIZE": 3, "size": 4, "size": 5, "none": null}`).Object()
	for name, want := range map[string]int{"maxSize": 1, "minSize": 3, "size": 5, "none": 7, "other": 7} {
		if got := o.Field(name).Int(7, 0, 9); got != want {
			t.Errorf("%s is %d, want %d", name, got, want)
		}
	}
	if got := o.Entry("minSize"); !got.Absent() {
		t.Errorf("the entry minSize is %s: what a text names is to match exactly", got.Raw())
	}
	if err := o.Document().Err(); err != nil {
		t.Error(err)
	}
}

func TestPaths(t *testing.T) {
	o := parse(t, `{"list": [{"a": {}}], "map": {"x-1": 1, "a b": 2}}`).Object()
	entries := o.Field("map").Object()
	for _, tt := range []struct{ got, want string }{
		{o.Path(), ""},
		{o.Field("list").List()[0].Object().Field("a").Object().Field("b").Path(), "list[0].a.b"},
		{entries.Entry("x-1").Path(), "map.x-1"},
		{entries.Entry("a b").Path(), `map["a b"]`},
		{entries.Entry("").Path(), `map[""]`},
		{Under("a", &Error{"[1].b", "wrong"}).Error(), "a[1].b: wrong"},
		{Under("a", &Error{"b", "wrong"}).Error(), "a.b: wrong"},
		{Under("a", &Error{"", "wrong"}).Error(), "a: wrong"},
		{Under("a", errors.New("wrong")).Error(), "a: wrong"},
		{Under("", errors.New("wrong")).Error(), "wrong"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

func TestWrongKind(t *testing.T) {
	reads := map[string]func(Value){
		"object":   func(v Value) { v.Object() },
		"list":     func(v Value) { v.List() },
		"string":   func(v Value) { v.String("") },
		"bool":     func(v Value) { v.Bool(false) },
		"number":   func(v Value) { v.Float(0) },
		"whole":    func(v Value) { v.Int(0, math.MinInt, math.MaxInt) },
		"least":    func(v Value) { v.Int(0, 2, math.MaxInt) },
		"range":    func(v Value) { v.Int(0, 0, 100) },
		"duration": func(v Value) { v.Duration(0) },
		"positive": func(v Value) { v.Positive(0) },
		"notneg":   func(v Value) { v.NotNegative(0) },
		"required": func(v Value) { v.Required() },
	}
	for _, tt := range []struct{ read, text, want string }{
		{"object", `[]`, "x: []; it must be an object"},
		{"object", `{"a": 1}`, ""},
		{"object", `null`, ""},
		{"list", `{"a":  1}`, `x: {"a": 1}; it must be a list`},
		{"list", `[1, null]`, "x[1]: null; an element of a list must not be null"},
		{"string", `5`, "x: 5; it must be a string"},
		{"bool", `"true"`, `x: "true"; it must be true or false`},
		{"bool", `1`, "x: 1; it must be true or false"},
		{"number", `"NaN"`, `x: "NaN"; it must be a number`},
		{"number", `"Infinity"`, `x: "Infinity"; it must be a number`},
		{"number", `1e999`, "x: 1e999; it must be a number"},
		{"number", `"0x10"`, `x: "0x10"; it must be a number`},
		{"number", `""`, `x: ""; it must be a number`},
		{"number", `true`, "x: true; it must be a number"},
		{"number", `"-1.5e3"`, ""},
		{"whole", `1.5`, "x: 1.5; it must be a whole number"},
		{"whole", `" 5"`, `x: " 5"; it must be a whole number`},
		{"whole", `[5]`, "x: [5]; it must be a whole number"},
		{"least", `1`, "x: 1; it must be a whole number of at least 2"},
		{"least", `"-3"`, `x: "-3"; it must be a whole number of at least 2`},
		{"range", `101`, "x: 101; it must be a whole number from 0 to 100"},
		{"range", `-1`, "x: -1; it must be a whole number from 0 to 100"},
		{"duration", `5`, `x: 5; it must be a number of seconds with an s, such as "1.5s"`},
		{"positive", `"0s"`, `x: "0s"; it must be positive`},
		{"notneg", `"-0.5s"`, `x: "-0.5s"; it must not be negative`},
		{"notneg", `"0s"`, ""},
		{"required", `null`, "x: it is missing, and required"},
		{"required", `0`, ""},
		{"bool", `"` + strings.Repeat("é", 50) + `"`, `x: "` + strings.Repeat("é", 29) + `...; it must be true or false`},
	} {
		doc, v := Parse("x", []byte(tt.text))
		reads[tt.read](v)
		check(t, tt.read+" "+tt.text, doc.Err(), tt.want)
	}
}

// The first thing that is wrong is what a reader is told of.
func TestFirstErrorStays(t *testing.T) {
	o := parse(t, `{"a": 1, "b": 2}`).Object()
	o.Field("b").String("")
	o.Field("a").String("")
	check(t, "two wrong fields", o.Document().Err(), "b: 2; it must be a string")
}

func TestInt(t *testing.T) {
	for _, tt := range []struct {
		text string
		want int
	}{
		{"5", 5}, {"-5", -5}, {"0", 0}, {`"5"`, 5}, {"5.0", 5}, {"5e1", 50}, {`"50e-1"`, 5},
		{"1e300", math.MaxInt}, {"-1e300", math.MinInt}, {"99999999999999999999", math.MaxInt},
	} {
		v := parse(t, tt.text)
		if got := v.Int(7, math.MinInt, math.MaxInt); got != tt.want || v.Document().Err() != nil {
			t.Errorf("%s is %d, %v, want %d", tt.text, got, v.Document().Err(), tt.want)
		}
	}
}

func TestDuration(t *testing.T) {
	const wrong = time.Duration(-77)
	for _, tt := range []struct {
		text string
		want time.Duration
	}{
		{"1s", time.Second},
		{"0s", 0},
		{"1.5s", 1500 * time.Millisecond},
		{"1.000000001s", time.Second + 1},
		{"0.000000001s", 1},
		{"-0.5s", -500 * time.Millisecond},
		{"-1s", -time.Second},
		{".5s", 500 * time.Millisecond},
		{"5.s", 5 * time.Second},
		{"0000001s", time.Second},
		{"315576000000s", math.MaxInt64},
		{"-315576000000s", -math.MaxInt64},
		{"9223372035.999999999s", 9223372035999999999},
		{"9223372036s", math.MaxInt64},

		{"", wrong},
		{"s", wrong},
		{".s", wrong},
		{"-s", wrong},
		{"1", wrong},
		{"3c", wrong},
		{"1S", wrong},
		{"1m", wrong},
		{"1ms", wrong},
		{"1 s", wrong},
		{" 1s", wrong},
		{"+1s", wrong},
		{"--1s", wrong},
		{"1.+5s", wrong},
		{"1.2.3s", wrong},
		{"1e3s", wrong},
		{"0x1s", wrong},
		{"1_000s", wrong},
		{"1.0000000001s", wrong},
		{"315576000001s", wrong},
		{"99999999999999999999s", wrong},
	} {
		v := parse(t, fmt.Sprintf("%q", tt.text))
		got := v.Duration(wrong)
		if got != tt.want || (v.Document().Err() != nil) != (tt.want == wrong) {
			t.Errorf("%q is %v, %v, want %v", tt.text, got, v.Document().Err(), tt.want)
		}
	}
}
