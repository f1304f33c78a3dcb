package gen

import (
	"fmt"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// size writes the method that computes the size of the encoding.
func (c codec) size() {
	c.g.P("// SizeCurlew implements ", c.fastName("Message"), ".")
	c.g.P("func (x *", c.m.GoIdent, ") SizeCurlew() int {")
	c.g.P("if x == nil {")
	c.g.P("return 0")
	c.g.P("}")
	c.g.P("n := len(x.unknownFields)")
	for _, f := range encoded(c.m) {
		switch {
		case inOneof(f):
			c.sizeOneof(f.Oneof)
		case f.Desc.IsMap():
			c.sizeMap(f)
		case f.Desc.IsList():
			c.sizeList(f)
		case f.Message != nil:
			c.g.P("if v := ", c.variable(f), "; v != nil {")
			c.g.P("n += ", c.sizeWithTag(f, "v"))
			c.g.P("}")
		default:
			value, condition := c.presence(f)
			c.g.P("if ", condition, " {")
			c.g.P("n += ", c.sizeWithTag(f, value))
			c.g.P("}")
		}
	}
	c.g.P("return n")
	c.g.P("}")
	c.g.P()
}

// sizeWithTag returns the size of a value and its tag.
func (c codec) sizeWithTag(f *protogen.Field, value string) string {
	switch s := scalars[f.Desc.Kind()]; {
	case f.Desc.Kind() == protoreflect.GroupKind:
		return fmt.Sprintf("%d + %s", 2*tagSize(f), c.sizeOfMessage(f, value))
	case f.Message != nil:
		return fmt.Sprintf("%d + %s(%s)", tagSize(f), c.fastName("SizeBytes"), c.sizeOfMessage(f, value))
	case s.fixed > 0:
		return fmt.Sprint(tagSize(f) + s.fixed)
	}
	return fmt.Sprintf("%d + %s", tagSize(f), c.sizeOf(f, value))
}

// sizeOfMessage returns the size of a message, without tag and length.
func (c codec) sizeOfMessage(f *protogen.Field, value string) string {
	if c.fast[f.Message] {
		return value + ".SizeCurlew()"
	}
	return c.fastName("Size") + "(" + value + ")"
}

func (c codec) sizeList(f *protogen.Field) {
	list, condition := c.list(f)
	fixed := scalars[f.Desc.Kind()].fixed
	switch {
	case f.Desc.IsPacked() && fixed > 0:
		length := fmt.Sprintf("len(%s)", list)
		if fixed > 1 {
			length = fmt.Sprintf("%d*%s", fixed, length)
		}
		c.g.P("if len(", list, ") > 0 {")
		c.g.P("n += ", tagSize(f), " + ", c.fastName("SizeBytes"), "(", length, ")")
		c.g.P("}")
	case f.Desc.IsPacked():
		c.g.P("if list := ", list, "; len(list) > 0 {")
		c.g.P("size := 0")
		c.g.P("for _, v := range list {")
		c.g.P("size += ", c.sizeOf(f, "v"))
		c.g.P("}")
		c.g.P("n += ", tagSize(f), " + ", c.fastName("SizeBytes"), "(size)")
		c.g.P("}")
	case fixed > 0:
		c.g.P("n += ", tagSize(f)+fixed, " * len(", list, ")")
	default:
		c.open(condition)
		c.g.P("for _, v := range ", list, " {")
		c.g.P("n += ", c.sizeWithTag(f, "v"))
		c.g.P("}")
		c.close(condition)
	}
}

// open and close write a condition around what is written between them, if there is one.
func (c codec) open(condition string) {
	if condition != "" {
		c.g.P("if ", condition, " {")
	}
}

func (c codec) close(condition string) {
	if condition != "" {
		c.g.P("}")
	}
}

func (c codec) sizeOneof(o *protogen.Oneof) {
	c.oneofCases(o, o.Fields, func(f *protogen.Field, value string) {
		c.g.P("n += ", c.sizeWithTag(f, value))
	})
}

// oneofCases writes a choice between fields of a oneof, each with what write writes. A
// wrapper may be nil, which is as good as none.
func (c codec) oneofCases(o *protogen.Oneof, fields []*protogen.Field, write func(f *protogen.Field, value string)) {
	c.g.P("switch w := ", c.oneofVariable(o), ".(type) {")
	for _, f := range fields {
		c.g.P("case *", c.wrapper(f), ":")
		c.g.P("if w != nil {")
		write(f, "w."+f.GoName)
		c.g.P("}")
	}
	c.g.P("}")
}

func (c codec) sizeMap(f *protogen.Field) {
	key, value := f.Message.Fields[0], f.Message.Fields[1]
	keyName, valueName := "key", "value"
	if scalars[key.Desc.Kind()].fixed > 0 {
		keyName = "_"
	}
	if scalars[value.Desc.Kind()].fixed > 0 {
		valueName = "_"
	}
	if keyName == "_" && valueName == "_" {
		size := 2 + scalars[key.Desc.Kind()].fixed + scalars[value.Desc.Kind()].fixed
		c.g.P("n += ", tagSize(f)+1+size, " * len(", c.variable(f), ")")
		return
	}
	names := keyName + ", " + valueName
	if valueName == "_" {
		names = keyName
	}
	c.g.P("for ", names, " := range ", c.variable(f), " {")
	c.g.P("n += ", tagSize(f), " + ", c.fastName("SizeBytes"), "(", c.sizeWithTag(key, "key"), "+", c.sizeWithTag(value, "value"), ")")
	c.g.P("}")
}
