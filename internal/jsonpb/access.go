package jsonpb

import (
	"math"
	"reflect"

	"google.golang.org/protobuf/proto"
	pr "google.golang.org/protobuf/reflect/protoreflect"
)

// slot returns where in the Go struct the value of a field is that has one: what has
// presence, is in a oneof or is a list or map that is not nil. It is for fields whose
// place is known.
func (f *field) slot(n *node) (v reflect.Value, ok bool) {
	v = n.v.Field(f.at)
	switch {
	case f.wrapper != nil:
		if v.IsNil() {
			return v, false
		}
		v = v.Elem()
		if v.Type() != f.wrapper || v.IsNil() {
			return v, false
		}
		return v.Elem().Field(0), true
	case f.pointer:
		if v.IsNil() {
			return v, false
		}
		return v.Elem(), true
	case f.shape != single:
		return v, v.Len() > 0
	case f.message:
		return v, !v.IsNil()
	case f.kind == pr.BytesKind && f.presence:
		return v, !v.IsNil()
	}
	return v, hasValue(f.kind, v)
}

// find is slot for any field: it is not ok also if the place is not known.
func (f *field) find(n *node) (v reflect.Value, ok bool) {
	if f.at < 0 {
		return v, false
	}
	return f.slot(n)
}

// hasValue reports whether a scalar without presence is not at its default.
func hasValue(kind pr.Kind, v reflect.Value) bool {
	switch kind {
	case pr.BoolKind:
		return v.Bool()
	case pr.EnumKind, pr.Int32Kind, pr.Sint32Kind, pr.Sfixed32Kind, pr.Int64Kind, pr.Sint64Kind, pr.Sfixed64Kind:
		return v.Int() != 0
	case pr.Uint32Kind, pr.Fixed32Kind, pr.Uint64Kind, pr.Fixed64Kind:
		return v.Uint() != 0
	case pr.FloatKind, pr.DoubleKind:
		return math.Float64bits(v.Float()) != 0
	}
	return v.Len() > 0
}

// scalar returns the value of a singular field that is no message.
func (f *field) scalar(n *node) pr.Value {
	if f.at < 0 {
		return n.reflect().Get(f.fd)
	}
	v, ok := f.slot(n)
	if !ok && (f.presence || f.wrapper != nil) {
		return f.fd.Default()
	}
	return valueOf(f.kind, v)
}

// set sets a singular field that is no message.
func (f *field) set(n *node, val pr.Value) {
	if f.at < 0 {
		n.reflect().Set(f.fd, val)
		return
	}
	v := n.v.Field(f.at)
	switch {
	case f.wrapper != nil:
		p := reflect.New(f.wrapper.Elem())
		store(f.kind, p.Elem().Field(0), val)
		v.Set(p)
	case f.pointer:
		p := reflect.New(v.Type().Elem())
		store(f.kind, p.Elem(), val)
		v.Set(p)
	default:
		store(f.kind, v, val)
	}
}

// create sets a singular field to a new message and returns it and its table.
func (f *field) create(n *node) (*table, node) {
	if f.at < 0 {
		m := n.reflect().Mutable(f.fd).Message()
		return f.table(m), node{m: m}
	}
	v := n.v.Field(f.at)
	if f.wrapper != nil {
		p := reflect.New(f.wrapper.Elem())
		v.Set(p)
		v = p.Elem().Field(0)
	}
	p := reflect.New(v.Type().Elem())
	v.Set(p)
	return f.structTable(p.Type()), node{v: p.Elem()}
}

// nodeAt returns the message that a pointer in a Go struct points to, and its table.
func (f *field) nodeAt(v reflect.Value) (*table, node) {
	if v.IsNil() {
		m := v.Interface().(proto.Message).ProtoReflect()
		return f.table(m), node{m: m}
	}
	return f.structTable(v.Type()), node{v: v.Elem()}
}

// valueOf returns a scalar that is in a Go struct.
func valueOf(kind pr.Kind, v reflect.Value) pr.Value {
	switch kind {
	case pr.BoolKind:
		return pr.ValueOfBool(v.Bool())
	case pr.EnumKind:
		return pr.ValueOfEnum(pr.EnumNumber(v.Int()))
	case pr.Int32Kind, pr.Sint32Kind, pr.Sfixed32Kind:
		return pr.ValueOfInt32(int32(v.Int()))
	case pr.Int64Kind, pr.Sint64Kind, pr.Sfixed64Kind:
		return pr.ValueOfInt64(v.Int())
	case pr.Uint32Kind, pr.Fixed32Kind:
		return pr.ValueOfUint32(uint32(v.Uint()))
	case pr.Uint64Kind, pr.Fixed64Kind:
		return pr.ValueOfUint64(v.Uint())
	case pr.FloatKind:
		return pr.ValueOfFloat32(float32(v.Float()))
	case pr.DoubleKind:
		return pr.ValueOfFloat64(v.Float())
	case pr.BytesKind:
		return pr.ValueOfBytes(v.Bytes())
	}
	return pr.ValueOfString(v.String())
}

// store sets a scalar that is in a Go struct.
func store(kind pr.Kind, v reflect.Value, val pr.Value) {
	switch kind {
	case pr.BoolKind:
		v.SetBool(val.Bool())
	case pr.EnumKind:
		v.SetInt(int64(val.Enum()))
	case pr.Int32Kind, pr.Sint32Kind, pr.Sfixed32Kind, pr.Int64Kind, pr.Sint64Kind, pr.Sfixed64Kind:
		v.SetInt(val.Int())
	case pr.Uint32Kind, pr.Fixed32Kind, pr.Uint64Kind, pr.Fixed64Kind:
		v.SetUint(val.Uint())
	case pr.FloatKind, pr.DoubleKind:
		v.SetFloat(val.Float())
	case pr.BytesKind:
		v.SetBytes(val.Bytes())
	default:
		v.SetString(val.String())
	}
}

// scratch has a variable of each type that keys and values of maps have, by which they
// are read and set without making one each.
type scratch struct {
	b   bool
	i32 int32
	i64 int64
	u32 uint32
	u64 uint64
	f32 float32
	f64 float64
	s   string
	p   []byte
}

// variable returns that of a type, or a new one if it is not among them.
func (s *scratch) variable(typ reflect.Type) reflect.Value {
	var v reflect.Value
	switch typ.Kind() {
	case reflect.Bool:
		v = reflect.ValueOf(&s.b)
	case reflect.Int32:
		v = reflect.ValueOf(&s.i32)
	case reflect.Int64:
		v = reflect.ValueOf(&s.i64)
	case reflect.Uint32:
		v = reflect.ValueOf(&s.u32)
	case reflect.Uint64:
		v = reflect.ValueOf(&s.u64)
	case reflect.Float32:
		v = reflect.ValueOf(&s.f32)
	case reflect.Float64:
		v = reflect.ValueOf(&s.f64)
	case reflect.String:
		v = reflect.ValueOf(&s.s)
	case reflect.Slice:
		v = reflect.ValueOf(&s.p)
	}
	if v.IsValid() && v.Type().Elem() == typ {
		return v.Elem()
	}
	return reflect.New(typ).Elem()
}
