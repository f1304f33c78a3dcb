package openapi

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// schemas makes the JSON Schemas of messages and enums, and keeps those that are
// referred to by name. They are of what protobuf's JSON mapping writes; what it reads
// besides (names as the .proto file has them, numbers as strings, null) is not said.
type schemas struct {
	named map[string]*object
}

func newSchemas() *schemas { return &schemas{named: make(map[string]*object)} }

// component returns all that have names, in their order.
func (s *schemas) component() *object {
	o := new(object)
	for _, name := range slices.Sorted(maps.Keys(s.named)) {
		o.members = append(o.members, member{name, s.named[name]})
	}
	return o
}

// ref returns a schema that refers to the one of this name, which make makes if it is
// not there yet.
func (s *schemas) ref(name string, make func(into *object)) *object {
	if s.named[name] == nil {
		into := new(object)
		s.named[name] = into // first: it may refer to itself
		make(into)
	}
	return obj(member{"$ref", text("#/components/schemas/" + name)})
}

// message returns the schema of a message.
func (s *schemas) message(md protoreflect.MessageDescriptor) *object {
	if wellKnown := s.wellKnown(md); wellKnown != nil {
		return wellKnown
	}
	if md.IsPlaceholder() {
		return obj(member{"description", text("A message " + string(md.FullName()) + ", whose definition is not known.")})
	}
	return s.ref(string(md.FullName()), func(into *object) { s.fill(into, md, nil) })
}

// without returns the schema of a message without some of its fields, which come from
// elsewhere.
func (s *schemas) without(md protoreflect.MessageDescriptor, bound map[protoreflect.Name]bool) *object {
	o := new(object)
	s.fill(o, md, bound)
	return o
}

func (s *schemas) fill(into *object, md protoreflect.MessageDescriptor, skip map[protoreflect.Name]bool) {
	into.set("title", text(md.Name()))
	into.set("description", textOrNil(comment(md)))
	into.set("type", text("object"))
	properties, names := new(object), array(nil)
	fields := md.Fields()
	for i := range fields.Len() {
		fd := fields.Get(i)
		if skip[fd.Name()] {
			continue
		}
		properties.set(fd.JSONName(), s.property(fd))
		if behaviorOf(fd).has(required) {
			names = append(names, text(fd.JSONName()))
		}
	}
	into.set("properties", objectOrNil(properties))
	if len(names) > 0 {
		into.set("required", names)
	}
	oneofs(into, md, skip)
	into.set("deprecated", trueOrNil(isDeprecated(md)))
}

// property returns the schema of a field with what is said about it.
func (s *schemas) property(fd protoreflect.FieldDescriptor) *object {
	o := s.field(fd)
	b := behaviorOf(fd)
	var notes []string
	if one := oneofOf(fd); one != nil {
		notes = append(notes, "At most one of "+list(memberNames(one, nil))+" is set.")
	}
	if b.has(identifier) {
		notes = append(notes, "Identifies the resource.")
	}
	if b.has(immutable) {
		notes = append(notes, "Cannot be changed once it is set.")
	}
	own, _ := o.get("description").(text)
	o.set("description", textOrNil(joined(comment(fd), string(own), strings.Join(notes, " "))))
	o.set("readOnly", trueOrNil(b.has(outputOnly)))
	o.set("writeOnly", trueOrNil(b.has(inputOnly)))
	o.set("deprecated", trueOrNil(isDeprecated(fd)))
	if fd.HasDefault() {
		o.set("default", defaultOf(fd))
	}
	return o
}

// field returns the schema of a field's values.
func (s *schemas) field(fd protoreflect.FieldDescriptor) *object {
	switch {
	case fd.IsMap():
		o := obj(member{"type", text("object")})
		if names := mapKeys(fd.MapKey().Kind()); names != nil {
			o.set("propertyNames", names)
		}
		o.set("additionalProperties", s.single(fd.MapValue()))
		return o
	case fd.IsList():
		return obj(member{"type", text("array")}, member{"items", s.single(fd)})
	}
	return s.single(fd)
}

// mapKeys returns the schema of a map's keys, which JSON has as strings, or nil if any
// string is one.
func mapKeys(kind protoreflect.Kind) *object {
	switch kind {
	case protoreflect.StringKind:
		return nil
	case protoreflect.BoolKind:
		return obj(member{"enum", texts("true", "false")})
	case protoreflect.Uint32Kind, protoreflect.Uint64Kind, protoreflect.Fixed32Kind, protoreflect.Fixed64Kind:
		return obj(member{"pattern", text(unsignedPattern)})
	}
	return obj(member{"pattern", text(signedPattern)})
}

// oneofs says which fields exclude each other.
func oneofs(into *object, md protoreflect.MessageDescriptor, skip map[protoreflect.Name]bool) {
	groups, exclusions := new(object), array(nil)
	for i := range md.Oneofs().Len() {
		one := md.Oneofs().Get(i)
		names := memberNames(one, skip)
		if one.IsSynthetic() || len(names) < 2 {
			continue
		}
		groups.set(string(one.Name()), texts(names...))
		if len(names) > maxExclusive {
			continue // the pairs would be more than anybody reads
		}
		for a := range names {
			for b := a + 1; b < len(names); b++ {
				exclusions = append(exclusions, obj(member{"not", obj(member{"required", texts(names[a], names[b])})}))
			}
		}
	}
	switch len(exclusions) {
	case 0:
	case 1:
		into.set("not", exclusions[0].(*object).get("not"))
	default:
		into.set("allOf", exclusions)
	}
	into.set("x-oneofs", objectOrNil(groups))
}

// maxExclusive bounds the oneofs of which every pair of fields is excluded.
const maxExclusive = 3

// oneofOf returns the oneof that a field is in with others, or nil.
func oneofOf(fd protoreflect.FieldDescriptor) protoreflect.OneofDescriptor {
	one := fd.ContainingOneof()
	if one == nil || one.IsSynthetic() || one.Fields().Len() < 2 {
		return nil
	}
	return one
}

func memberNames(one protoreflect.OneofDescriptor, skip map[protoreflect.Name]bool) (names []string) {
	for i := range one.Fields().Len() {
		if fd := one.Fields().Get(i); !skip[fd.Name()] {
			names = append(names, fd.JSONName())
		}
	}
	return names
}

// list returns names as a sentence has them.
func list(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = "`" + n + "`"
	}
	last := len(quoted) - 1
	if last == 0 {
		return quoted[0]
	}
	return strings.Join(quoted[:last], ", ") + " and " + quoted[last]
}

// enum returns the schema of an enum: its values by their names.
func (s *schemas) enum(ed protoreflect.EnumDescriptor) *object {
	if ed.FullName() == "google.protobuf.NullValue" {
		return obj(member{"type", text("null")})
	}
	if ed.IsPlaceholder() {
		return obj(member{"type", texts("string", "integer")})
	}
	return s.ref(string(ed.FullName()), func(into *object) {
		values := ed.Values()
		names, numbers, about := make(array, values.Len()), new(object), new(object)
		var lines, old []string
		for i := range values.Len() {
			v := values.Get(i)
			name := string(v.Name())
			names[i] = text(name)
			numbers.set(name, number(strconv.Itoa(int(v.Number()))))
			says := comment(v)
			about.set(name, textOrNil(says))
			if isDeprecated(v) {
				old = append(old, name)
				says = strings.TrimSpace("Deprecated. " + says)
			}
			if says != "" {
				lines = append(lines, "- `"+name+"`: "+strings.ReplaceAll(says, "\n", "\n  "))
			}
		}
		into.set("title", text(ed.Name()))
		into.set("description", textOrNil(joined(comment(ed), strings.Join(lines, "\n"))))
		into.set("type", text("string"))
		into.set("enum", names)
		into.set("x-enum-values", numbers)
		into.set("x-enum-descriptions", objectOrNil(about))
		into.set("x-enum-deprecated", texts(old...))
		into.set("deprecated", trueOrNil(isDeprecated(ed)))
	})
}
