package openapi

import (
	"fmt"
	"unicode/utf8"
)

const indent = "  "

func newLine(dst []byte, depth int) []byte {
	dst = append(dst, '\n')
	for range depth {
		dst = append(dst, indent...)
	}
	return dst
}

func (v text) appendJSON(dst []byte, _ int) []byte   { return appendQuoted(dst, string(v), false) }
func (v number) appendJSON(dst []byte, _ int) []byte { return append(dst, v...) }
func (v boolean) appendJSON(dst []byte, _ int) []byte {
	return fmt.Appendf(dst, "%t", bool(v))
}
func (null) appendJSON(dst []byte, _ int) []byte { return append(dst, "null"...) }

func (v array) appendJSON(dst []byte, depth int) []byte {
	if len(v) == 0 {
		return append(dst, "[]"...)
	}
	for i, e := range v {
		dst = append(dst, "[,"[min(i, 1)])
		dst = e.appendJSON(newLine(dst, depth+1), depth+1)
	}
	return append(newLine(dst, depth), ']')
}

func (v *object) appendJSON(dst []byte, depth int) []byte {
	if v.isEmpty() {
		return append(dst, "{}"...)
	}
	for i, m := range v.members {
		dst = append(dst, "{,"[min(i, 1)])
		dst = appendQuoted(newLine(dst, depth+1), m.name, false)
		dst = append(dst, ": "...)
		dst = m.value.appendJSON(dst, depth+1)
	}
	return append(newLine(dst, depth), '}')
}

// appendQuoted appends a string in double quotes. What JSON escapes, YAML escapes the
// same way, but it also wants characters escaped that are not printable. Octets that
// are not UTF-8 become U+FFFD.
func appendQuoted(dst []byte, s string, yaml bool) []byte {
	dst = append(dst, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r == '\n':
			dst = append(dst, `\n`...)
		case r == '\t':
			dst = append(dst, `\t`...)
		case r < 0x20, yaml && !isPrintable(r):
			// Above U+FFFF all is printable, so that four digits are enough.
			dst = fmt.Appendf(dst, `\u%04x`, r)
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return append(dst, '"')
}
