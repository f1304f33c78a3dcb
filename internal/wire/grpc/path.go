package grpc

import "strings"

// SplitPath splits the :path of a request, as in /package.Service/Method, at its
// last slash. ok is false for a path that no service can have, and then the call
// is refused with Unimplemented before anything else looks at it: a path must have
// one spelling only, or a policy that compares paths can be passed by
// (CVE-2026-33186). So there is no leading slash missing or doubled, no empty or
// dot segment, no query or fragment, no escape, and nothing but the characters
// that a path segment has in plain (RFC 3986 §3.3). Paths are case-sensitive and
// never unescaped.
func SplitPath(path string) (service, method string, ok bool) {
	if len(path) < 2 || path[0] != '/' {
		return "", "", false
	}
	last := strings.LastIndexByte(path, '/')
	if last == 0 {
		return "", "", false
	}
	start := 1
	for i := 1; i < len(path); i++ {
		c := path[i]
		if c == '/' {
			if !segment(path[start:i]) {
				return "", "", false
			}
			start = i + 1
		} else if !pathChars.has(c) {
			return "", "", false
		}
	}
	if !segment(path[start:]) {
		return "", "", false
	}
	return path[1:last], path[last+1:], true
}

// segment reports whether s is neither empty nor a dot segment.
func segment(s string) bool {
	return s != "" && s != "." && s != ".."
}

// pathChars is pchar of RFC 3986 §3.3 without the escape.
var pathChars = newCharset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,;=:@")

// A charset is a set of ASCII characters.
type charset [2]uint64

func newCharset(chars string) (set charset) {
	for i := range len(chars) {
		set[chars[i]>>6&1] |= 1 << (chars[i] & 63)
	}
	return set
}

func (set *charset) has(c byte) bool {
	return c < 0x80 && set[c>>6]&(1<<(c&63)) != 0
}
