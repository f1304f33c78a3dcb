package jsonpb

import (
	"bytes"
	"strings"
	"time"

	pr "google.golang.org/protobuf/reflect/protoreflect"
)

// known reads a message of a well-known type.
func (d *decoder) known(t *table, n *node, depth int) error {
	switch t.known {
	case anyType:
		return d.any(t, n, depth)
	case timestamp:
		return d.timestamp(t, n)
	case duration:
		return d.duration(t, n)
	case fieldMask:
		return d.fieldMask(t, n)
	case valueType:
		return d.knownValue(t, n, depth)
	case wrapper:
		v, ok, err := d.scalar(&t.fields[0])
		if ok && err == nil {
			t.fields[0].set(n, v)
		}
		return err
	case empty:
		return d.empty(depth)
	}
	return d.value(&t.fields[0], n, depth) // a struct or a list
}

func (d *decoder) empty(depth int) error {
	if err := d.open('{', "an object"); err != nil {
		return err
	}
	for first := true; ; first = false {
		more, err := d.more(first, '}')
		if err != nil || !more {
			return err
		}
		d.peek()
		at := d.pos
		if _, err := d.name(); err != nil {
			return err
		}
		if err := d.unknown(at, depth); err != nil {
			return err
		}
	}
}

func (d *decoder) timestamp(t *table, n *node) error {
	s, err := d.quoted("a timestamp in quotes")
	if err != nil {
		return err
	}
	x, err := time.Parse(time.RFC3339Nano, string(s))
	if err != nil {
		return d.fail(d.at, "%q is no timestamp of RFC 3339", show(s))
	}
	seconds := x.Unix()
	if seconds < minTimestamp || seconds > maxTimestamp {
		return d.fail(d.at, "%q is not within the years 1 to 9999", show(s))
	}
	point, zone := bytes.LastIndexByte(s, '.'), bytes.LastIndexAny(s, "Z-+")
	if point >= 0 && zone-point > len(".999999999") {
		return d.fail(d.at, "%q has more digits than nanoseconds", show(s))
	}
	t.fields[0].set(n, pr.ValueOfInt64(seconds))
	t.fields[1].set(n, pr.ValueOfInt32(int32(x.Nanosecond())))
	return nil
}

func (d *decoder) duration(t *table, n *node) error {
	s, err := d.quoted("a duration in quotes")
	if err != nil {
		return err
	}
	seconds, nanos, ok := parseDuration(s)
	if !ok {
		return d.fail(d.at, "%q is no duration such as 1.5s, of 10,000 years at most", show(s))
	}
	t.fields[0].set(n, pr.ValueOfInt64(seconds))
	t.fields[1].set(n, pr.ValueOfInt32(nanos))
	return nil
}

// parseDuration reads seconds with a sign that may be there, with or without digits
// before and after the point, of which at most nine after it, and an s. A point alone
// is zero, as protojson has it.
func parseDuration(s []byte) (seconds int64, nanos int32, ok bool) {
	s, ok = bytes.CutSuffix(s, []byte("s"))
	if !ok || len(s) == 0 {
		return 0, 0, false
	}
	negative := s[0] == '-'
	if s[0] == '-' || s[0] == '+' {
		s = s[1:]
	}
	whole := digits(s)
	if whole > 1 && s[0] == '0' || whole > len("315576000000") {
		return 0, 0, false
	}
	for _, c := range s[:whole] {
		seconds = seconds*10 + int64(c-'0')
	}
	rest := s[whole:]
	switch {
	case len(rest) == 0 && whole == 0, len(rest) > 0 && rest[0] != '.':
		return 0, 0, false
	case len(rest) > 0:
		n := digits(rest[1:])
		if n != len(rest)-1 || n > 9 {
			return 0, 0, false
		}
		for i := range 9 {
			nanos *= 10
			if i < n {
				nanos += int32(rest[1+i] - '0')
			}
		}
	}
	if seconds > maxDuration {
		return 0, 0, false
	}
	if negative {
		return -seconds, -nanos, true
	}
	return seconds, nanos, true
}

func (d *decoder) fieldMask(t *table, n *node) error {
	s, err := d.quoted("a field mask in quotes")
	if err != nil {
		return err
	}
	text := strings.TrimSpace(string(s))
	if text == "" {
		return nil
	}
	f := &t.fields[0]
	for camel := range strings.SplitSeq(text, ",") {
		path, ok := snake(camel)
		if !ok {
			return d.fail(d.at, "%q is no path of a field mask", clip(camel))
		}
		if f.at >= 0 {
			extend(n.v.Field(f.at)).SetString(path)
		} else {
			n.reflect().Mutable(f.fd).List().Append(pr.ValueOfString(path))
		}
	}
	return nil
}

// snake returns a lowerCamelCase path with underscores, and whether it is one.
func snake(camel string) (string, bool) {
	path := make([]byte, 0, len(camel)+8)
	for i := range len(camel) {
		c := camel[i]
		switch {
		case c == '_':
			return "", false
		case 'A' <= c && c <= 'Z':
			path = append(path, '_', c-'A'+'a')
		default:
			path = append(path, c)
		}
	}
	return string(path), pr.FullName(path).IsValid()
}

func (d *decoder) knownValue(t *table, n *node, depth int) error {
	c := d.peek()
	switch c {
	case 'n':
		t.fields[nullValue].set(n, pr.ValueOfEnum(0))
		return d.literal("null")
	case 't', 'f':
		v, err := d.bool()
		if err == nil {
			t.fields[boolValue].set(n, v)
		}
		return err
	case '"':
		s, err := d.string()
		if err == nil {
			t.fields[stringValue].set(n, pr.ValueOfString(string(s)))
		}
		return err
	case '{', '[':
		f := &t.fields[structValue]
		if c == '[' {
			f = &t.fields[arrayValue]
		}
		// The struct or list is no level of its own.
		st, sub := f.create(n)
		if st.known != structType && st.known != listValue {
			return d.fail(d.pos, "%s is not what it is known to be", st.desc.FullName())
		}
		return d.known(st, &sub, depth)
	}
	if c != '-' && (c < '0' || c > '9') {
		return d.unexpected("a value")
	}
	v, err := d.float(pr.DoubleKind)
	if err == nil {
		t.fields[numberValue].set(n, v)
	}
	return err
}
