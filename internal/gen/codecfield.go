package gen

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// hidden begins the names of the opaque API's fields.
const hidden = "xxx_hidden_"

// variable returns the Go field of a field that is in no oneof, as x.Name.
func (c codec) variable(f *protogen.Field) string {
	if c.opaque {
		return "x." + hidden + f.GoName
	}
	return "x." + f.GoName
}

// list returns the Go expression of a repeated field's slice, and the condition under
// which there is one.
func (c codec) list(f *protogen.Field) (list, condition string) {
	v := c.variable(f)
	if c.opaque && f.Message != nil {
		return "*" + v, v + " != nil"
	}
	return v, ""
}

// presence returns the value of a singular field that is in no oneof and no message,
// and the condition under which it is encoded.
func (c codec) presence(f *protogen.Field) (value, condition string) {
	v := c.variable(f)
	kind := f.Desc.Kind()
	switch {
	case !f.Desc.HasPresence():
		return v, c.isNotZero(kind, v)
	case c.opaque:
		if kind == protoreflect.StringKind {
			value = "*" + v
		} else {
			value = v
		}
		index := presenceIndex(f)
		return value, fmt.Sprintf("%s.Present(&(x.XXX_presence[%d]), %d)", c.id(protoimplPackage, "X"), index/32, index)
	case kind == protoreflect.BytesKind:
		return v, v + " != nil"
	}
	return "*" + v, v + " != nil"
}

// isNotZero returns the condition that a value is not its kind's zero. Minus zero is
// another value.
func (c codec) isNotZero(kind protoreflect.Kind, v string) string {
	switch kind {
	case protoreflect.BoolKind:
		return v
	case protoreflect.StringKind:
		return v + ` != ""`
	case protoreflect.BytesKind:
		return "len(" + v + ") > 0"
	case protoreflect.DoubleKind:
		return v + " != 0 || " + c.id(mathPackage, "Signbit") + "(" + v + ")"
	case protoreflect.FloatKind:
		return v + " != 0 || " + c.id(mathPackage, "Signbit") + "(float64(" + v + "))"
	}
	return v + " != 0"
}

// setPresent writes that a field of the opaque API is present.
func (c codec) setPresent(f *protogen.Field) {
	if !c.opaque || !f.Desc.HasPresence() || f.Message != nil {
		return
	}
	index := presenceIndex(f)
	fields := c.m.Fields
	c.g.P(c.id(protoimplPackage, "X"), ".SetPresentNonAtomic(&(x.XXX_presence[", index/32, "]), ", index, ", ",
		presenceIndex(fields[len(fields)-1])+1, ")")
}

// presenceIndex returns the bit of a field in the opaque API's set of those present:
// a oneof has one bit for all its fields, at the place of the last.
func presenceIndex(field *protogen.Field) int {
	index := 0
	for _, f := range field.Parent.Fields {
		if f == field {
			break
		}
		if f.Oneof == nil || f == f.Oneof.Fields[len(f.Oneof.Fields)-1] {
			index++
		}
	}
	return index
}

// oneofVariable returns the Go field of a oneof.
func (c codec) oneofVariable(o *protogen.Oneof) string {
	if c.opaque {
		return "x." + hidden + o.GoName
	}
	return "x." + o.GoName
}

// wrapper returns the Go type that holds a oneof's field.
func (c codec) wrapper(f *protogen.Field) string {
	// The opaque API hides it, but else names it alike.
	name := f.GoIdent.GoName
	if c.opaque {
		return lowerFirst(name)
	}
	return name
}

// inOneof reports whether a field is in a oneof that was written as one.
func inOneof(f *protogen.Field) bool { return f.Oneof != nil && !f.Oneof.Desc.IsSynthetic() }

// encoded returns the fields of a message in the order in which they are encoded: by
// number, and then the oneofs as they are declared, each as its first field.
func encoded(m *protogen.Message) []*protogen.Field {
	var fields []*protogen.Field
	for _, f := range m.Fields {
		if !inOneof(f) {
			fields = append(fields, f)
		}
	}
	slices.SortFunc(fields, func(a, b *protogen.Field) int { return cmp.Compare(a.Desc.Number(), b.Desc.Number()) })
	for _, o := range m.Oneofs {
		if !o.Desc.IsSynthetic() {
			fields = append(fields, o.Fields[0])
		}
	}
	return fields
}

// tagOf returns the tag of a field's encoding, in packed form if that is the field's.
func tagOf(f *protogen.Field) uint64 {
	if f.Desc.IsPacked() {
		return protowire.EncodeTag(f.Desc.Number(), protowire.BytesType)
	}
	return protowire.EncodeTag(f.Desc.Number(), wireType(f.Desc.Kind()))
}

// tagSize returns the size of a field's tag.
func tagSize(f *protogen.Field) int { return protowire.SizeTag(f.Desc.Number()) }

// putTag writes the writing of a tag.
func (c codec) putTag(tag uint64) {
	if tag < 0x80 {
		c.g.P("i--")
		c.g.P("b[i] = 0x", strconv.FormatUint(tag>>4, 16), strconv.FormatUint(tag&15, 16))
		return
	}
	c.g.P("i = ", c.fastName("PutVarint"), "(b, i, ", tag, ")")
}
