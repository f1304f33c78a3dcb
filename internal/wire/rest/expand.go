package rest

import (
	"fmt"
	"strings"
)

// Expand returns the path that a client asks for, with the values of the variables in
// the order of [Template.Vars]. Wildcards outside of variables have no value, so a
// template that has them cannot be expanded. A value must be what its variable could
// match, without dot segments, which clients remove from paths. What it has of
// characters other than letters, digits and -._~ is escaped, but for the slashes of a
// value that may have more than one segment.
func (t *Template) Expand(values []string) (string, error) {
	if len(values) != len(t.vars) {
		return "", fmt.Errorf("template %q has %d variables, not %d", t.text, len(t.vars), len(values))
	}
	var path []byte
	for i, n := 0, 0; i < len(t.segments); {
		if n < len(t.vars) && t.vars[n].start == i {
			v := &t.vars[n]
			if !fits(t.segments[i:v.end], v.Multi, values[n]) {
				return "", fmt.Errorf("%s: %q is no value for it in template %q", v.Field, values[n], t.text)
			}
			path = append(path, '/')
			if v.Multi {
				path = appendEscaped(path, values[n], &unreservedAndSlash)
			} else {
				path = appendEscaped(path, values[n], &unreserved)
			}
			i = v.end
			n++
			continue
		}
		if t.segments[i].kind != literal {
			return "", fmt.Errorf("template %q has a wildcard without a variable", t.text)
		}
		path = append(path, '/')
		path = appendEscaped(path, t.segments[i].text, &plainChars)
		i++
	}
	if len(path) == 0 {
		path = append(path, '/')
	}
	if t.verb != "" {
		path = append(path, ':')
		path = appendEscaped(path, t.verb, &plainChars)
	}
	return string(path), nil
}

// fits reports whether a variable of these segments can have the value.
func fits(segments []segment, multi bool, value string) bool {
	if hasDots(value) {
		return false
	}
	if !multi {
		return segments[0].matches(value)
	}
	parts := strings.Split(value, "/")
	for i, s := range segments {
		if s.kind == deep {
			// What follows matches the last parts.
			parts = parts[min(i, len(parts)):]
			after := segments[i+1:]
			return len(parts) >= len(after) && allMatch(after, parts[len(parts)-len(after):])
		}
		if i >= len(parts) || !s.matches(parts[i]) {
			return false
		}
	}
	return len(parts) == len(segments)
}

func allMatch(segments []segment, parts []string) bool {
	for i, s := range segments {
		if !s.matches(parts[i]) {
			return false
		}
	}
	return true
}

// matches reports whether a segment that is not ** can be the decoded text.
func (s *segment) matches(text string) bool {
	return text != "" && (s.kind == wildcard || s.text == text)
}

// hasDots reports whether a segment of s is a dot segment.
func hasDots(s string) bool {
	for part := range strings.SplitSeq(s, "/") {
		if part == "." || part == ".." {
			return true
		}
	}
	return false
}
