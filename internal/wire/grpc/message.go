package grpc

import (
	"strings"
	"unicode/utf8"
)

const upperHex = "0123456789ABCDEF"

// plain reports whether a grpc-message carries c as it is: a space or a visible
// character other than the escape itself.
func plain(c byte) bool {
	return c >= 0x20 && c <= 0x7e && c != '%'
}

// EncodeMessage returns the value of a grpc-message field for the text s
// (PROTOCOL-HTTP2 "Status-Message"). Bytes that are not UTF-8 are replaced by
// U+FFFD each. Spaces at either end are escaped too, because a field value must
// not begin or end with one (RFC 9113 §8.2.1). It does not allocate when s needs
// no change.
func EncodeMessage(s string) string {
	i := 0
	for i < len(s) && plain(s[i]) {
		i++
	}
	if i == len(s) && (s == "" || s[0] != ' ' && s[len(s)-1] != ' ') {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 2*(len(s)-i) + 4)
	for i, r := range s {
		switch {
		case r == ' ' && (i == 0 || i == len(s)-1):
			b.WriteString("%20")
		case r < utf8.RuneSelf && plain(byte(r)):
			b.WriteByte(byte(r))
		default: // range gives U+FFFD for a byte that is not UTF-8
			var buf [utf8.UTFMax]byte
			for _, c := range buf[:utf8.EncodeRune(buf[:], r)] {
				b.WriteByte('%')
				b.WriteByte(upperHex[c>>4])
				b.WriteByte(upperHex[c&15])
			}
		}
	}
	return b.String()
}

// DecodeMessage returns the text of a grpc-message field. It never fails, since
// the message only explains a status: what is no valid escape stays as it is, and
// bytes that are not UTF-8 are replaced by U+FFFD each. It does not allocate when
// s needs no change.
func DecodeMessage(s string) string {
	first := strings.IndexByte(s, '%')
	if first < 0 {
		return validText(s)
	}
	b := make([]byte, 0, len(s))
	b = append(b, s[:first]...)
	for i := first; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			hi, lo := unhex(s[i+1]), unhex(s[i+2])
			if hi < 16 && lo < 16 {
				b = append(b, hi<<4|lo)
				i += 2
				continue
			}
		}
		b = append(b, s[i])
	}
	return validText(string(b))
}

// unhex returns the value of a hexadecimal digit, or 16 or more.
func unhex(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	}
	return 0xff
}

// validText replaces each byte of s that is not UTF-8 by U+FFFD.
func validText(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return string([]rune(s))
}
