package jsonpb

import (
	"reflect"
	"strconv"

	pr "google.golang.org/protobuf/reflect/protoreflect"
)

func (d *decoder) mapping(f *field, m pr.Map, depth int) error {
	if err := d.open('{', "an object"); err != nil {
		return err
	}
	for first := true; ; first = false {
		key, at, err := d.mapKey(f.key, first)
		if err != nil || !key.IsValid() {
			return err
		}
		k := key.MapKey()
		if m.Has(k) {
			return withinKey(d.fail(at, "the key is there twice"), k.String())
		}
		var v pr.Value
		ok := true
		if f.val.message {
			v = m.NewValue()
			n := node{m: v.Message()}
			err = d.message(f.val.table(n.m), &n, depth, false)
		} else {
			v, ok, err = d.scalar(f.val)
		}
		if err != nil {
			return withinKey(err, k.String())
		}
		if ok {
			m.Set(k, v)
		}
	}
}

// structMap is mapping for a map in a Go struct.
func (d *decoder) structMap(f *field, m reflect.Value, depth int) error {
	if err := d.open('{', "an object"); err != nil {
		return err
	}
	typ := m.Type()
	if m.IsNil() {
		m.Set(reflect.MakeMap(typ))
	}
	key := d.key.variable(typ.Key())
	var val reflect.Value
	if !f.val.message {
		val = d.val.variable(typ.Elem())
	}
	for first := true; ; first = false {
		k, at, err := d.mapKey(f.key, first)
		if err != nil || !k.IsValid() {
			return err
		}
		store(f.key.kind, key, k)
		if m.MapIndex(key).IsValid() {
			return withinKey(d.fail(at, "the key is there twice"), k.String())
		}
		ok := true
		if f.val.message {
			p := reflect.New(typ.Elem().Elem())
			n := node{v: p.Elem()}
			err = d.message(f.val.structTable(typ.Elem()), &n, depth, false)
			val = p
			// A map within has used the variable of the key.
			store(f.key.kind, key, k)
		} else {
			var v pr.Value
			if v, ok, err = d.scalar(f.val); ok && err == nil {
				store(f.val.kind, val, v)
			}
		}
		if err != nil {
			return withinKey(err, k.String())
		}
		if ok {
			m.SetMapIndex(key, val)
		}
	}
}

// mapKey reads a key and its colon, and returns where it is. It is invalid if the map
// ends.
func (d *decoder) mapKey(f *field, first bool) (key pr.Value, at int, err error) {
	more, err := d.more(first, '}')
	if err != nil || !more {
		return key, at, err
	}
	d.peek()
	at = d.pos
	name, err := d.name()
	if err != nil {
		return key, at, err
	}
	switch f.kind {
	case pr.StringKind:
		return pr.ValueOfString(string(name)), at, nil
	case pr.BoolKind:
		switch string(name) {
		case "true":
			return pr.ValueOfBool(true), at, nil
		case "false":
			return pr.ValueOfBool(false), at, nil
		}
	case pr.Int32Kind, pr.Sint32Kind, pr.Sfixed32Kind:
		if x, err := strconv.ParseInt(string(name), 10, 32); err == nil {
			return pr.ValueOfInt32(int32(x)), at, nil
		}
	case pr.Int64Kind, pr.Sint64Kind, pr.Sfixed64Kind:
		if x, err := strconv.ParseInt(string(name), 10, 64); err == nil {
			return pr.ValueOfInt64(x), at, nil
		}
	case pr.Uint32Kind, pr.Fixed32Kind:
		if x, err := strconv.ParseUint(string(name), 10, 32); err == nil {
			return pr.ValueOfUint32(uint32(x)), at, nil
		}
	case pr.Uint64Kind, pr.Fixed64Kind:
		if x, err := strconv.ParseUint(string(name), 10, 64); err == nil {
			return pr.ValueOfUint64(x), at, nil
		}
	}
	return key, at, d.fail(at, "%q is no key of type %s", show(name), f.kind)
}
