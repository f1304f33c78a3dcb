package transcode

import (
	"reflect"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// A target is a request's message. Most fields that take text are scalars in a struct
// that protoc-gen-go made; they are set as the Go fields they are, because protobuf's
// reflection allocates twice for each string.
type target struct {
	protoreflect.Message
	v reflect.Value // the struct, invalid if the message is of another type
}

func (b *Binding) targetOf(msg proto.Message, m protoreflect.Message) target {
	if b.goType == nil || reflect.TypeOf(msg) != b.goType {
		return target{Message: m}
	}
	return target{m, reflect.ValueOf(msg).Elem()}
}

// findGoFields finds the fields of the request's Go type, if it is linked in.
func (b *Binding) findGoFields() {
	mt, err := protoregistry.GlobalTypes.FindMessageByName(b.input.FullName())
	if err != nil || mt.Descriptor() != b.input {
		return
	}
	t := reflect.TypeOf(mt.Zero().Interface())
	if t.Kind() != reflect.Pointer || t.Elem().Kind() != reflect.Struct {
		return
	}
	b.goType = t
	index := map[protoreflect.FieldNumber]int{}
	for i := range t.Elem().NumField() {
		f := t.Elem().Field(i)
		if n := fieldNumber(f.Tag.Get("protobuf")); n > 0 && f.IsExported() {
			index[n] = i
		}
	}
	for i := range b.vars {
		b.vars[i].findGoField(t.Elem(), index)
	}
	for _, p := range b.query {
		p.findGoField(t.Elem(), index)
	}
}

// fieldNumber reads the number in a tag such as "bytes,1,opt,name=text,proto3".
func fieldNumber(tag string) protoreflect.FieldNumber {
	_, rest, _ := strings.Cut(tag, ",")
	number, _, _ := strings.Cut(rest, ",")
	n, err := strconv.ParseInt(number, 10, 32)
	if err != nil {
		return 0
	}
	return protoreflect.FieldNumber(n)
}

// goKinds are the kinds of the Go fields of scalars without presence.
var goKinds = map[protoreflect.Kind]reflect.Kind{
	protoreflect.StringKind: reflect.String, protoreflect.BoolKind: reflect.Bool, protoreflect.EnumKind: reflect.Int32,
	protoreflect.Int32Kind: reflect.Int32, protoreflect.Sint32Kind: reflect.Int32, protoreflect.Sfixed32Kind: reflect.Int32,
	protoreflect.Int64Kind: reflect.Int64, protoreflect.Sint64Kind: reflect.Int64, protoreflect.Sfixed64Kind: reflect.Int64,
	protoreflect.Uint32Kind: reflect.Uint32, protoreflect.Fixed32Kind: reflect.Uint32,
	protoreflect.Uint64Kind: reflect.Uint64, protoreflect.Fixed64Kind: reflect.Uint64,
	protoreflect.FloatKind: reflect.Float32, protoreflect.DoubleKind: reflect.Float64,
}

// findGoField notes where in the struct a field is that can be set there: one of the
// message itself, a scalar, without presence.
func (p *param) findGoField(t reflect.Type, index map[protoreflect.FieldNumber]int) {
	fd := p.leaf()
	if i, ok := index[fd.Number()]; ok && len(p.path) == 1 && !fd.HasPresence() && t.Field(i).Type.Kind() == goKinds[fd.Kind()] {
		p.goField = i + 1
	}
}

// setGo sets a Go field to a value of its field.
func setGo(f reflect.Value, kind protoreflect.Kind, v protoreflect.Value) {
	switch f.Kind() {
	case reflect.String:
		f.SetString(v.String())
	case reflect.Bool:
		f.SetBool(v.Bool())
	case reflect.Uint32, reflect.Uint64:
		f.SetUint(v.Uint())
	case reflect.Float32, reflect.Float64:
		f.SetFloat(v.Float())
	default:
		if kind == protoreflect.EnumKind {
			f.SetInt(int64(v.Enum()))
		} else {
			f.SetInt(v.Int())
		}
	}
}
