package jsonpb

import (
	"bytes"
	"sync"
	"unicode/utf16"
	"unicode/utf8"
)

// A decoder reads a JSON text, which has the form of RFC 8259, from pos on.
type decoder struct {
	o       Options
	src     []byte
	pos     int
	at      int    // where the string or number begins that a value was made of last
	buf     []byte // the last string that has escapes, without them
	nest    int    // objects and arrays around
	maxNest int    // how many there may be, in an Any
	key     scratch
	val     scratch

	// What the search for "@type" has found: where its value is, by where the object
	// begins, for objects in which it is not the first; and how far it has come.
	searching bool
	types     map[int]int
	done      int
}

var decoders = sync.Pool{New: func() any { return new(decoder) }}

func newDecoder(o Options, src []byte) *decoder {
	d := decoders.Get().(*decoder)
	d.o, d.src, d.maxNest = o.withDefaults(), src, 1<<62
	return d
}

// release lets others use the decoder.
func (d *decoder) release() {
	const keep = 1 << 16
	buf := d.buf
	if cap(buf) > keep {
		buf = nil
	}
	*d = decoder{buf: buf}
	decoders.Put(d)
}

// fail returns an error at a place of src.
func (d *decoder) fail(pos int, format string, args ...any) error {
	e := errorf(format, args...)
	e.offset = pos
	return e
}

// unexpected returns an error for what is at pos, where something else should be.
func (d *decoder) unexpected(want string) error {
	if d.peek() == 0 && d.pos == len(d.src) {
		return d.fail(d.pos, "want %s, found the end", want)
	}
	return d.fail(d.pos, "want %s, found %s", want, d.token(d.pos))
}

// token returns the token at pos for an error.
func (d *decoder) token(pos int) string {
	const most = 40
	b := d.src[pos:]
	end := 1
	switch {
	case b[0] == '"':
		for end < len(b) && end < most && b[end] != '"' {
			end++
		}
		end = min(end+1, len(b))
	default:
		for end < len(b) && end < most && isWord(b[end-1]) && isWord(b[end]) {
			end++
		}
	}
	more := ""
	if end >= most {
		more = "…"
	}
	return string(bytes.ToValidUTF8(b[:end], []byte("�"))) + more
}

// isWord reports whether c is of a number or literal, or what looks like one.
func isWord(c byte) bool {
	return c == '-' || c == '+' || c == '.' || c == '_' ||
		'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// peek skips white space and returns the octet at pos, 0 at the end.
func (d *decoder) peek() byte {
	for d.pos < len(d.src) {
		switch c := d.src[d.pos]; c {
		case ' ', '\n', '\r', '\t':
			d.pos++
		default:
			return c
		}
	}
	return 0
}

// end returns an error if there is more than white space.
func (d *decoder) end() error {
	if d.peek(); d.pos < len(d.src) {
		return d.unexpected("the end")
	}
	return nil
}

func (d *decoder) literal(s string) error {
	if !bytes.HasPrefix(d.src[d.pos:], []byte(s)) {
		return d.unexpected("a value")
	}
	if end := d.pos + len(s); end < len(d.src) && isWord(d.src[end]) {
		return d.unexpected("a value")
	}
	d.pos += len(s)
	return nil
}

// open reads the bracket that begins an object or array, which want says.
func (d *decoder) open(bracket byte, want string) error {
	if d.peek() != bracket {
		return d.unexpected(want)
	}
	if d.nest++; d.nest > d.maxNest {
		return d.tooDeep()
	}
	d.pos++
	return nil
}

func (d *decoder) tooDeep() error {
	return d.fail(d.pos, "it nests more than %d deep", d.o.MaxDepth)
}

// more reports whether another part of an object or array follows, and reads the
// comma before it. If none does it reads the bracket that ends it.
func (d *decoder) more(first bool, bracket byte) (bool, error) {
	c := d.peek()
	switch {
	case c == bracket:
		d.pos++
		d.nest--
		return false, nil
	case first:
		return true, nil
	case c != ',':
		return false, d.unexpected("a comma or " + string(bracket))
	}
	d.pos++
	return true, nil
}

// name reads the name of an object's member and the colon. It is valid until the next
// string is read.
func (d *decoder) name() ([]byte, error) {
	if d.peek() != '"' {
		return nil, d.unexpected("a name in quotes")
	}
	name, err := d.string()
	if err != nil {
		return nil, err
	}
	if d.peek() != ':' {
		return nil, d.unexpected("a colon")
	}
	d.pos++
	return name, nil
}

// string reads the string at pos, where its quote is. What it returns is valid until
// the next string is read.
func (d *decoder) string() ([]byte, error) {
	start := d.pos + 1
	end := start + plain(d.src[start:])
	if end < len(d.src) && d.src[end] == '"' {
		d.pos = end + 1
		return d.src[start:end:end], nil
	}
	return d.escaped(start, end)
}

// escaped reads a string that begins at start, and is plain up to i.
func (d *decoder) escaped(start, i int) ([]byte, error) {
	src := d.src
	copied := start // what of the string is in d.buf
	d.buf = d.buf[:0]
	for i < len(src) {
		c := src[i]
		switch {
		case c == '"':
			d.pos = i + 1
			if copied == start {
				return src[start:i:i], nil
			}
			d.buf = append(d.buf, src[copied:i]...)
			return d.buf, nil
		case c == '\\':
			d.buf = append(d.buf, src[copied:i]...)
			n, err := d.escape(i)
			if err != nil {
				return nil, err
			}
			i += n
			copied = i
		case c < ' ':
			return nil, d.fail(i, "a string has the control character %q", c)
		case c < utf8.RuneSelf:
			i += max(1, plain(src[i:]))
		default:
			r, n := utf8.DecodeRune(src[i:])
			if r == utf8.RuneError && n == 1 {
				return nil, d.fail(i, "a string is not UTF-8")
			}
			i += n
		}
	}
	return nil, d.fail(start-1, "a string does not end")
}

// escape appends what an escape at i stands for, and returns how long it is.
func (d *decoder) escape(i int) (int, error) {
	b := d.src[i:]
	if len(b) < 2 {
		return 0, d.fail(i, "a string does not end")
	}
	switch c := b[1]; c {
	case '"', '\\', '/':
		d.buf = append(d.buf, c)
	case 'b':
		d.buf = append(d.buf, '\b')
	case 'f':
		d.buf = append(d.buf, '\f')
	case 'n':
		d.buf = append(d.buf, '\n')
	case 'r':
		d.buf = append(d.buf, '\r')
	case 't':
		d.buf = append(d.buf, '\t')
	case 'u':
		return d.unicode(i)
	default:
		return 0, d.fail(i, "a string has the unknown escape %q", c)
	}
	return 2, nil
}

// unicode is escape for \u. Surrogates must come in pairs.
func (d *decoder) unicode(i int) (int, error) {
	r, ok := hex4(d.src[i:])
	if !ok {
		return 0, d.fail(i, "a string has an escape that is not \\u and four hexadecimal digits")
	}
	if !utf16.IsSurrogate(r) {
		d.buf = utf8.AppendRune(d.buf, r)
		return 6, nil
	}
	low, ok := hex4(d.src[i+6:])
	if r = utf16.DecodeRune(r, low); !ok || r == utf8.RuneError {
		return 0, d.fail(i, "a string has half of a surrogate pair")
	}
	d.buf = utf8.AppendRune(d.buf, r)
	return 12, nil
}

// hex4 reads \uXXXX.
func hex4(b []byte) (r rune, ok bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	for _, c := range b[2:6] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}
