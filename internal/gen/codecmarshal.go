package gen

import (
	"slices"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// marshal writes the method that encodes, from the end of the buffer to the front: one
// that leaves out long bytes if the message may have some.
func (c codec) marshal() {
	c.g.P("// MarshalCurlew implements ", c.fastName("Message"), ".")
	c.g.P("func (x *", c.m.GoIdent, ") MarshalCurlew(b []byte) (int, error) {")
	if hasBytes(c.m) {
		c.g.P("return x.MarshalPartedCurlew(b, nil)")
		c.g.P("}")
		c.g.P()
		c.long()
		c.g.P("// MarshalPartedCurlew implements ", c.fastName("Parted"), ".")
		c.g.P("func (x *", c.m.GoIdent, ") MarshalPartedCurlew(b []byte, parts *", c.fastName("Parts"), ") (int, error) {")
	}
	c.g.P("if x == nil {")
	c.g.P("return 0, nil")
	c.g.P("}")
	c.g.P("i := len(b) - len(x.unknownFields)")
	c.g.P("copy(b[i:], x.unknownFields)")
	for _, f := range slices.Backward(encoded(c.m)) {
		switch {
		case inOneof(f):
			c.oneofCases(f.Oneof, f.Oneof.Fields, c.put)
		case f.Desc.IsMap():
			c.putMap(f)
		case f.Desc.IsList():
			c.putList(f)
		case f.Message != nil:
			c.g.P("if v := ", c.variable(f), "; v != nil {")
			c.put(f, "v")
			c.g.P("}")
		default:
			value, condition := c.presence(f)
			c.g.P("if ", condition, " {")
			c.put(f, value)
			c.g.P("}")
		}
	}
	c.g.P("return len(b) - i, nil")
	c.g.P("}")
	c.g.P()
}

// put writes the encoding of a value with its tag.
func (c codec) put(f *protogen.Field, value string) {
	switch f.Desc.Kind() {
	case protoreflect.MessageKind:
		c.putMessage(f, value)
		c.g.P("i = ", c.fastName("PutVarint"), "(b, i-n, uint64(n))")
		c.putTag(tagOf(f))
	case protoreflect.GroupKind:
		c.putTag(protowire.EncodeTag(f.Desc.Number(), protowire.EndGroupType))
		c.putMessage(f, value)
		c.g.P("i -= n")
		c.putTag(tagOf(f))
	default:
		c.putScalar(f, value)
		c.putTag(protowire.EncodeTag(f.Desc.Number(), wireType(f.Desc.Kind())))
	}
}

// putMessage writes the encoding of a message before b[i], whose size is n then.
func (c codec) putMessage(f *protogen.Field, value string) {
	if c.fast[f.Message] {
		c.g.P("n, err := ", value, ".MarshalCurlew(b[:i])")
	} else {
		c.g.P("n, err := ", c.fastName("Marshal"), "(", value, ", b[:i])")
	}
	c.g.P("if err != nil {")
	c.g.P("return 0, err")
	c.g.P("}")
}

// putScalar writes the encoding of a value without its tag.
func (c codec) putScalar(f *protogen.Field, value string) {
	if f.Desc.Kind() == protoreflect.StringKind && checksUTF8(f) {
		c.g.P("if i = ", c.fastName("PutString"), "(b, i, ", value, "); i < 0 {")
		c.g.P("return 0, ", c.fastName("Error"), "(i)")
		c.g.P("}")
		return
	}
	s := scalars[f.Desc.Kind()]
	put := c.fastName(s.put)
	if isLong(f) && f.Parent == c.m {
		put = "parts.PutBytes"
	}
	c.g.P("i = ", put, "(b, i, ", c.expand(f, s.arg, value), ")")
}

func (c codec) putList(f *protogen.Field) {
	list, condition := c.list(f)
	packed := f.Desc.IsPacked()
	switch {
	case packed:
		c.g.P("if list := ", list, "; len(list) > 0 {")
		c.g.P("end := i")
	case condition != "":
		c.g.P("if ", condition, " {")
		c.g.P("list := ", list)
	default:
		c.g.P("if list := ", list, "; len(list) > 0 {")
	}
	c.g.P("for k := len(list) - 1; k >= 0; k-- {")
	if packed {
		c.putScalar(f, "list[k]")
	} else {
		c.put(f, "list[k]")
	}
	c.g.P("}")
	if packed {
		c.g.P("i = ", c.fastName("PutVarint"), "(b, i, uint64(end-i))")
		c.putTag(tagOf(f))
	}
	c.g.P("}")
}

// putMap writes the encoding of a map, whose entries have key and value always.
func (c codec) putMap(f *protogen.Field) {
	c.g.P("for key, value := range ", c.variable(f), " {")
	c.g.P("end := i")
	c.put(f.Message.Fields[1], "value")
	c.put(f.Message.Fields[0], "key")
	c.g.P("i = ", c.fastName("PutVarint"), "(b, i, uint64(end-i))")
	c.putTag(tagOf(f))
	c.g.P("}")
}

// long writes the method that tells how much of the encoding is long bytes.
func (c codec) long() {
	c.g.P("// LongCurlew implements ", c.fastName("Parted"), ".")
	c.g.P("func (x *", c.m.GoIdent, ") LongCurlew() int {")
	c.g.P("if x == nil {")
	c.g.P("return 0")
	c.g.P("}")
	c.g.P("n := 0")
	add := func(value string) { c.g.P("n += ", c.fastName("Long"), "(", value, ")") }
	for _, f := range encoded(c.m) {
		switch {
		case inOneof(f):
			if fields := slices.DeleteFunc(slices.Clone(f.Oneof.Fields), isShort); len(fields) > 0 {
				c.oneofCases(f.Oneof, fields, func(_ *protogen.Field, value string) { add(value) })
			}
		case isShort(f):
		case f.Desc.IsList():
			c.g.P("for _, v := range ", c.variable(f), " {")
			add("v")
			c.g.P("}")
		case f.Desc.HasPresence():
			value, condition := c.presence(f)
			c.g.P("if ", condition, " {")
			add(value)
			c.g.P("}")
		default:
			add(c.variable(f))
		}
	}
	c.g.P("return n")
	c.g.P("}")
	c.g.P()
}

// isLong reports whether a field is of bytes, and so may be long.
func isLong(f *protogen.Field) bool { return f.Desc.Kind() == protoreflect.BytesKind }

func isShort(f *protogen.Field) bool { return !isLong(f) }

// hasBytes reports whether a message has such fields itself, or in a oneof.
func hasBytes(m *protogen.Message) bool { return slices.ContainsFunc(m.Fields, isLong) }
