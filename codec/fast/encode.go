package fast

import (
	"encoding/binary"

	"google.golang.org/protobuf/encoding/protowire"
)

// SizeVarint returns the size of a varint.
func SizeVarint(v uint64) int { return protowire.SizeVarint(v) }

// SizeZigzag returns the size of the varint of a sint32 or sint64.
func SizeZigzag(v int64) int { return protowire.SizeVarint(protowire.EncodeZigZag(v)) }

// SizeBytes returns the size of n bytes and the varint of their length.
func SizeBytes(n int) int { return protowire.SizeVarint(uint64(n)) + n }

// PutVarint writes a varint that ends before b[i], and returns where it begins.
func PutVarint(b []byte, i int, v uint64) int {
	if v < 0x80 {
		i--
		b[i] = byte(v)
		return i
	}
	return putLongVarint(b, i, v)
}

// putLongVarint is apart so that the compiler inlines PutVarint.
//
//go:noinline
func putLongVarint(b []byte, i int, v uint64) int {
	i -= protowire.SizeVarint(v)
	at := i
	for v >= 0x80 {
		b[at] = byte(v) | 0x80
		v >>= 7
		at++
	}
	b[at] = byte(v)
	return i
}

// PutZigzag writes the varint of a sint32 or sint64 that ends before b[i].
func PutZigzag(b []byte, i int, v int64) int { return PutVarint(b, i, protowire.EncodeZigZag(v)) }

// PutFixed32 writes four bytes that end before b[i], and returns where they begin.
func PutFixed32(b []byte, i int, v uint32) int {
	i -= 4
	binary.LittleEndian.PutUint32(b[i:], v)
	return i
}

// PutFixed64 writes eight bytes that end before b[i], and returns where they begin.
func PutFixed64(b []byte, i int, v uint64) int {
	i -= 8
	binary.LittleEndian.PutUint64(b[i:], v)
	return i
}

// PutBytes writes bytes behind their length, to end before b[i], and returns where
// the length begins.
func PutBytes(b []byte, i int, v []byte) int {
	i -= len(v)
	copy(b[i:], v)
	return PutVarint(b, i, uint64(len(v)))
}

// PutRawString is PutBytes for a string that may be any bytes.
func PutRawString(b []byte, i int, v string) int {
	i -= len(v)
	copy(b[i:], v)
	return PutVarint(b, i, uint64(len(v)))
}

// PutString is PutBytes for a string that has to be UTF-8. If it is not, it returns
// an index that stands for the error.
func PutString(b []byte, i int, v string) int {
	if !isUTF8String(v) {
		return badText
	}
	i -= len(v)
	copy(b[i:], v)
	return PutVarint(b, i, uint64(len(v)))
}

// Bool returns the varint of a bool.
func Bool(v bool) uint64 {
	if v {
		return 1
	}
	return 0
}
