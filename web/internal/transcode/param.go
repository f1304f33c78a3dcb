package transcode

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// A kind says how a field takes text.
type kind uint8

const (
	composite kind = iota // not at all: a message with fields of its own
	opaque                // not at all, and neither do its fields: google.protobuf.Any
	scalar                // as a number, a name, a string and so on
	quoted                // as the content of a JSON string: a well-known type
	mask                  // as names of fields: google.protobuf.FieldMask
	bare                  // as JSON: google.protobuf.Value and so on
)

// wellKnown has the types of google.protobuf whose JSON is no object of their fields.
var wellKnown = map[protoreflect.Name]kind{
	"Timestamp": quoted, "Duration": quoted, "FieldMask": mask,
	"StringValue": quoted, "BytesValue": quoted, "DoubleValue": quoted, "FloatValue": quoted,
	"Int32Value": quoted, "Int64Value": quoted, "UInt32Value": quoted, "UInt64Value": quoted,
	"BoolValue": bare, "Value": bare, "Struct": bare, "ListValue": bare, "Any": opaque,
}

// kindOf returns how a value of the field takes text: one item if it is a list.
func kindOf(fd protoreflect.FieldDescriptor) kind {
	md := fd.Message()
	switch {
	case md == nil:
		return scalar
	case md.FullName().Parent() == "google.protobuf":
		return wellKnown[md.Name()]
	}
	return composite
}

// A param is a field that takes text.
type param struct {
	path  []protoreflect.FieldDescriptor // from the request to the field
	kind  kind                           // of the field, of its values if it is a map
	oneof bool                           // a field on the path belongs to a oneof
	// goField is 1 more than the index of the Go field that can be set, or 0.
	goField int
}

func newParam(path []protoreflect.FieldDescriptor) *param {
	p := &param{path: path}
	leaf := p.leaf()
	if leaf.IsMap() {
		leaf = leaf.MapValue()
	}
	p.kind = kindOf(leaf)
	for _, fd := range path {
		p.oneof = p.oneof || realOneof(fd) != nil
	}
	return p
}

// realOneof returns the oneof that a field belongs to, but for those of one field that
// only say that it is optional.
func realOneof(fd protoreflect.FieldDescriptor) protoreflect.OneofDescriptor {
	if od := fd.ContainingOneof(); od != nil && !od.IsSynthetic() {
		return od
	}
	return nil
}

func (p *param) leaf() protoreflect.FieldDescriptor { return p.path[len(p.path)-1] }

// name returns the path as a template has it.
func (p *param) name() string {
	names := make([]string, len(p.path))
	for i, fd := range p.path {
		names[i] = string(fd.Name())
	}
	return strings.Join(names, ".")
}

// within reports whether p is q or a field below q.
func (p *param) within(q *param) bool {
	if len(p.path) < len(q.path) {
		return false
	}
	for i, fd := range q.path {
		if p.path[i] != fd {
			return false
		}
	}
	return true
}

// together returns an error if two variables cannot both have a value.
func together(a, b *param) error {
	if a.within(b) || b.within(a) {
		return fmt.Errorf("fields %s and %s: one is part of the other", a.name(), b.name())
	}
	i := 0
	for a.path[i] == b.path[i] {
		i++
	}
	if od := realOneof(a.path[i]); od != nil && od == realOneof(b.path[i]) {
		return fmt.Errorf("fields %s and %s: both are of oneof %s", a.name(), b.name(), od.Name())
	}
	return nil
}

// pathParam resolves the field of a variable of a path, which has one value and is no
// message that has fields of its own.
func pathParam(md protoreflect.MessageDescriptor, field string) (*param, error) {
	var path []protoreflect.FieldDescriptor
	for name := range strings.SplitSeq(field, ".") {
		if md == nil {
			return nil, fmt.Errorf("field %s: %s is no message", field, path[len(path)-1].Name())
		}
		fd := md.Fields().ByName(protoreflect.Name(name))
		switch {
		case fd == nil:
			return nil, fmt.Errorf("field %s: %s has no field %s", field, md.FullName(), name)
		case fd.IsMap():
			return nil, fmt.Errorf("field %s: %s is a map, which a path cannot have", field, name)
		case fd.IsList():
			return nil, fmt.Errorf("field %s: %s is repeated, which a path cannot have", field, name)
		}
		path = append(path, fd)
		md = fd.Message()
	}
	p := newParam(path)
	if p.kind != scalar && p.kind != quoted && p.kind != mask && (md == nil || md.FullName() != "google.protobuf.BoolValue") {
		return nil, fmt.Errorf("field %s: %s is a message, which a path cannot have", field, md.FullName())
	}
	return p, nil
}

// maxNesting bounds how deep a parameter's field may be: each level makes a message.
const maxNesting = 100

// find resolves the name of a parameter: a path of fields by either of their names, and
// for a map a key in brackets. It returns nil for a field that there is not.
func (b *Binding) find(name string) (p *param, key string, hasKey bool) {
	if p = b.query[name]; p != nil {
		return p, "", false
	}
	if i := strings.IndexByte(name, '['); i >= 0 {
		if name[len(name)-1] != ']' {
			return nil, "", false
		}
		name, key, hasKey = name[:i], name[i+1:len(name)-1], true
	}
	first, rest, more := strings.Cut(name, ".")
	if p = b.query[first]; p == nil || !more {
		return p, key, hasKey
	}
	if strings.Count(rest, ".")+2 > maxNesting {
		return nil, "", false
	}
	path := append(make([]protoreflect.FieldDescriptor, 0, 4), p.path[0])
	for more {
		fd := path[len(path)-1]
		if fd.IsList() || fd.IsMap() || fd.Message() == nil || kindOf(fd) != composite {
			return nil, "", false
		}
		first, rest, more = strings.Cut(rest, ".")
		fields := fd.Message().Fields()
		next := fields.ByName(protoreflect.Name(first))
		if next == nil {
			next = fields.ByJSONName(first)
		}
		if next == nil {
			return nil, "", false
		}
		path = append(path, next)
	}
	return newParam(path), key, hasKey
}
