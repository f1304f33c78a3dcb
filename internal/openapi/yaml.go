package openapi

import (
	"strings"
	"unicode/utf8"
)

// How values are written follows YAML 1.2.2, and quotes what older parsers take for
// something else than a string.

func (v text) appendYAML(dst []byte, depth int) []byte {
	if s := string(v); isBlock(s) {
		return appendBlock(append(dst, ' '), s, depth)
	}
	return appendScalar(append(dst, ' '), string(v))
}

func (v number) appendYAML(dst []byte, depth int) []byte {
	return v.appendJSON(append(dst, ' '), depth)
}

func (v boolean) appendYAML(dst []byte, depth int) []byte {
	return v.appendJSON(append(dst, ' '), depth)
}

func (v null) appendYAML(dst []byte, depth int) []byte {
	return v.appendJSON(append(dst, ' '), depth)
}

func (v array) appendYAML(dst []byte, depth int) []byte {
	if len(v) == 0 {
		return append(dst, " []"...)
	}
	for _, e := range v {
		dst = append(newLine(dst, depth), '-')
		if o, ok := e.(*object); ok && !o.isEmpty() {
			dst = o.appendMembers(append(dst, ' '), depth+1, true)
			continue
		}
		dst = e.appendYAML(dst, depth+1)
	}
	return dst
}

func (v *object) appendYAML(dst []byte, depth int) []byte {
	if v.isEmpty() {
		return append(dst, " {}"...)
	}
	return v.appendMembers(dst, depth, false)
}

// appendMembers appends members, each on a line of its own: but for the first, if it
// begins where dst ends.
func (v *object) appendMembers(dst []byte, depth int, here bool) []byte {
	for i, m := range v.members {
		if i > 0 || !here {
			dst = newLine(dst, depth)
		}
		if utf8.RuneCountInString(m.name) > maxImplicitKey {
			dst = appendScalar(append(dst, "? "...), m.name)
			dst = newLine(dst, depth)
		} else {
			dst = appendScalar(dst, m.name)
		}
		dst = append(dst, ':')
		dst = m.value.appendYAML(dst, depth+1)
	}
	return dst
}

// maxImplicitKey bounds keys that stand before a ":" without a "?" in front: parsers
// look no further than 1024 characters (YAML 1.2.2 §7.4.2), with quotes and escapes.
const maxImplicitKey = 1024/6 - 1

// appendScalar appends a string on one line: as it is if nobody can take it for
// something else, and otherwise in quotes.
func appendScalar(dst []byte, s string) []byte {
	if isPlain(s) {
		return append(dst, s...)
	}
	return appendQuoted(dst, s, true)
}

// isPlain reports whether a string needs no quotes: it has only letters, digits and
// marks that mean nothing in the middle of a word, begins like no number or date, and
// is none of the words that YAML 1.1 or 1.2 read as something else.
func isPlain(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_':
		case i == 0 && c == '/':
		case i > 0 && ('0' <= c && c <= '9' || strings.IndexByte("-./ ,()", c) >= 0):
		default:
			return false
		}
	}
	if strings.HasSuffix(s, " ") {
		return false
	}
	switch strings.ToLower(s) {
	case "", "true", "false", "null", "yes", "no", "on", "off", "y", "n":
		return false
	}
	return true
}

// isBlock reports whether a string is written as a block of lines, which is easier to
// read: it has several, and nothing that a block cannot hold or would lose.
func isBlock(s string) bool {
	if !strings.Contains(s, "\n") || !utf8.ValidString(s) {
		return false
	}
	for i, line := range strings.Split(s, "\n") {
		// The first line tells the indentation, and the last has no line feed.
		if i == 0 && (line == "" || line[0] == ' ') {
			return false
		}
		if strings.HasSuffix(line, " ") {
			return false
		}
		for _, r := range line {
			if !isPrintable(r) || r == '\t' {
				return false
			}
		}
	}
	return !strings.HasSuffix(s, "\n")
}

// appendBlock appends a literal block without a line feed at its end.
func appendBlock(dst []byte, s string, depth int) []byte {
	dst = append(dst, "|-"...)
	for line := range strings.SplitSeq(s, "\n") {
		if line == "" {
			dst = append(dst, '\n') // not indented: trailing space
			continue
		}
		dst = append(newLine(dst, depth), line...)
	}
	return dst
}

// isPrintable reports whether a character may stand in YAML as it is (YAML 1.2.2 §5.1),
// without those that some parsers take for line breaks and the byte order mark.
func isPrintable(r rune) bool {
	switch {
	case r < 0x20:
		return r == '\t'
	case r < 0x7f:
		return true
	case r < 0xa0, r == 0x2028, r == 0x2029, r == 0xfeff, r == 0xfffe, r == 0xffff:
		return false
	}
	return true
}
