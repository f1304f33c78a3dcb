package jsonpb

import (
	"encoding/base64"
	"encoding/binary"
	"math"
	"strconv"
	"unicode/utf8"
)

// special returns a word whose lowest set bit is in the first of the eight octets of
// x that cannot be taken as they are in a JSON string, or that is not ASCII: control
// characters, the quote and the backslash. It is 0 if there is none.
func special(x uint64) uint64 {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	return (x | (x - ones*' ') | ((x ^ ones*'"') - ones) | ((x ^ ones*'\\') - ones)) & high
}

// plain returns how many octets b begins with that a JSON string may have as they are.
// It may stop at others of ASCII's end only: the rest is looked at one by one.
func plain(b []byte) int {
	i := 0
	for ; len(b)-i >= 8; i += 8 {
		if s := special(binary.LittleEndian.Uint64(b[i:])); s != 0 {
			break
		}
	}
	for i < len(b) && b[i] >= ' ' && b[i] != '"' && b[i] != '\\' && b[i] < utf8.RuneSelf {
		i++
	}
	return i
}

// appendString appends s as a JSON string, and reports whether it is UTF-8.
func appendString(dst []byte, s string) ([]byte, bool) {
	dst = append(dst, '"')
	start := len(dst)
	dst = append(dst, s...)
	i := plain(dst[start:])
	if i == len(s) {
		return append(dst, '"'), true
	}
	return appendEscaped(dst[:start+i], s[i:])
}

// appendEscaped appends the rest of a string and the quote.
func appendEscaped(dst []byte, s string) ([]byte, bool) {
	done := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 {
				return dst, false
			}
			i += n
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' {
			i++
			continue
		}
		dst = append(dst, s[done:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\b':
			dst = append(dst, '\\', 'b')
		case '\f':
			dst = append(dst, '\\', 'f')
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			const hex = "0123456789abcdef"
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i++
		done = i
	}
	return append(append(dst, s[done:]...), '"'), true
}

func appendQuotedInt(dst []byte, n int64) []byte {
	return append(strconv.AppendInt(append(dst, '"'), n, 10), '"')
}

func appendQuotedUint(dst []byte, n uint64) []byte {
	return append(strconv.AppendUint(append(dst, '"'), n, 10), '"')
}

// appendFloat appends a number as encoding/json does, or the name of one that JSON
// has no number for.
func appendFloat(dst []byte, x float64, bits int) []byte {
	switch {
	case math.IsNaN(x):
		return append(dst, `"NaN"`...)
	case math.IsInf(x, 1):
		return append(dst, `"Infinity"`...)
	case math.IsInf(x, -1):
		return append(dst, `"-Infinity"`...)
	}
	if x == math.Trunc(x) && math.Abs(x) < 1<<24 && !(x == 0 && math.Signbit(x)) {
		return strconv.AppendInt(dst, int64(x), 10)
	}
	format := byte('f')
	if abs := math.Abs(x); abs != 0 {
		if bits == 64 && (abs < 1e-6 || abs >= 1e21) || bits == 32 && (float32(abs) < 1e-6 || float32(abs) >= 1e21) {
			format = 'e'
		}
	}
	dst = strconv.AppendFloat(dst, x, format, -1, bits)
	// e-09 is e-9.
	if n := len(dst); format == 'e' && dst[n-4] == 'e' && dst[n-3] == '-' && dst[n-2] == '0' {
		dst[n-2] = dst[n-1]
		dst = dst[:n-1]
	}
	return dst
}

func appendBase64(dst, b []byte) []byte {
	dst = append(dst, '"')
	dst = base64.StdEncoding.AppendEncode(dst, b)
	return append(dst, '"')
}

// appendDigits appends n with leading zeros to so many digits.
func appendDigits(dst []byte, n, digits int) []byte {
	for range digits {
		dst = append(dst, '0')
	}
	for i := len(dst) - 1; digits > 0; i, digits, n = i-1, digits-1, n/10 {
		dst[i] = byte('0' + n%10)
	}
	return dst
}

// appendFraction appends the fraction of a second in 0, 3, 6 or 9 digits.
func appendFraction(dst []byte, nanos int) []byte {
	switch {
	case nanos == 0:
		return dst
	case nanos%1_000_000 == 0:
		return appendDigits(append(dst, '.'), nanos/1_000_000, 3)
	case nanos%1_000 == 0:
		return appendDigits(append(dst, '.'), nanos/1_000, 6)
	}
	return appendDigits(append(dst, '.'), nanos, 9)
}
