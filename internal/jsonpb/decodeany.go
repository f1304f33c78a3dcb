package jsonpb

import (
	"google.golang.org/protobuf/proto"
	pr "google.golang.org/protobuf/reflect/protoreflect"
)

// any reads a google.protobuf.Any: an object that has the type of the message as
// "@type", anywhere, and beside it the fields of the message, or its "value" if it is
// of a well-known type.
func (d *decoder) any(t *table, n *node, depth int) error {
	if d.peek() != '{' {
		return d.unexpected("an object")
	}
	at := d.pos
	typeAt, empty, err := d.findType(depth)
	if err != nil {
		return err
	}
	if typeAt < 0 {
		switch {
		case empty:
			return d.skip(1)
		case d.o.DiscardUnknown:
			return d.skip(depth)
		}
		return d.fail(at, "there is no \"@type\"")
	}
	start := d.pos
	d.pos = typeAt
	raw, err := d.quoted("the type in quotes")
	if err != nil {
		return within(err, "@type")
	}
	d.pos = start
	url := string(raw)
	if url == "" {
		return within(d.fail(typeAt, "it is empty"), "@type")
	}
	mt, err := d.o.Resolver.FindMessageByURL(url)
	if err != nil {
		return within(d.fail(typeAt, "the type %q is not known: %v", clip(url), err), "@type")
	}
	m := mt.New().Interface()
	sub, in := nodeOf(m)
	around := d.maxNest
	d.maxNest = min(around, d.nest+1+depth)
	if sub.known == ordinary {
		err = d.message(sub, &in, depth, true)
	} else {
		err = d.anyValue(sub, &in, depth)
	}
	d.maxNest = around
	if err != nil {
		return err
	}
	// Required fields are not checked in an Any.
	data, err := proto.MarshalOptions{AllowPartial: true, Deterministic: true}.Marshal(m)
	if err != nil {
		return d.fail(at, "the message cannot be encoded: %v", err)
	}
	t.fields[0].set(n, pr.ValueOfString(url))
	t.fields[1].set(n, pr.ValueOfBytes(data))
	return nil
}

// findType returns where the value of "@type" of the object at pos is, -1 if it has
// none, and whether the object is empty. What comes before "@type" is read once more
// then, but only once however deep it nests: the types of objects within are noted.
func (d *decoder) findType(depth int) (at int, empty bool, err error) {
	start, nest := d.pos, d.nest
	defer func() { d.pos, d.nest = start, nest }()
	d.pos++
	switch c := d.peek(); c {
	case '}':
		return -1, true, nil
	case '"':
		name, err := d.name()
		if err != nil {
			return -1, false, err
		}
		if string(name) == "@type" {
			d.peek()
			return d.pos, false, nil
		}
	}
	if start >= d.done {
		d.types = map[int]int{}
		d.pos = start
		d.searching = true
		err = d.skip(depth + 1)
		d.searching = false
		d.done = d.pos
		found, ok := d.types[start]
		if err != nil || !ok {
			found = -1
		}
		return found, false, err
	}
	if found, ok := d.types[start]; ok {
		return found, false, nil
	}
	return -1, false, nil
}

// anyValue reads an Any whose message is of a well-known type.
func (d *decoder) anyValue(t *table, n *node, depth int) error {
	if err := d.open('{', "an object"); err != nil {
		return err
	}
	var types, values int
	for first := true; ; first = false {
		more, err := d.more(first, '}')
		if err != nil {
			return err
		}
		if !more {
			// Empty has no value in some implementations.
			if values == 0 && t.known != empty {
				return d.fail(d.pos-1, "there is no \"value\"")
			}
			return nil
		}
		d.peek()
		at := d.pos
		name, err := d.name()
		if err != nil {
			return err
		}
		switch string(name) {
		case "@type":
			types++
			err = d.skip(depth)
		case "value":
			values++
			err = within(d.known(t, n, depth), "value")
		default:
			err = d.unknown(at, depth)
		}
		if err != nil {
			return err
		}
		if types > 1 || values > 1 {
			return d.fail(at, "%s is there twice", d.token(at))
		}
	}
}
