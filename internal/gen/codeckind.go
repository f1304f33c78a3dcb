package gen

import (
	"strings"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// A scalar is how values of a kind are encoded and decoded. Its expressions are Go, in
// which $ stands for the value and @ for the Go type of an enum.
type scalar struct {
	goType string
	wire   protowire.Type
	// size is the size of a value, and fixed the same if all have one.
	size  string
	fixed int
	// put is the function of codec/fast that writes a value, and arg what of it.
	put, arg string
	// get is the function of codec/fast that reads a value, and value what it gives.
	get, value string
}

var scalars = map[protoreflect.Kind]scalar{
	protoreflect.BoolKind:     {"bool", protowire.VarintType, "1", 1, "PutVarint", "fast.Bool($)", "Varint", "$ != 0"},
	protoreflect.EnumKind:     {"@", protowire.VarintType, "fast.SizeVarint(uint64($))", 0, "PutVarint", "uint64($)", "Varint", "@($)"},
	protoreflect.Int32Kind:    {"int32", protowire.VarintType, "fast.SizeVarint(uint64($))", 0, "PutVarint", "uint64($)", "Varint", "int32($)"},
	protoreflect.Int64Kind:    {"int64", protowire.VarintType, "fast.SizeVarint(uint64($))", 0, "PutVarint", "uint64($)", "Varint", "int64($)"},
	protoreflect.Uint32Kind:   {"uint32", protowire.VarintType, "fast.SizeVarint(uint64($))", 0, "PutVarint", "uint64($)", "Varint", "uint32($)"},
	protoreflect.Uint64Kind:   {"uint64", protowire.VarintType, "fast.SizeVarint($)", 0, "PutVarint", "$", "Varint", "$"},
	protoreflect.Sint32Kind:   {"int32", protowire.VarintType, "fast.SizeZigzag(int64($))", 0, "PutZigzag", "int64($)", "Zigzag32", "$"},
	protoreflect.Sint64Kind:   {"int64", protowire.VarintType, "fast.SizeZigzag($)", 0, "PutZigzag", "$", "Zigzag", "$"},
	protoreflect.Fixed32Kind:  {"uint32", protowire.Fixed32Type, "4", 4, "PutFixed32", "$", "Fixed32", "$"},
	protoreflect.Sfixed32Kind: {"int32", protowire.Fixed32Type, "4", 4, "PutFixed32", "uint32($)", "Fixed32", "int32($)"},
	protoreflect.FloatKind:    {"float32", protowire.Fixed32Type, "4", 4, "PutFixed32", "math.Float32bits($)", "Fixed32", "math.Float32frombits($)"},
	protoreflect.Fixed64Kind:  {"uint64", protowire.Fixed64Type, "8", 8, "PutFixed64", "$", "Fixed64", "$"},
	protoreflect.Sfixed64Kind: {"int64", protowire.Fixed64Type, "8", 8, "PutFixed64", "uint64($)", "Fixed64", "int64($)"},
	protoreflect.DoubleKind:   {"float64", protowire.Fixed64Type, "8", 8, "PutFixed64", "math.Float64bits($)", "Fixed64", "math.Float64frombits($)"},
	protoreflect.StringKind:   {"string", protowire.BytesType, "fast.SizeBytes(len($))", 0, "PutRawString", "$", "RawString", "$"},
	protoreflect.BytesKind:    {"[]byte", protowire.BytesType, "fast.SizeBytes(len($))", 0, "PutBytes", "$", "Bytes", "$"},
}

// wireType returns the wire type of a value.
func wireType(kind protoreflect.Kind) protowire.Type {
	switch kind {
	case protoreflect.MessageKind:
		return protowire.BytesType
	case protoreflect.GroupKind:
		return protowire.StartGroupType
	}
	return scalars[kind].wire
}

// expand returns an expression of a scalar as Go.
func (c codec) expand(f *protogen.Field, expression, value string) string {
	for _, p := range []protogen.GoImportPath{fastPackage, mathPackage} {
		name := string(p[strings.LastIndexByte(string(p), '/')+1:]) + "."
		if strings.Contains(expression, name) {
			expression = strings.ReplaceAll(expression, name, c.id(p, ""))
		}
	}
	if strings.Contains(expression, "@") {
		expression = strings.ReplaceAll(expression, "@", c.g.QualifiedGoIdent(f.Enum.GoIdent))
	}
	return strings.ReplaceAll(expression, "$", value)
}

// typeName returns the Go type of a single value.
func (c codec) typeName(f *protogen.Field) string {
	if f.Message != nil {
		return "*" + c.messageName(f)
	}
	return c.expand(f, scalars[f.Desc.Kind()].goType, "")
}

func (c codec) messageName(f *protogen.Field) string { return c.g.QualifiedGoIdent(f.Message.GoIdent) }

// sizeOf returns the size of a value that is no message, without its tag.
func (c codec) sizeOf(f *protogen.Field, value string) string {
	return c.expand(f, scalars[f.Desc.Kind()].size, value)
}

// getter returns the function that reads a field's value, and what it gives as the
// result v.
func (c codec) getter(f *protogen.Field) (get, value string) {
	s := scalars[f.Desc.Kind()]
	if f.Desc.Kind() == protoreflect.StringKind && checksUTF8(f) {
		s.get = "String"
	}
	return c.fastName(s.get), c.expand(f, s.value, "v")
}

// checksUTF8 reports whether a field's text has to be UTF-8, as protobuf for Go has it.
func checksUTF8(f *protogen.Field) bool {
	if f.Desc.ParentFile().Syntax() == protoreflect.Editions {
		d, ok := f.Desc.(interface{ EnforceUTF8() bool })
		return ok && d.EnforceUTF8()
	}
	return f.Desc.ParentFile().Syntax() == protoreflect.Proto3
}
