package jsonpb

import (
	"cmp"
	"reflect"
	"slices"
	"strconv"

	pr "google.golang.org/protobuf/reflect/protoreflect"
)

// An entry is one of a map, kept while the keys are put in order.
type entry struct {
	text   string // the key, if it is a string
	number uint64 // the key, if it is none
	val    pr.Value
	msg    reflect.Value // the value, if it is a message in a Go map
}

// mapping appends a map that is reached with protoreflect.
func (e *encoder) mapping(f *field, m pr.Map) error {
	first := len(e.entries)
	m.Range(func(k pr.MapKey, v pr.Value) bool {
		en := entry{val: v}
		switch f.key.kind {
		case pr.StringKind:
			en.text = k.String()
		case pr.BoolKind:
			en.number = numberOfBool(k.Bool())
		case pr.Uint32Kind, pr.Fixed32Kind, pr.Uint64Kind, pr.Fixed64Kind:
			en.number = k.Uint()
		default:
			en.number = uint64(k.Int())
		}
		e.entries = append(e.entries, en)
		return true
	})
	return e.sorted(f, first)
}

// structMap appends a map of a Go struct.
func (e *encoder) structMap(f *field, v reflect.Value) error {
	first := len(e.entries)
	typ := v.Type()
	key := e.key.variable(typ.Key())
	var val reflect.Value
	if !f.val.message {
		val = e.val.variable(typ.Elem())
	}
	for it := v.MapRange(); it.Next(); {
		var en entry
		key.SetIterKey(it)
		switch key.Kind() {
		case reflect.String:
			en.text = key.String()
		case reflect.Bool:
			en.number = numberOfBool(key.Bool())
		case reflect.Uint32, reflect.Uint64:
			en.number = key.Uint()
		default:
			en.number = uint64(key.Int())
		}
		if f.val.message {
			en.msg = it.Value()
		} else {
			val.SetIterValue(it)
			en.val = valueOf(f.val.kind, val)
		}
		e.entries = append(e.entries, en)
	}
	return e.sorted(f, first)
}

func numberOfBool(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// sorted appends the entries from first on in the order of their keys, and drops them.
func (e *encoder) sorted(f *field, first int) error {
	defer func() {
		clear(e.entries[first:])
		e.entries = e.entries[:first]
	}()
	entries := e.entries[first:]
	switch {
	case len(entries) < 2:
	case f.key.kind == pr.StringKind:
		slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.text, b.text) })
	case isSigned(f.key.kind):
		slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(int64(a.number), int64(b.number)) })
	default:
		slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.number, b.number) })
	}
	e.out = append(e.out, '{')
	start := len(e.out)
	for i := range entries {
		// Maps within append to e.entries, which may move.
		en := &entries[i]
		if err := e.mapKey(f.key, en); err != nil {
			return withinKey(err, en.text)
		}
		if err := e.mapValue(f.val, en); err != nil {
			return withinKey(err, en.name(f.key))
		}
		e.out = append(e.out, ',')
	}
	e.close('}', start)
	return nil
}

func isSigned(kind pr.Kind) bool {
	switch kind {
	case pr.Int32Kind, pr.Sint32Kind, pr.Sfixed32Kind, pr.Int64Kind, pr.Sint64Kind, pr.Sfixed64Kind:
		return true
	}
	return false
}

func (e *encoder) mapValue(f *field, en *entry) error {
	if !en.msg.IsValid() {
		return e.item(f, en.val)
	}
	t, n := f.nodeAt(en.msg)
	return e.message(t, &n, "")
}

func (e *encoder) mapKey(f *field, en *entry) error {
	switch {
	case f.kind == pr.StringKind:
		if err := e.string(en.text); err != nil {
			return err
		}
	case f.kind == pr.BoolKind:
		e.out = append(strconv.AppendBool(append(e.out, '"'), en.number == 1), '"')
	case isSigned(f.kind):
		e.out = appendQuotedInt(e.out, int64(en.number))
	default:
		e.out = appendQuotedUint(e.out, en.number)
	}
	e.out = append(e.out, ':')
	return nil
}

// name returns the key as errors say it.
func (en *entry) name(f *field) string {
	switch {
	case f.kind == pr.StringKind:
		return en.text
	case f.kind == pr.BoolKind:
		return strconv.FormatBool(en.number == 1)
	case isSigned(f.kind):
		return strconv.FormatInt(int64(en.number), 10)
	}
	return strconv.FormatUint(en.number, 10)
}
