package fast

import (
	"encoding/binary"
	"unicode/utf8"
)

// isUTF8 reports whether b is UTF-8. It is quick with ASCII, which most text is, by
// looking at eight bytes at a time, and at some of the last ones twice.
func isUTF8(b []byte) bool {
	const high = 0x8080808080808080
	n := len(b)
	var bits uint64
	switch {
	case n >= 8:
		for i := 0; i < n-8; i += 8 {
			bits |= binary.LittleEndian.Uint64(b[i:])
		}
		bits |= binary.LittleEndian.Uint64(b[n-8:])
	case n >= 4:
		bits = uint64(binary.LittleEndian.Uint32(b) | binary.LittleEndian.Uint32(b[n-4:]))
	default:
		for _, c := range b {
			bits |= uint64(c)
		}
	}
	return bits&high == 0 || utf8.Valid(b)
}
