package grpc

import (
	"math"
	"testing"
)

func TestPrefix(t *testing.T) {
	tests := []struct {
		wire string
		want Prefix
	}{
		{"\x00\x00\x00\x00\x00", Prefix{}},
		{"\x01\x00\x00\x00\x00", Prefix{Compressed: true}},
		{"\x00\x01\x02\x03\x04", Prefix{Length: 0x01020304}},
		{"\x01\xff\xff\xff\xff", Prefix{Compressed: true, Length: 1<<32 - 1}},
	}
	for _, test := range tests {
		got, err := ParsePrefix([]byte(test.wire + "more"))
		if err != nil || got != test.want {
			t.Errorf("ParsePrefix(%x) = %+v, %v", test.wire, got, err)
		}
		b := []byte("#######")
		PutPrefix(b, test.want)
		if string(b) != test.wire+"##" {
			t.Errorf("PutPrefix(%+v) = %x", test.want, b)
		}
	}
}

func TestPrefixReservedFlags(t *testing.T) {
	for flags := 2; flags < 256; flags++ {
		p, err := ParsePrefix([]byte{byte(flags), 0, 0, 0, 1})
		if p != (Prefix{}) {
			t.Errorf("flags %#x give %+v", flags, p)
		}
		wantError(t, "reserved flag", err, Internal)
	}
}

func TestMessageLength(t *testing.T) {
	for content, want := range map[string]int{
		"":                             0,
		"\x00\x00\x00\x00":             0,
		"\x00\x00\x00\x00\x00":         5,
		"\x01\x00\x00\x01\x02and more": 5 + 258,
		"\x00\xff\xff\xff\xff":         math.MaxInt32,
	} {
		if n := MessageLength([]byte(content)); n != want {
			t.Errorf("MessageLength(%q) = %d, want %d", content, n, want)
		}
	}
}
