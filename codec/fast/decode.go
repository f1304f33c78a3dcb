package fast

import (
	"encoding/binary"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// Varint decodes the varint at b[i:], and returns the index behind it.
func Varint(b []byte, i int) (uint64, int) {
	if uint(i) >= uint(len(b)) {
		return 0, badWire
	}
	if b[i] < 0x80 {
		return uint64(b[i]), i + 1
	}
	v := uint64(b[i] & 0x7f)
	for shift := 7; shift < 64; shift += 7 {
		if i++; i >= len(b) {
			return 0, badWire
		}
		c := b[i]
		v |= uint64(c&0x7f) << shift
		if c < 0x80 {
			if shift == 63 && c > 1 {
				return 0, badWire
			}
			return v, i + 1
		}
	}
	return 0, badWire
}

// Zigzag decodes the varint of a sint32 or sint64 at b[i:].
func Zigzag(b []byte, i int) (int64, int) {
	v, i := Varint(b, i)
	return protowire.DecodeZigZag(v), i
}

// Zigzag32 decodes the varint of a sint32 at b[i:], of which 32 bits count.
func Zigzag32(b []byte, i int) (int32, int) {
	v, i := Varint(b, i)
	return int32(protowire.DecodeZigZag(uint64(uint32(v)))), i
}

// Fixed32 decodes the four bytes at b[i:], and returns the index behind them.
func Fixed32(b []byte, i int) (uint32, int) {
	if i < 0 || len(b)-i < 4 {
		return 0, badWire
	}
	return binary.LittleEndian.Uint32(b[i:]), i + 4
}

// Fixed64 decodes the eight bytes at b[i:], and returns the index behind them.
func Fixed64(b []byte, i int) (uint64, int) {
	if i < 0 || len(b)-i < 8 {
		return 0, badWire
	}
	return binary.LittleEndian.Uint64(b[i:]), i + 8
}

// View returns the bytes behind their length at b[i:], as a part of b, and the index
// behind them.
func View(b []byte, i int) ([]byte, int) {
	var n uint64
	if uint(i) < uint(len(b)) && b[i] < 0x80 {
		n = uint64(b[i])
		i++
	} else if n, i = Varint(b, i); i < 0 {
		return nil, badWire
	}
	if n > uint64(len(b)-i) {
		return nil, badWire
	}
	end := i + int(n)
	return b[i:end:end], end
}

// Bytes decodes a field of bytes at b[i:]. They are a copy, and never nil.
func Bytes(b []byte, i int) ([]byte, int) {
	v, i := View(b, i)
	c := make([]byte, len(v))
	copy(c, v)
	return c, i
}

// RawString decodes a string at b[i:] that may be any bytes.
func RawString(b []byte, i int) (string, int) {
	v, i := View(b, i)
	return string(v), i
}

// String decodes a string at b[i:] that has to be UTF-8.
func String(b []byte, i int) (string, int) {
	v, i := View(b, i)
	if !isUTF8(v) {
		return "", badText
	}
	return string(v), i
}

// Append appends v to the list of a repeated field, whose next element may be at
// b[i:] behind tag, which is that of a field with a length. The list gets room for
// all that follow without another field in between.
func Append[T any](list []T, v T, b []byte, i int, tag uint64) []T {
	if len(list) == cap(list) {
		list = slices.Grow(list, 1+following(b, i, tag))
	}
	return append(list, v)
}

// following counts the fields with a tag from b[i:] on.
func following(b []byte, i int, tag uint64) int {
	n := 0
	for i >= 0 && i < len(b) {
		found, at := Varint(b, i)
		if found != tag {
			break
		}
		if _, i = View(b, at); i >= 0 {
			n++
		}
	}
	return n
}

// Varints returns how many varints b holds.
func Varints(b []byte) int {
	n := 0
	for _, c := range b {
		if c < 0x80 {
			n++
		}
	}
	return n
}

// Unknown keeps the field at b[i:], whose tag was just decoded, among the unknown
// fields, and returns these and the index behind it.
func Unknown(unknown, b []byte, i int, tag uint64) ([]byte, int) {
	end := Skip(b, i, tag)
	if end < 0 {
		return unknown, end
	}
	unknown = protowire.AppendVarint(unknown, tag)
	return append(unknown, b[i:end]...), end
}

// Skip returns the index behind the field at b[i:], whose tag was just decoded.
func Skip(b []byte, i int, tag uint64) int {
	number := tag >> 3
	if i < 0 || number < uint64(protowire.MinValidNumber) || number > uint64(protowire.MaxValidNumber) {
		return badWire
	}
	n := protowire.ConsumeFieldValue(protowire.Number(number), protowire.Type(tag&7), b[i:])
	if n < 0 {
		return badWire
	}
	return i + n
}

// Group returns the fields of the group of a number that begins at b[i:], behind its
// tag, and the index behind its end.
func Group(b []byte, i, number int) ([]byte, int) {
	if i < 0 {
		return nil, i
	}
	v, n := protowire.ConsumeGroup(protowire.Number(number), b[i:])
	if n < 0 {
		return nil, badWire
	}
	return v, i + n
}
