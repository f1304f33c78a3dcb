package jsonpb

import (
	"math"
	"reflect"
	"strconv"
	"time"

	"google.golang.org/protobuf/proto"
	pr "google.golang.org/protobuf/reflect/protoreflect"
)

// known appends a message of a well-known type.
func (e *encoder) known(t *table, n *node) error {
	switch t.known {
	case anyType:
		return e.any(t, n)
	case timestamp:
		return e.timestamp(t.fields[0].scalar(n).Int(), t.fields[1].scalar(n).Int())
	case duration:
		return e.duration(t.fields[0].scalar(n).Int(), t.fields[1].scalar(n).Int())
	case fieldMask:
		return e.fieldMask(t, n)
	case valueType:
		return e.knownValue(t, n)
	case wrapper:
		return e.scalar(&t.fields[0], t.fields[0].scalar(n))
	}
	// A struct or a list.
	f := &t.fields[0]
	switch {
	case f.at < 0:
		return e.value(f, n.reflect().Get(f.fd))
	case t.known == structType:
		return e.structMap(f, n.v.Field(f.at))
	}
	return e.structList(f, n.v.Field(f.at))
}

// What seconds and nanoseconds may be: see timestamp.proto and duration.proto.
const (
	minTimestamp = -62135596800 // 0001-01-01T00:00:00Z
	maxTimestamp = 253402300799 // 9999-12-31T23:59:59Z
	maxDuration  = 315576000000 // 10,000 years
	maxNanos     = 999_999_999
)

func (e *encoder) timestamp(seconds, nanos int64) error {
	if seconds < minTimestamp || seconds > maxTimestamp {
		return errorf("a google.protobuf.Timestamp cannot have %d seconds", seconds)
	}
	if nanos < 0 || nanos > maxNanos {
		return errorf("a google.protobuf.Timestamp cannot have %d nanos", nanos)
	}
	t := time.Unix(seconds, 0).UTC()
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	out := appendDigits(append(e.out, '"'), year, 4)
	out = appendDigits(append(out, '-'), int(month), 2)
	out = appendDigits(append(out, '-'), day, 2)
	out = appendDigits(append(out, 'T'), hour, 2)
	out = appendDigits(append(out, ':'), minute, 2)
	out = appendDigits(append(out, ':'), second, 2)
	e.out = append(appendFraction(out, int(nanos)), 'Z', '"')
	return nil
}

func (e *encoder) duration(seconds, nanos int64) error {
	switch {
	case seconds < -maxDuration || seconds > maxDuration:
		return errorf("a google.protobuf.Duration cannot have %d seconds", seconds)
	case nanos < -maxNanos || nanos > maxNanos:
		return errorf("a google.protobuf.Duration cannot have %d nanos", nanos)
	case seconds > 0 && nanos < 0 || seconds < 0 && nanos > 0:
		return errorf("seconds and nanos of a google.protobuf.Duration have different signs")
	}
	e.out = append(e.out, '"')
	if seconds < 0 || nanos < 0 {
		e.out = append(e.out, '-')
		seconds, nanos = -seconds, -nanos
	}
	e.out = strconv.AppendInt(e.out, seconds, 10)
	e.out = append(appendFraction(e.out, int(nanos)), 's', '"')
	return nil
}

func (e *encoder) fieldMask(t *table, n *node) error {
	f := &t.fields[0]
	e.out = append(e.out, '"')
	start := len(e.out)
	add := func(path string) error {
		if len(e.out) > start {
			e.out = append(e.out, ',')
		}
		var ok bool
		if e.out, ok = appendCamel(e.out, path); !ok {
			return errorf("%q cannot be a path of a google.protobuf.FieldMask in JSON", clip(path))
		}
		return nil
	}
	if f.at >= 0 {
		paths := n.v.Field(f.at)
		for i := range paths.Len() {
			if err := add(paths.Index(i).String()); err != nil {
				return err
			}
		}
	} else {
		paths := n.reflect().Get(f.fd).List()
		for i := range paths.Len() {
			if err := add(paths.Get(i).String()); err != nil {
				return err
			}
		}
	}
	e.out = append(e.out, '"')
	return nil
}

// appendCamel appends a path of a field mask as lowerCamelCase, and reports whether it
// can be read back as it was: an underscore must have a letter after it, and no letter
// may be a capital.
func appendCamel(dst []byte, path string) ([]byte, bool) {
	if !pr.FullName(path).IsValid() {
		return dst, false
	}
	for i := 0; i < len(path); i++ {
		c := path[i]
		if c == '_' {
			if i++; i == len(path) || path[i] < 'a' || path[i] > 'z' {
				return dst, false
			}
			c = path[i] - 'a' + 'A'
		} else if 'A' <= c && c <= 'Z' {
			return dst, false
		}
		dst = append(dst, c)
	}
	return dst, true
}

func (e *encoder) knownValue(t *table, n *node) error {
	f, v := t.valueOf(n)
	if f == nil {
		return errorf("a google.protobuf.Value has no value")
	}
	if f.index == numberValue {
		if x := f.scalar(n).Float(); math.IsNaN(x) || math.IsInf(x, 0) {
			return errorf("a google.protobuf.Value cannot be the number %v", x)
		}
	}
	if f.at < 0 {
		return e.item(f, n.reflect().Get(f.fd))
	}
	if f.message {
		sub, n := f.nodeAt(v)
		return e.message(sub, &n, "")
	}
	return e.scalar(f, valueOf(f.kind, v))
}

// valueOf returns which field of a google.protobuf.Value is set, or nil, and where it
// is if its place is known.
func (t *table) valueOf(n *node) (*field, reflect.Value) {
	for i := range t.fields {
		f := &t.fields[i]
		if f.at < 0 {
			if n.reflect().Has(f.fd) {
				return f, reflect.Value{}
			}
		} else if v, ok := f.slot(n); ok {
			return f, v
		}
	}
	return nil, reflect.Value{}
}

func (e *encoder) any(t *table, n *node) error {
	url, data := t.fields[0].scalar(n).String(), t.fields[1].scalar(n).Bytes()
	if url == "" && len(data) == 0 {
		e.out = append(e.out, '{', '}')
		return nil
	}
	if url == "" {
		return errorf("a google.protobuf.Any has a value and no type_url")
	}
	if e.anys++; e.anys > e.o.MaxDepth {
		return errorf("messages of type google.protobuf.Any nest more than %d deep", e.o.MaxDepth)
	}
	defer func() { e.anys-- }()
	mt, err := e.o.Resolver.FindMessageByURL(url)
	if err != nil {
		return errorf("the type %q of a google.protobuf.Any is not known: %v", clip(url), err)
	}
	m := mt.New().Interface()
	// Required fields are not checked in an Any.
	if err := (proto.UnmarshalOptions{AllowPartial: true, Resolver: e.o.Resolver}).Unmarshal(data, m); err != nil {
		return errorf("the value of a google.protobuf.Any is no %q: %v", clip(url), err)
	}
	sub, at := nodeOf(m)
	if sub.known == ordinary || sub.known == empty {
		return e.message(sub, &at, url)
	}
	e.out = append(e.out, `{"@type":`...)
	if err := e.string(url); err != nil {
		return err
	}
	e.out = append(e.out, `,"value":`...)
	if err := e.message(sub, &at, ""); err != nil {
		return err
	}
	e.out = append(e.out, '}')
	return nil
}
