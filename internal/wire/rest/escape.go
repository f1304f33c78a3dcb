package rest

import "strings"

// validEscapes reports whether each % of s has two hexadecimal digits after it.
func validEscapes(s string) bool {
	for {
		i := strings.IndexByte(s, '%')
		if i < 0 {
			return true
		}
		if _, ok := unhex(s[i:]); !ok {
			return false
		}
		s = s[i+3:]
	}
}

// unhex reads the escape that s begins with.
func unhex(s string) (c byte, ok bool) {
	if len(s) < 3 {
		return 0, false
	}
	high, low := hexDigit(s[1]), hexDigit(s[2])
	return high<<4 | low&0xf, high <= 0xf && low <= 0xf
}

// hexDigit returns the value of a hexadecimal digit, more than 15 for what is none.
func hexDigit(c byte) byte {
	switch {
	case c-'0' <= 9:
		return c - '0'
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10
	}
	return 0xff
}

// appendDecoded appends s, whose escapes are valid, without them. Those of a slash
// stay if keepSlash is set.
func appendDecoded(dst []byte, s string, keepSlash bool) []byte {
	for {
		i := strings.IndexByte(s, '%')
		if i < 0 {
			return append(dst, s...)
		}
		dst = append(dst, s[:i]...)
		if c, _ := unhex(s[i:]); c == '/' && keepSlash {
			dst = append(dst, s[i:i+3]...)
		} else {
			dst = append(dst, c)
		}
		s = s[i+3:]
	}
}

// decode returns s, whose escapes are valid, without them: s itself if it has none.
func decode(s string, keepSlash bool) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	return string(appendDecoded(make([]byte, 0, len(s)), s, keepSlash))
}

// appendEscaped appends s with all escaped that is not in plain.
func appendEscaped(dst []byte, s string, plain *charset) []byte {
	const digits = "0123456789ABCDEF"
	for i := range len(s) {
		if c := s[i]; plain.has(c) {
			dst = append(dst, c)
		} else {
			dst = append(dst, '%', digits[c>>4], digits[c&0xf])
		}
	}
	return dst
}
