package openapi

import "iter"

// A Value is a JSON value of a document, to be read. The zero value stands for one that
// is not there: it has no text, no members and no items.
type Value struct {
	node node
}

// Root returns the document as a value.
func (d *Document) Root() Value { return Value{d.root} }

// IsZero reports whether there is no such value.
func (v Value) IsZero() bool { return v.node == nil }

// Get returns a member of an object.
func (v Value) Get(name string) Value {
	if o, ok := v.node.(*object); ok {
		return Value{o.get(name)}
	}
	return Value{}
}

// Text returns a string's value, or "" if v is none.
func (v Value) Text() string {
	s, _ := v.node.(text)
	return string(s)
}

// IsTrue reports whether v is true.
func (v Value) IsTrue() bool { return v.node == boolean(true) }

// Members returns an object's members in their order.
func (v Value) Members() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		o, ok := v.node.(*object)
		if !ok {
			return
		}
		for _, m := range o.members {
			if !yield(m.name, Value{m.value}) {
				return
			}
		}
	}
}

// Items returns an array's items in their order.
func (v Value) Items() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		a, _ := v.node.(array)
		for _, item := range a {
			if !yield(Value{item}) {
				return
			}
		}
	}
}

// JSON returns the value as indented JSON, or "" if there is none.
func (v Value) JSON() string {
	if v.node == nil {
		return ""
	}
	return string(v.node.appendJSON(nil, 0))
}
