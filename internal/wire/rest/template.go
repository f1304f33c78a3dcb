package rest

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// A Template is a parsed path template. It does not change and is safe for concurrent
// use.
type Template struct {
	text     string
	segments []segment
	deep     int    // which segment is **, or how many there are
	verb     string // after the colon, decoded
	vars     []Variable
}

// append adds a segment at the end.
func (t *Template) append(s segment) {
	if t.deep == len(t.segments) && s.kind != deep {
		t.deep++
	}
	t.segments = append(t.segments, s)
}

// A kind is what a segment of a template matches. Where two templates match a path the
// one whose first different segment has the lesser kind is taken.
type kind uint8

const (
	literal  kind = iota
	wildcard      // *: one segment that is not empty
	deep          // **: any number of segments, empty ones too
)

type segment struct {
	kind kind
	text string // of a literal, decoded
}

// A Variable is a part of the path that is the value of a field.
type Variable struct {
	Field string // the path of the field, as in a.b
	// Multi is set for what may have more than one segment. Its value keeps escaped
	// slashes escaped, so that they differ from those between segments.
	Multi      bool
	start, end int // the variable's segments
}

// A SyntaxError says why a template is none.
type SyntaxError struct {
	Template string
	Offset   int // of what is wrong, in octets from 0
	Problem  string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("template %q: %s at offset %d", e.Template, e.Problem, e.Offset)
}

// ParseTemplate reads a path template of google/api/http.proto:
//
//	Template  = "/" Segments [ ":" LITERAL ]
//	Segments  = Segment { "/" Segment }
//	Segment   = "*" | "**" | LITERAL | "{" FieldPath [ "=" Segments ] "}"
//	FieldPath = IDENT { "." IDENT }
//
// Variables do not nest, and a field is bound once. That text wants ** to be the last
// segment, but APIs that Google has published have it before others, so it may be any
// segment, once. Literals
// have the characters that RFC 3986 §3.3 allows in a segment, escaped or not, or text
// that is not ASCII; they match whichever way a path escapes them. The colon of the
// verb is the last one that is neither before a slash nor within a variable. Beyond the
// grammar, "/" is a template: that of the root alone. Errors are of type
// [*SyntaxError].
func ParseTemplate(s string) (*Template, error) {
	p := &parser{text: s, rest: s, t: &Template{text: s}}
	if err := p.parse(); err != nil {
		return nil, err
	}
	return p.t, nil
}

// String returns the text that was parsed.
func (t *Template) String() string { return t.text }

// Verb returns what stands behind the colon, without escapes, or "".
func (t *Template) Verb() string { return t.verb }

// Vars returns the variables in the order in which the template has them. The slice
// must not be modified.
func (t *Template) Vars() []Variable { return t.vars }

// A parser reads a template from its front.
type parser struct {
	text string
	rest string // what is not yet read, without the verb
	verb int    // where the verb begins, or the text's length
	t    *Template
}

// fail returns the error of what is wrong where the parser stands.
func (p *parser) fail(format string, args ...any) error {
	return &SyntaxError{p.text, p.verb - len(p.rest), fmt.Sprintf(format, args...)}
}

func (p *parser) parse() (err error) {
	p.verb = len(p.text)
	if !utf8.ValidString(p.text) {
		return p.fail("text that is not UTF-8")
	}
	if !strings.HasPrefix(p.text, "/") {
		return p.fail("no leading slash")
	}
	if p.text == "/" {
		return nil
	}
	if i := strings.LastIndexByte(p.text, ':'); i > strings.LastIndexAny(p.text, "/}") {
		p.rest = p.text[i+1:]
		if p.t.verb, err = p.literal("verb"); err != nil {
			return err
		}
		p.verb = i
		p.rest = p.text[:i]
	}
	for p.rest != "" {
		if p.rest[0] != '/' {
			return p.fail("%q where a slash or the end was expected", firstRune(p.rest))
		}
		p.rest = p.rest[1:]
		if strings.HasPrefix(p.rest, "{") {
			err = p.variable()
		} else {
			err = p.segment()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// segment reads a segment that is no variable.
func (p *parser) segment() error {
	text := p.rest
	if i := strings.IndexAny(text, ends); i >= 0 {
		text = text[:i]
	}
	next := segment{}
	switch text {
	case "*":
		next.kind = wildcard
	case "**":
		if p.t.deep < len(p.t.segments) {
			return p.fail("a second **")
		}
		next.kind = deep
	default:
		var err error
		if next.text, err = p.literal("segment"); err != nil {
			return err
		}
		p.t.append(next)
		return nil
	}
	p.rest = p.rest[len(text):]
	p.t.append(next)
	return nil
}

// ends are the characters that end a segment.
const ends = "/{}"

// literal reads a literal, which is a segment or a verb, and returns it without escapes.
func (p *parser) literal(what string) (string, error) {
	before := p.rest
	for p.rest != "" && strings.IndexByte(ends, p.rest[0]) < 0 {
		switch c := p.rest[0]; {
		case c == '%':
			if _, ok := unhex(p.rest); !ok {
				return "", p.fail("a percent sign without two hexadecimal digits")
			}
			p.rest = p.rest[3:]
		case c == '*':
			return "", p.fail("a wildcard that is not a whole segment")
		case c < utf8.RuneSelf && !literalChars.has(c):
			return "", p.fail("%q, which must be escaped", c)
		default:
			p.rest = p.rest[1:]
		}
	}
	text := before[:len(before)-len(p.rest)]
	decoded := decode(text, false)
	switch {
	case text == "" && p.rest != "" && p.rest[0] == '{':
		return "", p.fail("a variable where none may be")
	case text == "":
		return "", p.fail("an empty %s", what)
	case strings.Contains(decoded, "/"):
		p.rest = before
		return "", p.fail("a %s %q with an escaped slash", what, text)
	case decoded == "." || decoded == "..":
		p.rest = before
		return "", p.fail("a %s %q, which clients remove", what, text)
	case !utf8.ValidString(decoded):
		p.rest = before
		return "", p.fail("a %s %q that is not UTF-8", what, text)
	}
	return decoded, nil
}

// variable reads "{" FieldPath [ "=" Segments ] "}".
func (p *parser) variable() error {
	p.rest = p.rest[1:]
	at := p.rest
	v := Variable{start: len(p.t.segments)}
	if err := p.fieldPath(); err != nil {
		return err
	}
	v.Field = at[:len(at)-len(p.rest)]
	if slices.ContainsFunc(p.t.vars, func(other Variable) bool { return other.Field == v.Field }) {
		p.rest = at
		return p.fail("field %s, which is bound a second time", v.Field)
	}
	if strings.HasPrefix(p.rest, "}") {
		p.t.append(segment{kind: wildcard})
	} else {
		for more := true; more; more = strings.HasPrefix(p.rest, "/") {
			p.rest = p.rest[1:] // the equals sign, then slashes
			if err := p.segment(); err != nil {
				return err
			}
		}
		switch {
		case p.rest == "":
			return p.fail("the end of the template within a variable")
		case p.rest[0] == '{':
			return p.fail("a variable within a variable")
		}
	}
	p.rest = p.rest[1:]
	v.end = len(p.t.segments)
	v.Multi = v.end-v.start > 1 || p.t.deep == v.start
	p.t.vars = append(p.t.vars, v)
	return nil
}

// fieldPath reads FieldPath, which an equals sign or the end of the variable follows.
func (p *parser) fieldPath() error {
	for {
		n := 0
		for n < len(p.rest) && identChar(p.rest[n], n == 0) {
			n++
		}
		if n == 0 && p.rest != "" {
			return p.fail("%q where the name of a field was expected", firstRune(p.rest))
		}
		p.rest = p.rest[n:]
		if p.rest == "" {
			return p.fail("the end of the template within a variable")
		}
		switch p.rest[0] {
		case '=', '}':
			return nil
		case '.':
			p.rest = p.rest[1:]
		default:
			return p.fail("%q within the name of a field", firstRune(p.rest))
		}
	}
}

func identChar(c byte, first bool) bool {
	return c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z' || !first && c >= '0' && c <= '9'
}

// firstRune returns the first character of s, which has one.
func firstRune(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	return s[:n]
}
