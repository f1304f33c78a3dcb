package gen

import (
	"fmt"
	"strconv"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// merge writes the method that decodes.
func (c codec) merge() {
	c.g.P("// MergeCurlew implements ", c.fastName("Message"), ".")
	c.g.P("func (x *", c.m.GoIdent, ") MergeCurlew(b []byte, depth int) error {")
	c.g.P("if depth--; depth < 0 {")
	c.g.P("return ", c.fastName("ErrTooDeep"), "()")
	c.g.P("}")
	c.g.P("for i := 0; i < len(b); {")
	c.g.P("tag := uint64(b[i])")
	c.g.P("if i++; tag >= 0x80 {")
	c.g.P("tag, i = ", c.fastName("Varint"), "(b, i-1)")
	c.g.P("}")
	c.g.P("switch tag {")
	for _, f := range c.m.Fields {
		c.mergeField(f)
	}
	c.g.P("default:")
	c.checkMapDepth()
	c.g.P("x.unknownFields, i = ", c.fastName("Unknown"), "(x.unknownFields, b, i, tag)")
	c.g.P("}")
	c.g.P("if i < 0 {")
	c.g.P("return ", c.fastName("Error"), "(i)")
	c.g.P("}")
	c.g.P("}")
	c.g.P("return nil")
	c.g.P("}")
	c.g.P()
}

// checkMapDepth writes the refusal of a map at the greatest depth, whose entries would
// be deeper. The library looks at that before it sees that the field is of another type
// and no map.
func (c codec) checkMapDepth() {
	condition := ""
	for _, f := range c.m.Fields {
		if f.Desc.IsMap() {
			condition += fmt.Sprintf(" || tag>>3 == %d", f.Desc.Number())
		}
	}
	if condition != "" {
		c.g.P("if depth < 1 && (", condition[len(" || "):], ") {")
		c.g.P("return ", c.fastName("ErrTooDeep"), "()")
		c.g.P("}")
	}
}

func (c codec) mergeField(f *protogen.Field) {
	tag := protowire.EncodeTag(f.Desc.Number(), wireType(f.Desc.Kind()))
	name := string(f.Desc.Name())
	c.g.P("case ", tag, ": // ", name)
	switch {
	case f.Desc.IsMap():
		c.mergeMap(f)
	case f.Message != nil:
		c.mergeMessage(f)
	case inOneof(f):
		get, value := c.getter(f)
		c.g.P("v, end := ", get, "(b, i)")
		c.g.P(c.oneofVariable(f.Oneof), ", i = &", c.wrapper(f), "{", f.GoName, ": ", value, "}, end")
	case f.Desc.IsList():
		get, value := c.getter(f)
		list := c.variable(f)
		c.g.P("v, end := ", get, "(b, i)")
		if wireType(f.Desc.Kind()) == protowire.BytesType {
			c.g.P(list, ", i = ", c.fastName("Append"), "(", list, ", v, b, end, ", tag, "), end")
		} else {
			c.g.P(list, ", i = append(", list, ", ", value, "), end")
			c.g.P("case ", protowire.EncodeTag(f.Desc.Number(), protowire.BytesType), ": // ", name, ", packed")
			c.mergePacked(f)
		}
	default:
		c.mergeScalar(f)
	}
}

// mergeScalar writes the decoding of a single value into the message's field.
func (c codec) mergeScalar(f *protogen.Field) {
	get, value := c.getter(f)
	variable := c.variable(f)
	isPointer := f.Desc.HasPresence() && f.Desc.Kind() != protoreflect.BytesKind &&
		(!c.opaque || f.Desc.Kind() == protoreflect.StringKind)
	switch {
	case value == "v" && !isPointer:
		c.g.P(variable, ", i = ", get, "(b, i)")
	case value == "v":
		c.g.P("v, end := ", get, "(b, i)")
		c.g.P(variable, ", i = &v, end")
	case isPointer:
		c.g.P("v, end := ", get, "(b, i)")
		c.g.P("value := ", value)
		c.g.P(variable, ", i = &value, end")
	default:
		c.g.P("v, end := ", get, "(b, i)")
		c.g.P(variable, ", i = ", value, ", end")
	}
	c.setPresent(f)
}

func (c codec) mergePacked(f *protogen.Field) {
	get, value := c.getter(f)
	variable := c.variable(f)
	count := c.fastName("Varints") + "(b)"
	if fixed := scalars[f.Desc.Kind()].fixed; fixed > 1 {
		count = "len(b)/" + strconv.Itoa(fixed)
	}
	c.g.P("b, end := ", c.fastName("View"), "(b, i)")
	c.g.P("list := ", c.id(slicesPackage, "Grow"), "(", variable, ", ", count, ")")
	c.g.P("for i := 0; i < len(b); {")
	c.g.P("v, end := ", get, "(b, i)")
	c.g.P("if i = end; i < 0 {")
	c.g.P("return ", c.fastName("Error"), "(i)")
	c.g.P("}")
	c.g.P("list = append(list, ", value, ")")
	c.g.P("}")
	c.g.P(variable, ", i = list, end")
}

// view writes the decoding of what is between a message's ends, into v.
func (c codec) view(f *protogen.Field) {
	if f.Desc.Kind() == protoreflect.GroupKind {
		c.g.P("v, end := ", c.fastName("Group"), "(b, i, ", f.Desc.Number(), ")")
	} else {
		c.g.P("v, end := ", c.fastName("View"), "(b, i)")
	}
	c.g.P("if i = end; i < 0 {")
	c.g.P("return ", c.fastName("Error"), "(i)")
	c.g.P("}")
}

// mergeInto writes the decoding of bytes into a message.
func (c codec) mergeInto(f *protogen.Field, message, from, depth string) {
	call := fmt.Sprintf("%s(%s, %s, %s)", c.fastName("Merge"), message, from, depth)
	if c.fast[f.Message] {
		call = fmt.Sprintf("%s.MergeCurlew(%s, %s)", message, from, depth)
	}
	c.g.P("if err := ", call, "; err != nil {")
	c.g.P("return err")
	c.g.P("}")
}

func (c codec) mergeMessage(f *protogen.Field) {
	c.view(f)
	create := "new(" + c.messageName(f) + ")"
	switch {
	case f.Desc.IsList():
		list, condition := c.list(f)
		c.g.P("m := ", create)
		c.mergeInto(f, "m", "v", "depth")
		if condition != "" {
			c.g.P("if ", c.variable(f), " == nil {")
			c.g.P(c.variable(f), " = new([]*", c.messageName(f), ")")
			c.g.P("}")
		}
		if f.Desc.Kind() == protoreflect.GroupKind {
			c.g.P(list, " = append(", list, ", m)")
		} else {
			c.g.P(list, " = ", c.fastName("Append"), "(", list, ", m, b, i, ", tagOf(f), ")")
		}
	case inOneof(f):
		c.g.P("w, _ := ", c.oneofVariable(f.Oneof), ".(*", c.wrapper(f), ")")
		c.g.P("if w == nil {")
		c.g.P("w = new(", c.wrapper(f), ")")
		c.g.P(c.oneofVariable(f.Oneof), " = w")
		c.g.P("}")
		c.g.P("if w.", f.GoName, " == nil {")
		c.g.P("w.", f.GoName, " = ", create)
		c.g.P("}")
		c.mergeInto(f, "w."+f.GoName, "v", "depth")
	default:
		variable := c.variable(f)
		c.g.P("if ", variable, " == nil {")
		c.g.P(variable, " = ", create)
		c.g.P("}")
		c.mergeInto(f, variable, "v", "depth")
	}
}

// mergeMap writes the decoding of a map's entry, in which key and value may be
// missing, and be there more than once. It counts as a level of nesting.
func (c codec) mergeMap(f *protogen.Field) {
	key, value := f.Message.Fields[0], f.Message.Fields[1]
	c.g.P("if depth < 1 {")
	c.g.P("return ", c.fastName("ErrTooDeep"), "()")
	c.g.P("}")
	c.g.P("b, end := ", c.fastName("View"), "(b, i)")
	c.g.P("var key ", c.typeName(key))
	if value.Message != nil {
		c.g.P("value := new(", c.messageName(value), ")")
	} else {
		c.g.P("var value ", c.typeName(value))
	}
	c.g.P("for i := 0; i < len(b); {")
	c.g.P("var tag uint64")
	c.g.P("tag, i = ", c.fastName("Varint"), "(b, i)")
	c.g.P("switch tag {")
	for _, part := range []*protogen.Field{key, value} {
		c.g.P("case ", protowire.EncodeTag(part.Desc.Number(), wireType(part.Desc.Kind())), ":")
		get, converted := "", ""
		if part.Message == nil {
			get, converted = c.getter(part)
		}
		switch {
		case part.Message != nil:
			c.view(part)
			c.mergeInto(part, "value", "v", "depth-1")
		case converted == "v":
			c.g.P(part.Desc.Name(), ", i = ", get, "(b, i)")
		default:
			c.g.P("v, end := ", get, "(b, i)")
			c.g.P(part.Desc.Name(), ", i = ", converted, ", end")
		}
	}
	c.g.P("default:")
	c.g.P("i = ", c.fastName("Skip"), "(b, i, tag)")
	c.g.P("}")
	c.g.P("if i < 0 {")
	c.g.P("return ", c.fastName("Error"), "(i)")
	c.g.P("}")
	c.g.P("}")
	variable := c.variable(f)
	c.g.P("if ", variable, " == nil {")
	c.g.P(variable, " = make(map[", c.typeName(key), "]", c.typeName(value), ")")
	c.g.P("}")
	c.g.P(variable, "[key], i = value, end")
}
