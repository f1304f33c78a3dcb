package resolve

// Attrs are typed values attached to an Endpoint or an Update by whoever knows
// more than the fields say, for a policy or an interceptor that shares the key. A
// value of this type never changes; Attr.Set returns another. The zero value is empty.
type Attrs struct {
	list []attr
}

type attr struct {
	key   *attrKey
	value any // of the type of the Attr that has the key
}

type attrKey struct{ name string }

// An Attr is the key of one attribute. Make it once, as a package variable:
//
//	var Rack = resolve.NewAttr[string]("rack")
type Attr[T any] struct{ key *attrKey }

// NewAttr makes a key that no other equals. The name is for people to read.
func NewAttr[T any](name string) Attr[T] {
	return Attr[T]{key: &attrKey{name: name}}
}

// String returns the name.
func (a Attr[T]) String() string { return a.key.name }

// Get returns the value in attrs and whether there is one.
func (a Attr[T]) Get(attrs Attrs) (T, bool) {
	for _, has := range attrs.list {
		if has.key == a.key {
			return has.value.(T), true
		}
	}
	var none T
	return none, false
}

// Set returns attrs with the value set; attrs itself stays as it is.
func (a Attr[T]) Set(attrs Attrs, value T) Attrs {
	list := make([]attr, 0, len(attrs.list)+1)
	for _, has := range attrs.list {
		if has.key != a.key {
			list = append(list, has)
		}
	}
	return Attrs{list: append(list, attr{a.key, value})}
}
