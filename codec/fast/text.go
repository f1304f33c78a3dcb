package fast

import "unicode/utf8"

// Most texts are short and ASCII, which these see eight bytes at a time, the last ones
// twice. A text is looked at where it comes from: of its copy, the processor may not
// have written the bytes yet.

const highBits = 0x8080808080808080

// isUTF8 is utf8.Valid.
func isUTF8(b []byte) bool {
	if len(b) < 8 {
		for i, c := range b {
			if c >= utf8.RuneSelf {
				return utf8.Valid(b[i:])
			}
		}
		return true
	}
	last := len(b) - 8
	for i := 0; i < last; i += 8 {
		if word(b, i)&highBits != 0 {
			return utf8.Valid(b[i:])
		}
	}
	// All before is ASCII, so the word can begin in no character's middle.
	return word(b, last)&highBits == 0 || utf8.Valid(b[last:])
}

// isUTF8String is utf8.ValidString.
func isUTF8String(s string) bool {
	if len(s) < 8 {
		for i := range len(s) {
			if s[i] >= utf8.RuneSelf {
				return utf8.ValidString(s[i:])
			}
		}
		return true
	}
	last := len(s) - 8
	for i := 0; i < last; i += 8 {
		if word(s, i)&highBits != 0 {
			return utf8.ValidString(s[i:])
		}
	}
	return word(s, last)&highBits == 0 || utf8.ValidString(s[last:])
}

// word returns the eight bytes at s[i:], which the compiler loads as one.
func word[T string | []byte](s T, i int) uint64 {
	s = s[i : i+8]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}
