package grpc

import (
	"bytes"
	"encoding/hex"
	"reflect"
	"strings"
	"testing"
)

// golden is what another protobuf implementation writes for the same status.
var golden = struct {
	code    Code
	message string
	details []Detail
	wire    string
}{
	NotFound, "käse",
	[]Detail{
		{TypeURL: "type.googleapis.com/x.A", Value: []byte{8, 1}},
		{TypeURL: "t"},
		{Value: bytes.Repeat([]byte("v"), 130)},
		{},
	},
	"080512056bc3a473651a1d0a17747970652e676f6f676c65617069732e636f6d2f782e41120208011a030a01741a8501128201" +
		strings.Repeat("76", 130) + "1a00",
}

func TestDetailsGolden(t *testing.T) {
	wire := AppendDetails([]byte("dst"), golden.code, golden.message, golden.details)
	if got := hex.EncodeToString(wire[3:]); got != golden.wire || string(wire[:3]) != "dst" {
		t.Errorf("AppendDetails:\n got %s\nwant %s", got, golden.wire)
	}
	code, message, details, err := ParseDetails(wire[3:])
	if err != nil || code != golden.code || message != golden.message || !sameDetails(details, golden.details) {
		t.Errorf("ParseDetails = %v, %q, %v, %v", code, message, details, err)
	}
	if got := AppendDetails(nil, OK, "", nil); len(got) != 0 {
		t.Errorf("an empty status is %x", got)
	}
}

func sameDetails(a, b []Detail) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].TypeURL != b[i].TypeURL || !bytes.Equal(a[i].Value, b[i].Value) {
			return false
		}
	}
	return true
}

func TestAppendDetailsReplacesWhatIsNotUTF8(t *testing.T) {
	wire := AppendDetails(nil, Internal, "a\xffb", nil)
	if want := "\x08\x0d\x12\x05a\xef\xbf\xbdb"; string(wire) != want {
		t.Errorf("AppendDetails = %x, want %x", wire, want)
	}
}

func TestParseDetailsTolerates(t *testing.T) {
	tests := []struct {
		name, wire string
		code       Code
		message    string
		details    []Detail
	}{
		{"nothing", "", OK, "", nil},
		{"the last of a field", "\x08\x01\x12\x01a\x08\x05\x12\x01b", NotFound, "b", nil},
		{"a long varint", "\x08\x85\x80\x00", NotFound, "", nil},
		{"a negative code", "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", Unknown, "", nil},
		{"a code of no standard", "\x08\x11", Unknown, "", nil},
		{"a message that is not UTF-8", "\x12\x02a\xff", OK, "a�", nil},
		{"unknown varint, fixed and bytes", "\x20\x07\x29\x01\x02\x03\x04\x05\x06\x07\x08\x35\x01\x02\x03\x04\x3a\x01x\x08\x05", NotFound, "", nil},
		{"known numbers with other types", "\x0a\x01x\x10\x01\x18\x01\x1d\x01\x02\x03\x04\x08\x05", NotFound, "", nil},
		{"an unknown group", "\x43\x08\x01\x12\x00\x44\x08\x05", NotFound, "", nil},
		{"groups in groups", "\x43\x4b\x53\x54\x4c\x4b\x4c\x44\x08\x05", NotFound, "", nil},
		{"the largest field number", "\xf8\xff\xff\xff\x0f\x01\x08\x05", NotFound, "", nil},
		{"unknown fields in a detail", "\x1a\x09\x0a\x01t\x18\x01\x12\x02vw", OK, "", []Detail{{"t", []byte("vw")}}},
	}
	for _, test := range tests {
		code, message, details, err := ParseDetails([]byte(test.wire))
		if err != nil || code != test.code || message != test.message || !reflect.DeepEqual(details, test.details) {
			t.Errorf("%s: %v, %q, %v, %v", test.name, code, message, details, err)
		}
	}
}

func TestParseDetailsRefuses(t *testing.T) {
	for name, wire := range map[string]string{
		"a tag that ends early":          "\x88",
		"a varint that ends early":       "\x08\x80",
		"no varint":                      "\x08",
		"a varint of 11 bytes":           "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
		"bytes that end early":           "\x12\x05abc",
		"a length of 2^64-1":             "\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
		"no length":                      "\x12",
		"fixed64 that ends early":        "\x29\x01\x02\x03",
		"fixed32 that ends early":        "\x35\x01",
		"field number 0":                 "\x00\x01",
		"a field number beyond 29 bits":  "\x80\x80\x80\x80\x10\x01",
		"wire type 6":                    "\x0e",
		"wire type 7":                    "\x0f",
		"a group that does not end":      "\x43\x08\x01",
		"a group that ends as another":   "\x43\x4c",
		"the end of no group":            "\x44",
		"groups too deep":                strings.Repeat("\x43", 40) + strings.Repeat("\x44", 40),
		"damage within a group":          "\x43\x0e\x44",
		"damage within a detail":         "\x1a\x02\x0a\x05",
		"a type that is not UTF-8":       "\x1a\x03\x0a\x01\xff",
		"more details than anyone sends": strings.Repeat("\x1a\x00", maxDetails+1),
		"more bytes than anyone sends":   "\x12\x80\x80\x40" + strings.Repeat("x", 1<<20),
	} {
		code, message, details, err := ParseDetails([]byte(wire))
		if code != OK || message != "" || details != nil {
			t.Errorf("%s: %v, %q, %v beside the error", name, code, message, details)
		}
		wantError(t, name, err, Internal)
	}
}

func TestParseDetailsAtItsBounds(t *testing.T) {
	_, _, details, err := ParseDetails([]byte(strings.Repeat("\x1a\x00", maxDetails)))
	if err != nil || len(details) != maxDetails {
		t.Errorf("%d details, %v", len(details), err)
	}
	deep := strings.Repeat("\x43", maxGroupDepth) + strings.Repeat("\x44", maxGroupDepth)
	if _, _, _, err := ParseDetails([]byte(deep)); err != nil {
		t.Errorf("groups %d deep: %v", maxGroupDepth, err)
	}
}

// A value must not let its holder write into the next one.
func TestParseDetailsValuesAreCapped(t *testing.T) {
	wire := AppendDetails(nil, OK, "", []Detail{{Value: []byte("aa")}, {Value: []byte("bb")}})
	_, _, details, err := ParseDetails(wire)
	if err != nil || len(details) != 2 {
		t.Fatal(details, err)
	}
	_ = append(details[0].Value, "overwritten"...)
	if string(details[1].Value) != "bb" {
		t.Errorf("second value became %q", details[1].Value)
	}
}
