package openapi

import (
	"encoding/base64"
	"math"
	"strconv"

	"google.golang.org/protobuf/reflect/protoreflect"
)

const (
	signedPattern   = "^-?[0-9]+$"
	unsignedPattern = "^[0-9]+$"
)

// single returns the schema of one value of a field.
func (s *schemas) single(fd protoreflect.FieldDescriptor) *object {
	switch fd.Kind() {
	case protoreflect.MessageKind, protoreflect.GroupKind:
		return s.message(fd.Message())
	case protoreflect.EnumKind:
		return s.enum(fd.Enum())
	}
	return scalar(fd.Kind())
}

// scalar returns the schema of a scalar. 64-bit integers are strings, because
// JavaScript's numbers would lose digits of them.
func scalar(kind protoreflect.Kind) *object {
	switch kind {
	case protoreflect.BoolKind:
		return obj(member{"type", text("boolean")})
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return obj(member{"type", text("integer")}, member{"format", text("int32")})
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return obj(member{"type", text("integer")}, member{"format", text("uint32")},
			member{"minimum", number("0")}, member{"maximum", number(strconv.FormatUint(math.MaxUint32, 10))})
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return obj(member{"type", text("string")}, member{"format", text("int64")}, member{"pattern", text(signedPattern)})
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return obj(member{"type", text("string")}, member{"format", text("uint64")}, member{"pattern", text(unsignedPattern)})
	case protoreflect.FloatKind:
		return floating("float")
	case protoreflect.DoubleKind:
		return floating("double")
	case protoreflect.BytesKind:
		return obj(member{"type", text("string")}, member{"contentEncoding", text("base64")})
	}
	return obj(member{"type", text("string")})
}

// floating returns the schema of a number that may be none: JSON has strings for these.
func floating(format string) *object {
	return obj(member{"anyOf", array{
		obj(member{"type", text("number")}, member{"format", text(format)}),
		obj(member{"type", text("string")}, member{"enum", texts("NaN", "Infinity", "-Infinity")}),
	}})
}

// defaultOf returns the default that proto2 gives a field.
func defaultOf(fd protoreflect.FieldDescriptor) node {
	v := fd.Default()
	switch fd.Kind() {
	case protoreflect.BoolKind:
		return boolean(v.Bool())
	case protoreflect.EnumKind:
		return text(fd.DefaultEnumValue().Name())
	case protoreflect.BytesKind:
		return text(base64.StdEncoding.EncodeToString(v.Bytes()))
	case protoreflect.FloatKind, protoreflect.DoubleKind:
		return floatValue(v.Float(), fd.Kind())
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind,
		protoreflect.Uint64Kind, protoreflect.Fixed64Kind, protoreflect.StringKind:
		return text(v.String())
	}
	return number(v.String())
}

func floatValue(f float64, kind protoreflect.Kind) node {
	switch {
	case math.IsNaN(f):
		return text("NaN")
	case math.IsInf(f, 1):
		return text("Infinity")
	case math.IsInf(f, -1):
		return text("-Infinity")
	}
	bits := 64
	if kind == protoreflect.FloatKind {
		bits = 32
	}
	return number(strconv.FormatFloat(f, 'g', -1, bits))
}
