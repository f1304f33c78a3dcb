package jsonpb

import (
	"bytes"
	"encoding/base64"
	"math"

	pr "google.golang.org/protobuf/reflect/protoreflect"
)

// scalar reads a value that is no message. It is not ok if it is the name of an enum
// value that is unknown and to be ignored.
func (d *decoder) scalar(f *field) (v pr.Value, ok bool, err error) {
	switch f.kind {
	case pr.BoolKind:
		v, err = d.bool()
	case pr.StringKind:
		var s []byte
		if s, err = d.quoted("a string"); err == nil {
			v = pr.ValueOfString(string(s))
		}
	case pr.BytesKind:
		v, err = d.bytes()
	case pr.EnumKind:
		return d.enum(f.enum)
	case pr.FloatKind, pr.DoubleKind:
		v, err = d.float(f.kind)
	default:
		v, err = d.integer(f.kind)
	}
	return v, err == nil, err
}

// quoted reads a string.
func (d *decoder) quoted(want string) ([]byte, error) {
	if d.peek() != '"' {
		return nil, d.unexpected(want)
	}
	d.at = d.pos
	return d.string()
}

func (d *decoder) bool() (pr.Value, error) {
	switch d.peek() {
	case 't':
		return pr.ValueOfBool(true), d.literal("true")
	case 'f':
		return pr.ValueOfBool(false), d.literal("false")
	}
	return pr.Value{}, d.unexpected("true or false")
}

// numeral reads a number or a string of which it returns the text.
func (d *decoder) numeral(want string) (raw []byte, quoted bool, err error) {
	c := d.peek()
	d.at = d.pos
	switch {
	case c == '"':
		raw, err = d.string()
		return raw, true, err
	case c == '-' || '0' <= c && c <= '9':
		raw, err = d.number()
		return raw, false, err
	}
	return nil, false, d.unexpected(want)
}

func (d *decoder) integer(kind pr.Kind) (v pr.Value, err error) {
	raw, quoted, err := d.numeral("a number")
	if err != nil {
		return v, err
	}
	ok := !quoted || len(raw) > 0 && numberLen(raw) == len(raw)
	if ok {
		switch kind {
		case pr.Int32Kind, pr.Sint32Kind, pr.Sfixed32Kind:
			var x int64
			x, ok = signed(raw, 32)
			v = pr.ValueOfInt32(int32(x))
		case pr.Int64Kind, pr.Sint64Kind, pr.Sfixed64Kind:
			var x int64
			x, ok = signed(raw, 64)
			v = pr.ValueOfInt64(x)
		case pr.Uint32Kind, pr.Fixed32Kind:
			var x uint64
			x, ok = unsigned(raw, 32)
			v = pr.ValueOfUint32(uint32(x))
		default:
			var x uint64
			x, ok = unsigned(raw, 64)
			v = pr.ValueOfUint64(x)
		}
	}
	if !ok {
		return v, d.fail(d.at, "%q is no %s", show(raw), kind)
	}
	return v, nil
}

func (d *decoder) float(kind pr.Kind) (v pr.Value, err error) {
	raw, quoted, err := d.numeral("a number")
	if err != nil {
		return v, err
	}
	size := 64
	if kind == pr.FloatKind {
		size = 32
	}
	var x float64
	ok := true
	switch {
	case !quoted:
		x, ok = float(raw, size)
	case string(raw) == "NaN":
		x = math.NaN()
	case string(raw) == "Infinity":
		x = math.Inf(1)
	case string(raw) == "-Infinity":
		x = math.Inf(-1)
	case len(raw) == 0 || numberLen(raw) != len(raw):
		ok = false
	default:
		x, ok = float(raw, size)
	}
	if !ok {
		return v, d.fail(d.at, "%q is no %s", show(raw), kind)
	}
	if size == 32 {
		return pr.ValueOfFloat32(float32(x)), nil
	}
	return pr.ValueOfFloat64(x), nil
}

// bytes reads base64, of the standard alphabet or that of URLs, padded or not.
func (d *decoder) bytes() (v pr.Value, err error) {
	s, err := d.quoted("a string of base64")
	if err != nil {
		return v, err
	}
	enc := base64.StdEncoding
	if bytes.ContainsAny(s, "-_") {
		enc = base64.URLEncoding
	}
	if len(s)%4 != 0 {
		enc = rawOf(enc)
	}
	b := make([]byte, enc.DecodedLen(len(s)))
	n, err := enc.Decode(b, s)
	if err != nil {
		return v, d.fail(d.at, "the string is not base64: %v", err)
	}
	return pr.ValueOfBytes(b[:n]), nil
}

func rawOf(enc *base64.Encoding) *base64.Encoding {
	if enc == base64.URLEncoding {
		return base64.RawURLEncoding
	}
	return base64.RawStdEncoding
}

func (d *decoder) enum(t *enum) (v pr.Value, ok bool, err error) {
	switch c := d.peek(); {
	case c == '"':
		at := d.pos
		s, err := d.string()
		if err != nil {
			return v, false, err
		}
		n, ok := t.values[string(s)]
		if !ok && !d.o.DiscardUnknown {
			return v, false, d.fail(at, "%q is no value of the enum", show(s))
		}
		return pr.ValueOfEnum(n), ok, nil
	case c == 'n' && t.null:
		return pr.ValueOfEnum(0), true, d.literal("null")
	case c == '-' || '0' <= c && c <= '9':
		at := d.pos
		raw, err := d.number()
		if err != nil {
			return v, false, err
		}
		n, ok := signed(raw, 32)
		if !ok {
			return v, false, d.fail(at, "%q is no number of an enum value", show(raw))
		}
		return pr.ValueOfEnum(pr.EnumNumber(n)), true, nil
	}
	return v, false, d.unexpected("the name of an enum value")
}
