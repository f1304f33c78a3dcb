package jsonpb

import (
	"reflect"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/runtime/protoimpl"
)

// findFields finds where the fields are in the Go struct, if it is one of the open or
// hybrid API, whose fields are all there is.
func (t *table) findFields(typ reflect.Type, wrappers []any) {
	if typ.Kind() != reflect.Struct {
		return
	}
	state, ok := typ.FieldByName("state")
	api := state.Tag.Get("protogen")
	if !ok || state.Type != reflect.TypeFor[protoimpl.MessageState]() || api != "open.v1" && api != "hybrid.v1" {
		return
	}
	t.placed = true
	byNumber := map[protoreflect.FieldNumber]*field{}
	for i := range t.fields {
		byNumber[t.fields[i].fd.Number()] = &t.fields[i]
	}
	oneofs := map[string]int{}
	for i := range typ.NumField() {
		sf := typ.Field(i)
		if name := sf.Tag.Get("protobuf_oneof"); name != "" && sf.IsExported() && sf.Type.Kind() == reflect.Interface {
			oneofs[name] = i
		}
		if f := byNumber[numberOf(sf)]; f != nil && sf.IsExported() {
			f.placeIn(sf.Type, i)
		}
	}
	for _, w := range wrappers {
		wt := reflect.TypeOf(w)
		if wt.Kind() != reflect.Pointer || wt.Elem().Kind() != reflect.Struct || wt.Elem().NumField() != 1 {
			continue
		}
		sf := wt.Elem().Field(0)
		f := byNumber[numberOf(sf)]
		if f == nil || f.oneof < 0 || f.shape != single || !f.holdsOne(sf.Type) {
			continue
		}
		if i, ok := oneofs[string(f.fd.ContainingOneof().Name())]; ok {
			f.at, f.wrapper = i, wt
		}
	}
}

// numberOf returns the number of the field that a Go field says it is, or 0.
func numberOf(sf reflect.StructField) protoreflect.FieldNumber {
	for part := range strings.SplitSeq(sf.Tag.Get("protobuf"), ",") {
		if part != "" && strings.Trim(part, "0123456789") == "" {
			n := protoreflect.FieldNumber(0)
			for _, c := range part {
				n = n*10 + protoreflect.FieldNumber(c-'0')
			}
			return n
		}
	}
	return 0
}

// placeIn notes that the field is the i-th of the Go struct, if its type is as
// expected.
func (f *field) placeIn(typ reflect.Type, i int) {
	switch f.shape {
	case list:
		if typ.Kind() == reflect.Slice && f.holdsOne(typ.Elem()) {
			f.at = i
		}
	case mapping:
		if typ.Kind() == reflect.Map && holds(typ.Key(), f.key.kind) && f.val.holdsOne(typ.Elem()) {
			f.at = i
		}
	case single:
		if f.holdsOne(typ) {
			f.at = i
		} else if typ.Kind() == reflect.Pointer && f.presence && holds(typ.Elem(), f.kind) {
			f.at, f.pointer = i, true
		}
	}
}

func (f *field) holdsOne(typ reflect.Type) bool {
	if f.message {
		return typ.Kind() == reflect.Pointer && typ.Implements(reflect.TypeFor[proto.Message]()) &&
			isGenerated(typ)
	}
	return holds(typ, f.kind)
}

// isGenerated reports whether a type, a pointer, is that of generated messages.
func isGenerated(typ reflect.Type) bool {
	m, ok := reflect.Zero(typ).Interface().(proto.Message)
	if !ok || typ.Elem().Kind() != reflect.Struct {
		return false
	}
	info, ok := m.ProtoReflect().Type().(*protoimpl.MessageInfo)
	return ok && info.GoReflectType == typ
}

// holds reports whether a Go type is that of a kind of scalars.
func holds(typ reflect.Type, kind protoreflect.Kind) bool {
	switch kind {
	case protoreflect.BoolKind:
		return typ.Kind() == reflect.Bool
	case protoreflect.EnumKind, protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return typ.Kind() == reflect.Int32
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return typ.Kind() == reflect.Int64
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return typ.Kind() == reflect.Uint32
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return typ.Kind() == reflect.Uint64
	case protoreflect.FloatKind:
		return typ.Kind() == reflect.Float32
	case protoreflect.DoubleKind:
		return typ.Kind() == reflect.Float64
	case protoreflect.StringKind:
		return typ.Kind() == reflect.String
	case protoreflect.BytesKind:
		return typ == reflect.TypeFor[[]byte]()
	}
	return false
}
