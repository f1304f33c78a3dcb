package fast

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/types/known/timestamppb"
)

func TestVarint(t *testing.T) {
	for _, v := range []uint64{0, 1, 127, 128, 16383, 16384, 1 << 21, 1 << 28, 1 << 35, 1 << 42, 1 << 49, 1 << 56, 1 << 63, math.MaxUint64} {
		want := protowire.AppendVarint([]byte{0xff}, v)
		b := append([]byte{0xff}, make([]byte, SizeVarint(v))...)
		if i := PutVarint(b, len(b), v); i != 1 || !bytes.Equal(b, want) {
			t.Errorf("%d is written as %x from %d on, want %x", v, b, i, want)
		}
		if got, i := Varint(append(b, 0xff), 1); got != v || i != len(b) {
			t.Errorf("%x is read as %d, %d", b, got, i)
		}
		for short := range b {
			if _, i := Varint(b[:short], 1); i >= 0 {
				t.Errorf("%x is a varint", b[:short])
			}
		}
	}
	if _, i := Varint(bytes.Repeat([]byte{0xff}, 11), 0); i != badWire {
		t.Error("eleven bytes are a varint")
	}
}

func TestZigzag(t *testing.T) {
	for _, v := range []int64{0, -1, 1, math.MinInt32, math.MaxInt32, math.MinInt64, math.MaxInt64} {
		b := make([]byte, SizeZigzag(v))
		if i := PutZigzag(b, len(b), v); i != 0 {
			t.Errorf("%d: begins at %d", v, i)
		}
		if got, i := Zigzag(b, 0); got != v || i != len(b) {
			t.Errorf("%d is read as %d, %d", v, got, i)
		}
		if got, _ := Zigzag32(b, 0); int64(int32(v)) == v && int64(got) != v {
			t.Errorf("%d is read as %d", v, got)
		}
	}
}

// What ends too early is an error, and an error is passed on.
func TestShort(t *testing.T) {
	for name, get := range map[string]func(b []byte, i int) int{
		"Varint":    func(b []byte, i int) int { _, i = Varint(b, i); return i },
		"Fixed32":   func(b []byte, i int) int { _, i = Fixed32(b, i); return i },
		"Fixed64":   func(b []byte, i int) int { _, i = Fixed64(b, i); return i },
		"View":      func(b []byte, i int) int { _, i = View(b, i); return i },
		"Bytes":     func(b []byte, i int) int { _, i = Bytes(b, i); return i },
		"String":    func(b []byte, i int) int { _, i = String(b, i); return i },
		"RawString": func(b []byte, i int) int { _, i = RawString(b, i); return i },
		"Group":     func(b []byte, i int) int { _, i = Group(b, i, 1); return i },
		"Skip":      func(b []byte, i int) int { return Skip(b, i, 10) },
		"Unknown":   func(b []byte, i int) int { _, i = Unknown(nil, b, i, 10); return i },
	} {
		for _, test := range []struct {
			b string
			i int
		}{{"", 0}, {"\x80", 0}, {"abc", 3}, {"abcdefghi", badWire}} {
			if end := get([]byte(test.b), test.i); end >= 0 {
				t.Errorf("%s of %q from %d on ends at %d", name, test.b, test.i, end)
			}
		}
	}
	for _, b := range []string{"\x05abc", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"} {
		if v, i := View([]byte(b), 0); i >= 0 {
			t.Errorf("%q are the bytes %q", b, v)
		}
	}
}

func TestSkipRefuses(t *testing.T) {
	for name, tag := range map[string]uint64{
		"field 0": 0, "field 0 of another type": 2, "too high a field": 1 << 32, "the end of a group": 1<<3 | 4, "type 6": 1<<3 | 6, "type 7": 1<<3 | 7,
	} {
		if i := Skip(make([]byte, 20), 0, tag); i >= 0 {
			t.Errorf("%s: skipped to %d", name, i)
		}
	}
}

// A list gets room once for elements that follow each other, and no more than there are.
func TestAppendGrowsOnce(t *testing.T) {
	const tag = 2<<3 | 2
	var b []byte
	for range 100 {
		b = append(b, tag, 1, 'x')
	}
	b = append(b, 3<<3, 1)
	list := Append(nil, "x", b, 3, tag)
	if cap(list) < 100 || cap(list) > 128 {
		t.Errorf("room for %d", cap(list))
	}
	if list = Append(nil, "x", b, badWire, tag); len(list) != 1 {
		t.Errorf("%d elements", len(list))
	}
	if n := following([]byte{tag, 100}, 0, tag); n != 0 {
		t.Errorf("%d elements in half of one", n)
	}
}

// A message of a kind that has no codec methods is encoded within one that has.
func TestOtherMessages(t *testing.T) {
	m := &timestamppb.Timestamp{Seconds: 300}
	b := make([]byte, 10)
	n, err := Marshal(m, b)
	if err != nil || n != Size(m) || string(b[10-n:]) != "\x08\xac\x02" {
		t.Fatalf("%x, %d, %v", b, n, err)
	}
	got := &timestamppb.Timestamp{Nanos: 5}
	if err := Merge(got, b[10-n:], 1); err != nil || got.Seconds != 300 || got.Nanos != 5 {
		t.Errorf("%v, %v", got, err)
	}
	if err := Merge(got, nil, 0); err != errTooDeep {
		t.Errorf("without a level left: %v", err)
	}
	if n, err := Marshal(m, b[:2]); err == nil {
		t.Errorf("%d bytes fit into two", n)
	}
	m.Seconds = 1 << 40
	if n, err := Marshal(m, b); err == nil {
		t.Errorf("%d bytes of a message that was changed", n)
	}
}

func FuzzUTF8(f *testing.F) {
	for _, s := range []string{"", "a", "käse", "seven b", "ä234567", "eight by", "1234567ä", "12345678\xff", "\xff2345678", "123456ä9012345", strings.Repeat("a", 15) + "\xc3"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		want := utf8.Valid(b)
		if isUTF8(b) != want || isUTF8String(string(b)) != want {
			t.Errorf("%q: UTF-8 is %v, want %v", b, isUTF8(b), want)
		}
		_, i := String(protowire.AppendBytes(nil, b), 0)
		if (i < 0) == want {
			t.Errorf("%q is read up to %d", b, i)
		}
	})
}
