package openapi

// A node is a JSON value. Unlike what encoding/json makes of one, objects keep the
// order of their members.
type node interface {
	// appendJSON appends the value as JSON. What follows a line feed is indented by
	// depth steps.
	appendJSON(dst []byte, depth int) []byte
	// appendYAML appends the value as YAML, after a mark that is "key:", "-" or nothing
	// at all and that stands at depth steps.
	appendYAML(dst []byte, depth int) []byte
}

type (
	text    string
	number  string // as JSON writes it
	boolean bool
	null    struct{}
	array   []node
	object  struct{ members []member }
)

type member struct {
	name  string
	value node
}

// obj returns an object of these members; those without a value are left out.
func obj(members ...member) *object {
	o := new(object)
	for _, m := range members {
		o.set(m.name, m.value)
	}
	return o
}

// set adds a member, or replaces the one of this name. It does nothing if value is nil.
func (o *object) set(name string, value node) {
	if value == nil {
		return
	}
	for i := range o.members {
		if o.members[i].name == name {
			o.members[i].value = value
			return
		}
	}
	o.members = append(o.members, member{name, value})
}

// get returns a member's value, or nil.
func (o *object) get(name string) node {
	for _, m := range o.members {
		if m.name == name {
			return m.value
		}
	}
	return nil
}

// object returns a member that is an object, and makes it if there is none.
func (o *object) object(name string) *object {
	if sub, ok := o.get(name).(*object); ok {
		return sub
	}
	sub := new(object)
	o.set(name, sub)
	return sub
}

// isEmpty reports whether there are no members.
func (o *object) isEmpty() bool { return len(o.members) == 0 }

// textOrNil returns s, or nil if it is empty.
func textOrNil(s string) node {
	if s == "" {
		return nil
	}
	return text(s)
}

// trueOrNil returns true, or nil if b is not.
func trueOrNil(b bool) node {
	if !b {
		return nil
	}
	return boolean(true)
}

// texts returns an array, or nil if it would be empty.
func texts[S ~string](all ...S) node {
	if len(all) == 0 {
		return nil
	}
	a := make(array, len(all))
	for i, s := range all {
		a[i] = text(s)
	}
	return a
}

// objectOrNil returns o, or nil if it is empty.
func objectOrNil(o *object) node {
	if o.isEmpty() {
		return nil
	}
	return o
}
