package grpc

import (
	"bytes"
	"encoding/hex"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
)

// goldenReport is what another protobuf implementation writes for the same report.
var goldenReport = struct {
	report LoadReport
	wire   string
}{
	LoadReport{
		CPU: 1.5, Memory: 0.25, Application: 0.75, QPS: 120.5, EPS: 0.5,
		Utilization: map[string]float64{"disk": 0.5, "gpu": 0},
		Cost:        map[string]float64{"": 1},
		Named:       map[string]float64{"käse": -2},
	},
	"09000000000000f83f" + "11000000000000d03f" +
		"220b0a0011000000000000f03f" +
		"2a0f0a046469736b11000000000000e03f" + "2a0e0a03677075110000000000000000" +
		"310000000000205e40" + "39000000000000e03f" +
		"42100a056bc3a4736511" + "00000000000000c0" +
		"49000000000000e83f",
}

func TestLoadReportGolden(t *testing.T) {
	wire := AppendLoadReport([]byte("dst"), goldenReport.report)
	if got := hex.EncodeToString(wire[3:]); got != goldenReport.wire || string(wire[:3]) != "dst" {
		t.Errorf("AppendLoadReport:\n got %s\nwant %s", got, goldenReport.wire)
	}
	report, err := ParseLoadReport(wire[3:])
	if err != nil || !reflect.DeepEqual(report, goldenReport.report) {
		t.Errorf("ParseLoadReport = %+v, %v", report, err)
	}
	if got := AppendLoadReport(nil, LoadReport{}); len(got) != 0 {
		t.Errorf("an empty report is %x", got)
	}
}

func TestAppendLoadReportReplacesWhatIsNotUTF8(t *testing.T) {
	wire := AppendLoadReport(nil, LoadReport{Named: map[string]float64{"a\xff": 1}})
	if want := "\x42\x0f\x0a\x04a\xef\xbf\xbd\x11\x00\x00\x00\x00\x00\x00\xf0\x3f"; string(wire) != want {
		t.Errorf("AppendLoadReport = %x, want %x", wire, want)
	}
}

// What doubles look like.
const (
	one      = "\x00\x00\x00\x00\x00\x00\xf0\x3f"
	two      = "\x00\x00\x00\x00\x00\x00\x00\x40"
	minusOne = "\x00\x00\x00\x00\x00\x00\xf0\xbf"
	infinite = "\x00\x00\x00\x00\x00\x00\xf0\x7f"
	nan      = "\x00\x00\x00\x00\x00\x00\xf8\x7f"
)

func TestParseLoadReportTolerates(t *testing.T) {
	named := func(values map[string]float64) LoadReport { return LoadReport{Named: values} }
	tests := []struct {
		name, wire string
		want       LoadReport
	}{
		{"nothing", "", LoadReport{}},
		{"the last of a field", "\x09" + one + "\x09" + two, LoadReport{CPU: 2}},
		{"a whole number of calls", "\x18\x96\x01", LoadReport{QPS: 150}},
		{"both numbers of calls", "\x31" + two + "\x18\x01", LoadReport{QPS: 2}},
		{"negative numbers", "\x09" + minusOne + "\x11" + minusOne + "\x31" + minusOne + "\x39" + minusOne + "\x49" + minusOne, LoadReport{}},
		{"numbers that are not finite", "\x09" + infinite + "\x11" + nan + "\x49" + one, LoadReport{Application: 1}},
		{"the last of a name", "\x42\x0c\x0a\x01a\x11" + one + "\x42\x0c\x0a\x01a\x11" + two, named(map[string]float64{"a": 2})},
		{"a name without a value", "\x42\x03\x0a\x01a", named(map[string]float64{"a": 0})},
		{"a value without a name", "\x42\x09\x11" + one, named(map[string]float64{"": 1})},
		{"an entry turned around", "\x42\x0c\x11" + one + "\x0a\x01a", named(map[string]float64{"a": 1})},
		{"unknown fields in an entry", "\x42\x0e\x18\x07\x0a\x01a\x11" + one, named(map[string]float64{"a": 1})},
		{"a named value that is negative", "\x42\x0c\x0a\x01a\x11" + minusOne, named(map[string]float64{"a": -1})},
		{"a named value that is not a number", "\x42\x0c\x0a\x01a\x11" + nan, LoadReport{}},
		{"a cost that is infinite", "\x22\x0c\x0a\x01a\x11" + infinite, LoadReport{}},
		{"a utilization that is negative", "\x2a\x0c\x0a\x01a\x11" + minusOne, LoadReport{}},
		{"unknown varint, bytes, fixed and group", "\x50\x07\x5a\x01x\x61" + one + "\x6d1234\x73\x08\x01\x74\x09" + one, LoadReport{CPU: 1}},
		{"known numbers with other types", "\x08\x01\x12\x01x\x19" + one + "\x20\x01\x29" + one + "\x45abcd\x49" + one, LoadReport{Application: 1}},
	}
	for _, test := range tests {
		got, err := ParseLoadReport([]byte(test.wire))
		if err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: %+v, %v", test.name, got, err)
		}
	}
}

func TestParseLoadReportRefuses(t *testing.T) {
	for name, wire := range map[string]string{
		"a tag that ends early":         "\x09" + one + "\x88",
		"a double that ends early":      "\x09\x01\x02\x03",
		"a varint that ends early":      "\x18\x80",
		"an entry that ends early":      "\x42\x05abc",
		"field number 0":                "\x01" + one,
		"wire type 7":                   "\x0f",
		"a group that does not end":     "\x73\x08\x01",
		"damage within an entry":        "\x42\x02\x0a\x05",
		"a double that ends the entry":  "\x42\x04\x0a\x00\x11\x01",
		"a name that is not UTF-8":      "\x42\x03\x0a\x01\xff",
		"more names than anyone sends":  strings.Repeat("\x22\x00\x2a\x00", maxReportEntries/2) + "\x42\x00",
		"more bytes than anyone sends":  "\x5a\x80\x80\x04" + strings.Repeat("x", maxReportLen),
		"a cost after what can be read": "\x09" + one + "\x22\x0c\x0a\x01a\x11" + one + "\x22\x01\x0a",
	} {
		report, err := ParseLoadReport([]byte(wire))
		if !reflect.DeepEqual(report, LoadReport{}) {
			t.Errorf("%s: %+v beside the error", name, report)
		}
		wantError(t, name, err, Internal)
	}
}

func TestParseLoadReportAtItsBounds(t *testing.T) {
	r := LoadReport{Named: make(map[string]float64)}
	for i := range maxReportEntries {
		r.Named[strings.Repeat("n", i%40)+string(rune('A'+i))] = float64(i)
	}
	got, err := ParseLoadReport(AppendLoadReport(nil, r))
	if err != nil || !reflect.DeepEqual(got, r) {
		t.Errorf("%d names, %v", len(got.Named), err)
	}
	long := []byte("\x5a\xfc\xff\x03" + strings.Repeat("x", maxReportLen-4))
	if _, err := ParseLoadReport(long); err != nil || len(long) != maxReportLen {
		t.Errorf("%d bytes: %v", len(long), err)
	}
}

// A report without names, as most are, costs no memory but its own.
func TestParseLoadReportAllocates(t *testing.T) {
	wire := AppendLoadReport(nil, LoadReport{CPU: 0.5, QPS: 100, EPS: 1})
	if n := testing.AllocsPerRun(100, func() { _, _ = ParseLoadReport(wire) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestAppendLoadReportRequest(t *testing.T) {
	for interval, want := range map[time.Duration]string{
		-time.Second:            "",
		0:                       "",
		1:                       "\x0a\x02\x10\x01",
		10 * time.Second:        "\x0a\x02\x08\x0a",
		1500 * time.Millisecond: "\x0a\x08\x08\x01\x10\x80\xca\xb5\xee\x01",
		math.MaxInt64:           "\x0a\x0c\x08\x84\xfa\x85\xae\x22\x10\xff\xaf\xcb\x97\x03",
	} {
		if got := AppendLoadReportRequest([]byte("dst"), interval); !bytes.Equal(got, []byte("dst"+want)) {
			t.Errorf("every %v: %x, want %x", interval, got[3:], want)
		}
	}
}
