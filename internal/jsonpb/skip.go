package jsonpb

import "io"

// skip reads a value that is not needed, which may nest limit deep. While a search for
// "@type" goes on it notes where objects have theirs.
func (d *decoder) skip(limit int) error {
	switch c := d.peek(); c {
	case '{':
		if limit < 1 {
			return d.tooDeep()
		}
		return d.skipObject(limit - 1)
	case '[':
		if limit < 1 {
			return d.tooDeep()
		}
		return d.skipArray(limit - 1)
	case '"':
		_, err := d.string()
		return err
	case 't':
		return d.literal("true")
	case 'f':
		return d.literal("false")
	case 'n':
		return d.literal("null")
	}
	_, err := d.number()
	return err
}

func (d *decoder) skipObject(limit int) error {
	start := d.pos
	if err := d.open('{', "an object"); err != nil {
		return err
	}
	for first := true; ; first = false {
		more, err := d.more(first, '}')
		if err != nil || !more {
			return err
		}
		name, err := d.name()
		if err != nil {
			return err
		}
		if d.searching && !first && string(name) == "@type" {
			if _, ok := d.types[start]; !ok {
				d.peek()
				d.types[start] = d.pos
			}
		}
		if err := d.skip(limit); err != nil {
			return err
		}
	}
}

func (d *decoder) skipArray(limit int) error {
	if err := d.open('[', "an array"); err != nil {
		return err
	}
	for first := true; ; first = false {
		more, err := d.more(first, ']')
		if err != nil || !more {
			return err
		}
		if err := d.skip(limit); err != nil {
			return err
		}
	}
}

// Next splits off the first JSON value of src, without the white space around it, and
// returns what comes after it. It looks no closer at the value than it takes to find
// its end. The error is io.EOF if there is nothing but white space, and
// io.ErrUnexpectedEOF if the value has no end: rest is src then. A number or literal
// ends with src at the latest.
func Next(src []byte) (value, rest []byte, err error) {
	d := decoder{src: src}
	d.peek()
	start := d.pos
	if start == len(src) {
		return nil, src, io.EOF
	}
	depth := 0
	for i := start; i < len(src); {
		switch c := src[i]; {
		case c == '"':
			if i = endOfString(src, i+1); i < 0 {
				return nil, src, io.ErrUnexpectedEOF
			}
		case c == '{' || c == '[':
			depth++
			i++
		case (c == '}' || c == ']') && depth > 0:
			depth--
			i++
		case depth > 0:
			i++
			continue
		case isWord(c):
			for i < len(src) && isWord(src[i]) {
				i++
			}
		default:
			return nil, src, located(d.unexpected("a value"), src)
		}
		if depth == 0 {
			return src[start:i:i], src[i:], nil
		}
	}
	return nil, src, io.ErrUnexpectedEOF
}

// endOfString returns where a string ends that has begun before i, or -1.
func endOfString(src []byte, i int) int {
	for i < len(src) {
		i += plain(src[i:])
		switch {
		case i >= len(src):
		case src[i] == '"':
			return i + 1
		case src[i] == '\\':
			i += 2
		default:
			i++
		}
	}
	return -1
}
