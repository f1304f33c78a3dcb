package jsonpb

import (
	"reflect"

	pr "google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// bits is a set of small numbers.
type bits struct {
	low  uint64
	more []uint64 // from 64 on
}

// add adds i and reports whether it was in the set before.
func (b *bits) add(i int) bool {
	if i < 64 {
		had := b.low>>i&1 == 1
		b.low |= 1 << i
		return had
	}
	word := i/64 - 1
	for len(b.more) <= word {
		b.more = append(b.more, make([]uint64, word+1-len(b.more))...)
	}
	had := b.more[word]>>(i%64)&1 == 1
	b.more[word] |= 1 << (i % 64)
	return had
}

// message reads a message, in which others may nest so deep. inAny says that it has an
// "@type" beside its fields.
func (d *decoder) message(t *table, n *node, depth int, inAny bool) error {
	if depth--; depth < 0 {
		d.peek()
		return d.tooDeep()
	}
	if t.known != ordinary {
		return d.known(t, n, depth)
	}
	if err := d.open('{', "an object"); err != nil {
		return err
	}
	if t.messageSet {
		return d.fail(d.pos, "%s is a MessageSet, which has no JSON", t.desc.FullName())
	}
	var seen, oneofs bits
	var extensions map[pr.FieldNumber]bool
	types, likely := 0, 0
	for first := true; ; first = false {
		more, err := d.more(first, '}')
		if err != nil || !more {
			return err
		}
		d.peek()
		at := d.pos
		name, err := d.name()
		if err != nil {
			return err
		}
		if inAny && string(name) == "@type" {
			if types++; types > 1 {
				return d.fail(at, "\"@type\" is there twice")
			}
			if err := d.skip(depth); err != nil {
				return err
			}
			continue
		}
		f, err := d.find(t, name, likely, at)
		if err != nil {
			return err
		}
		if f == nil {
			if err := d.unknown(at, depth); err != nil {
				return err
			}
			continue
		}
		if f.index >= 0 && seen.add(f.index) || f.index < 0 && extensions[f.fd.Number()] {
			return within(d.fail(at, "the field is there twice"), f.name)
		}
		likely = f.index + 1
		if f.index < 0 {
			if extensions == nil {
				extensions = map[pr.FieldNumber]bool{}
			}
			extensions[f.fd.Number()] = true
		}
		if d.peek() == 'n' && !f.nullable {
			err = d.literal("null")
		} else if f.oneof >= 0 && f.shape == single && oneofs.add(f.oneof) {
			err = d.fail(at, "another field of the oneof %s is there", f.fd.ContainingOneof().Name())
		} else {
			err = d.value(f, n, depth)
		}
		if err != nil {
			return within(err, f.name)
		}
	}
}

// find returns the field of a name, which is at the octet at: nil if there is none.
// It is likely the field of an index: fields mostly come in their order.
func (d *decoder) find(t *table, name []byte, likely, at int) (*field, error) {
	if len(name) < 2 || name[0] != '[' || name[len(name)-1] != ']' {
		if likely < len(t.fields) && t.fields[likely].name == string(name) {
			return &t.fields[likely], nil
		}
		return t.byName[string(name)], nil
	}
	xt, err := d.o.Resolver.FindExtensionByName(pr.FullName(name[1 : len(name)-1]))
	if err != nil && err != protoregistry.NotFound {
		return nil, d.fail(at, "the extension %s cannot be found: %v", show(name), err)
	}
	if xt == nil {
		return nil, nil
	}
	fd := xt.TypeDescriptor()
	if !t.desc.ExtensionRanges().Has(fd.Number()) || fd.ContainingMessage().FullName() != t.desc.FullName() {
		return nil, d.fail(at, "%s is no extension of %s", fd.FullName(), t.desc.FullName())
	}
	return newField(fd), nil
}

// unknown reads the value of an unknown member, whose name is at the octet at.
func (d *decoder) unknown(at, depth int) error {
	if !d.o.DiscardUnknown {
		return d.fail(at, "there is no field %s", d.token(at))
	}
	return d.skip(depth)
}

// value reads the value of a field and sets it.
func (d *decoder) value(f *field, n *node, depth int) error {
	switch {
	case f.shape == mapping && f.at >= 0:
		return d.structMap(f, n.v.Field(f.at), depth)
	case f.shape == mapping:
		return d.mapping(f, n.reflect().Mutable(f.fd).Map(), depth)
	case f.shape == list && f.at >= 0:
		return d.structList(f, n.v.Field(f.at), depth)
	case f.shape == list:
		return d.list(f, n.reflect().Mutable(f.fd).List(), depth)
	case f.message:
		t, sub := f.create(n)
		return d.message(t, &sub, depth, false)
	}
	v, ok, err := d.scalar(f)
	if ok && err == nil {
		f.set(n, v)
	}
	return err
}

func (d *decoder) list(f *field, l pr.List, depth int) error {
	if err := d.open('[', "an array"); err != nil {
		return err
	}
	for i := 0; ; i++ {
		more, err := d.more(i == 0, ']')
		if err != nil || !more {
			return err
		}
		if f.message {
			n := node{m: l.AppendMutable().Message()}
			err = d.message(f.table(n.m), &n, depth, false)
		} else {
			var v pr.Value
			var ok bool
			if v, ok, err = d.scalar(f); ok && err == nil {
				l.Append(v)
			}
		}
		if err != nil {
			return withinItem(err, i)
		}
	}
}

// structList is list for one in a Go struct.
func (d *decoder) structList(f *field, l reflect.Value, depth int) error {
	if err := d.open('[', "an array"); err != nil {
		return err
	}
	var t *table
	if f.message {
		t = f.structTable(l.Type().Elem())
	}
	for i := 0; ; i++ {
		more, err := d.more(i == 0, ']')
		if err != nil || !more {
			return err
		}
		if f.message {
			p := reflect.New(l.Type().Elem().Elem())
			extend(l).Set(p)
			n := node{v: p.Elem()}
			err = d.message(t, &n, depth, false)
		} else {
			var v pr.Value
			var ok bool
			if v, ok, err = d.scalar(f); ok && err == nil {
				store(f.kind, extend(l), v)
			}
		}
		if err != nil {
			return withinItem(err, i)
		}
	}
}

// extend makes a slice one item longer and returns the item.
func extend(l reflect.Value) reflect.Value {
	n := l.Len()
	if n == l.Cap() {
		l.Grow(max(4, n))
	}
	l.SetLen(n + 1)
	return l.Index(n)
}
