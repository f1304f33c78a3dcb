package connect

import (
	"bytes"
	"encoding/json"
	"iter"
	"unicode/utf8"
)

const lowerHex = "0123456789abcdef"

// appendString appends s as a JSON string. Bytes that are not UTF-8 are replaced by
// U+FFFD each; < > & are escaped so that no text turns into a page's markup.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i, r := range s {
		if r >= ' ' && r < utf8.RuneSelf && r != '"' && r != '\\' && r != '<' && r != '>' && r != '&' {
			continue
		}
		size := 1
		if r >= utf8.RuneSelf {
			if _, size = utf8.DecodeRuneInString(s[i:]); r != '\u2028' && r != '\u2029' && (r != utf8.RuneError || size > 1) {
				continue
			}
		}
		dst = append(dst, s[start:i]...)
		dst = appendEscape(dst, r)
		start = i + size
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

func appendEscape(dst []byte, r rune) []byte {
	switch r {
	case '"', '\\':
		return append(dst, '\\', byte(r))
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', lowerHex[r>>12&15], lowerHex[r>>8&15], lowerHex[r>>4&15], lowerHex[r&15])
}

// A value is a JSON value within a text that [json.Valid] has found to be one. Reading
// it takes no memory but for strings, and time by its length for each level.
type value []byte

func blank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// skip returns v without the blanks and the separator that it begins with.
func (v value) skip() value {
	for len(v) > 0 && (blank(v[0]) || v[0] == ',' || v[0] == ':') {
		v = v[1:]
	}
	return v
}

// next splits off the value that v begins with.
func (v value) next() (first, rest value) {
	v = v.skip()
	depth := 0
	for i := 0; i < len(v); i++ {
		switch v[i] {
		case '"':
			i = v.quoteEnd(i)
			if depth == 0 {
				return v[:i+1], v[i+1:]
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return v[:i], v[i:] // of a number or a word, or none if i is 0
			}
			if depth--; depth == 0 {
				return v[:i+1], v[i+1:]
			}
		case ',', ' ', '\t', '\n', '\r':
			if depth == 0 {
				return v[:i], v[i:]
			}
		}
	}
	return v, nil
}

// quoteEnd returns where the string ends that begins at i.
func (v value) quoteEnd(i int) int {
	for i++; i < len(v) && v[i] != '"'; i++ {
		if v[i] == '\\' {
			i++
		}
	}
	return min(i, len(v)-1)
}

// is reports whether v is of the kind that begins with c: '{', '[' or '"'.
func (v value) is(c byte) bool { return len(v) > 0 && v[0] == c }

func (v value) null() bool { return string(v) == "null" }

// entries yields the names and values of an object in their order, and nothing for
// what is none.
func (v value) entries() iter.Seq2[string, value] {
	return func(yield func(string, value) bool) {
		if !v.is('{') {
			return
		}
		for rest := v[1:]; ; {
			var key, val value
			key, rest = rest.next()
			name, ok := key.text()
			if !ok {
				return
			}
			val, rest = rest.next()
			if !yield(name, val) {
				return
			}
		}
	}
}

// elements yields the values of an array, and nothing for what is none.
func (v value) elements() iter.Seq[value] {
	return func(yield func(value) bool) {
		if !v.is('[') {
			return
		}
		for rest := v[1:]; ; {
			var element value
			element, rest = rest.next()
			if len(element) == 0 || !yield(element) {
				return
			}
		}
	}
}

// text returns the text of a string, with what is not UTF-8 replaced; ok is false for
// what is none.
func (v value) text() (s string, ok bool) {
	if !v.is('"') {
		return "", false
	}
	if inner := v[1 : len(v)-1]; bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return string(inner), true
	}
	return s, json.Unmarshal(v, &s) == nil
}

// parse returns the value that b is, nil if b is not JSON.
func parse(b []byte) value {
	if !json.Valid(b) {
		return nil
	}
	v, _ := value(b).next()
	return v
}
