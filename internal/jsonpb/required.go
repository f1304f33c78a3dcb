package jsonpb

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// mayLack reports whether a required field may be missing in a message or in one within
// it, which takes a walk through all of them to tell.
func (t *table) mayLack() bool {
	switch t.required.Load() {
	case neverRequired:
		return false
	case maybeRequired:
		return true
	}
	found := hasRequired(t.desc, map[protoreflect.FullName]bool{})
	if found {
		t.required.Store(maybeRequired)
	} else {
		t.required.Store(neverRequired)
	}
	return found
}

// What a table knows of required fields: at first nothing.
const (
	neverRequired = 1 + iota
	maybeRequired
)

// hasRequired reports whether there is a required field in a type of messages or those
// that it may hold, or an extension, which may be or hold anything.
func hasRequired(md protoreflect.MessageDescriptor, seen map[protoreflect.FullName]bool) bool {
	if seen[md.FullName()] {
		return false
	}
	seen[md.FullName()] = true
	if md.RequiredNumbers().Len() > 0 || md.ExtensionRanges().Len() > 0 {
		return true
	}
	fds := md.Fields()
	for i := range fds.Len() {
		if sub := fds.Get(i).Message(); sub != nil && hasRequired(sub, seen) {
			return true
		}
	}
	return false
}

// checkRequired returns an error if a required field is missing in a field's value.
func checkRequired(m protoreflect.Message, fd protoreflect.FieldDescriptor) error {
	switch {
	case fd.IsMap() && fd.MapValue().Message() != nil:
		var err error
		m.Get(fd).Map().Range(func(_ protoreflect.MapKey, v protoreflect.Value) bool {
			err = proto.CheckInitialized(v.Message().Interface())
			return err == nil
		})
		return err
	case fd.IsMap() || fd.Message() == nil:
		return nil
	case fd.IsList():
		list := m.Get(fd).List()
		for i := range list.Len() {
			if err := proto.CheckInitialized(list.Get(i).Message().Interface()); err != nil {
				return err
			}
		}
		return nil
	case !m.Has(fd):
		return nil
	}
	return proto.CheckInitialized(m.Get(fd).Message().Interface())
}
