package hpack

import (
	"bytes"
	"errors"
	"math"
	"testing"
)

func TestIntegers(t *testing.T) {
	tests := []struct {
		v      uint64
		prefix uint
		first  byte
		want   string
	}{
		{10, 5, 0, "0a"},       // RFC 7541 C.1.1
		{1337, 5, 0, "1f9a0a"}, // C.1.2
		{42, 8, 0, "2a"},       // C.1.3
		{0, 7, 0x80, "80"},
		{126, 7, 0x80, "fe"},
		{127, 7, 0x80, "ff00"},
		{254, 7, 0x80, "ff7f"},
		{255, 7, 0x80, "ff8001"},
		{14, 4, 0x10, "1e"},
		{15, 4, 0x10, "1f00"},
		{math.MaxInt32, 5, 0x20, "3fe0ffffff07"},
		{math.MaxInt32, 7, 0, "7f80ffffff07"},
	}
	for _, test := range tests {
		b := appendInt(nil, test.first, test.prefix, test.v)
		if !bytes.Equal(b, unhex(test.want)) {
			t.Errorf("%d with %d bits is %x, want %s", test.v, test.prefix, b, test.want)
		}
		v, rest, err := readInt(append(b, 0xaa), test.prefix)
		if v != int(test.v) || len(rest) != 1 || err != nil {
			t.Errorf("%x is read as %d, rest %x, error %v", b, v, rest, err)
		}
	}
}

func TestBadIntegers(t *testing.T) {
	const endless, large = "an integer without end", "an integer too large"
	for in, want := range map[string]string{
		"7f":                     endless,
		"7f80":                   endless,
		"7f80808080":             endless,
		"7f8080808080":           large, // would be 127, but no integer needs as many octets
		"7f808080808000":         large,
		"7f81ffffff07":           large, // 2^31
		"7fffffffff0f":           large,
		"7fffffffff7f":           large,
		"7fffffffff":             endless,
		"7fffffffffffffffffffff": large,
	} {
		v, _, err := readInt(unhex(in), 7)
		var he *Error
		if !errors.As(err, &he) || he.Reason != want {
			t.Errorf("%s is read as %d, error %v; want %q", in, v, err, want)
		}
	}
	// Needless octets are not an error as such.
	if v, rest, err := readInt(unhex("7f8080808000"), 7); v != 127 || len(rest) != 0 || err != nil {
		t.Errorf("a padded integer is read as %d, rest %x, error %v", v, rest, err)
	}
}

// Huffman coding is used where it makes a string shorter, and only there.
func TestStrings(t *testing.T) {
	for s, want := range map[string]string{
		"":                "00",
		"0":               "0130",
		"00":              "023030",
		"000":             "820001",
		"www.example.com": "8cf1e3c2e5f23a6ba0ab90f4ff",
		"\x00\n\xff":      "03000aff",
	} {
		b := appendString(nil, s)
		if !bytes.Equal(b, unhex(want)) {
			t.Errorf("%q is %x, want %s", s, b, want)
		}
		txt, rest, err := readText(append(b, 0xaa))
		if err != nil || len(rest) != 1 {
			t.Errorf("%x is read with rest %x, error %v", b, rest, err)
			continue
		}
		got, err := txt.appendTo([]byte("x"))
		if string(got) != "x"+s || err != nil || len(s) > txt.maxLen() {
			t.Errorf("%x is read as %q, error %v", b, got, err)
		}
	}
}

func TestBadStrings(t *testing.T) {
	for in, want := range map[string]string{
		"":             "a literal without its string",
		"01":           "a string longer than the block",
		"0561626364":   "a string longer than the block",
		"82ff":         "a string longer than the block",
		"7f80ffffff07": "a string longer than the block",
		"ff8080808080": "an integer too large",
		"ff":           "an integer without end",
	} {
		_, _, err := readText(unhex(in))
		var he *Error
		if !errors.As(err, &he) || he.Reason != want {
			t.Errorf("%s: error %v, want %q", in, err, want)
		}
	}
}
