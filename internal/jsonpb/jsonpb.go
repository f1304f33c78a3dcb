// Package jsonpb turns protobuf messages to JSON and back: what it emits and accepts
// is what google.golang.org/protobuf/encoding/protojson does, in the compact form.
//
// It works with a table a message type, made when the type is first met. Fields of
// messages that protoc-gen-go generated with the open or hybrid API are read and set
// as the Go fields they are, all others with protoreflect.
package jsonpb

import (
	"reflect"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// A Resolver finds the types of messages in google.protobuf.Any and of extensions.
type Resolver interface {
	protoregistry.MessageTypeResolver
	protoregistry.ExtensionTypeResolver
}

// Options say how messages are encoded and decoded. The zero value is what protobuf
// has by default. Options may be used concurrently.
type Options struct {
	// DiscardUnknown ignores unknown fields and enum names when decoding. Without
	// it they are errors.
	DiscardUnknown bool

	// MaxDepth is how deeply messages may nest when decoding, and messages of type
	// Any when encoding: 0 is 100.
	MaxDepth int

	// EmitDefaults emits also fields without presence that are at their default, and
	// lists and maps that are empty.
	EmitDefaults bool

	// UseProtoNames emits the names of the .proto file and not their lowerCamelCase.
	// Both are accepted always.
	UseProtoNames bool

	// EnumNumbers emits enum values as numbers.
	EnumNumbers bool

	// Resolver finds the types of Any and of extensions: nil is
	// protoregistry.GlobalTypes.
	Resolver Resolver
}

const defaultDepth = 100

func (o Options) withDefaults() Options {
	if o.MaxDepth == 0 {
		o.MaxDepth = defaultDepth
	}
	if o.Resolver == nil {
		o.Resolver = protoregistry.GlobalTypes
	}
	return o
}

// Append appends the JSON of m to dst and returns the extended slice, or dst as it was
// and an error. A nil message is {}. Text that is not UTF-8 is an error, and so is a
// required field that is missing.
func (o Options) Append(dst []byte, m proto.Message) ([]byte, error) {
	if m == nil {
		return append(dst, '{', '}'), nil
	}
	e := newEncoder(o, dst)
	t, n := nodeOf(m)
	err := e.message(t, &n, "")
	out := e.release()
	if err == nil && t.mayLack() {
		err = proto.CheckInitialized(m)
	}
	if err != nil {
		return dst, err
	}
	return out, nil
}

// AppendField appends the JSON of the value of a field of m: of a list an array, of a
// map an object, and null of a message field that is not set. The field must be one of
// m or an extension of it. After an error dst is as it was.
func (o Options) AppendField(dst []byte, m protoreflect.Message, fd protoreflect.FieldDescriptor) ([]byte, error) {
	f, n, err := fieldOf(m, fd)
	if err != nil {
		return dst, err
	}
	if fd.Message() != nil && !fd.IsList() && !fd.IsMap() && !m.Has(fd) {
		return append(dst, "null"...), nil
	}
	e := newEncoder(o, dst)
	if v, ok := f.find(&n); ok {
		err = e.structValue(f, v)
	} else {
		err = e.value(f, m.Get(fd))
	}
	out := e.release()
	if err == nil {
		err = checkRequired(m, fd)
	}
	if err != nil {
		return dst, within(err, f.name)
	}
	return out, nil
}

// Unmarshal decodes src, which must be one JSON value and nothing else, into m, which
// is reset first. Nothing of src is kept. What is wrong with src is an [*Error]; the
// content of m is unspecified then.
func (o Options) Unmarshal(src []byte, m proto.Message) error {
	if m == nil || !m.ProtoReflect().IsValid() {
		return errorf("cannot decode into a nil message")
	}
	proto.Reset(m)
	d := newDecoder(o, src)
	t, n := nodeOf(m)
	err := d.message(t, &n, d.o.MaxDepth, false)
	if err == nil {
		err = d.end()
	}
	d.release()
	if err != nil {
		return located(err, src)
	}
	if t.mayLack() {
		return proto.CheckInitialized(m)
	}
	return nil
}

// UnmarshalField sets a field of m to what src says, which must be one JSON value and
// nothing else. The rest of m stays as it is. Null clears the field, unless it is of a
// type that has a value for null.
func (o Options) UnmarshalField(src []byte, m protoreflect.Message, fd protoreflect.FieldDescriptor) error {
	if !m.IsValid() {
		return errorf("cannot set a field of a nil message")
	}
	f, n, err := fieldOf(m, fd)
	if err != nil {
		return err
	}
	m.Clear(fd)
	d := newDecoder(o, src)
	if !f.nullable && d.peek() == 'n' {
		err = d.literal("null")
	} else {
		err = within(d.value(f, &n, d.o.MaxDepth-1), f.name)
	}
	if err == nil {
		err = d.end()
	}
	d.release()
	if err != nil {
		return located(err, src)
	}
	if err := checkRequired(m, fd); err != nil {
		return within(err, f.name)
	}
	return nil
}

// fieldOf returns the table entry of a field and the message that it is of.
func fieldOf(m protoreflect.Message, fd protoreflect.FieldDescriptor) (*field, node, error) {
	md := m.Descriptor()
	if fd.ContainingMessage().FullName() != md.FullName() {
		return nil, node{}, errorf("%s is no field of %s", fd.FullName(), md.FullName())
	}
	if fd.IsExtension() {
		return newField(fd), node{m: m}, nil
	}
	t, n := nodeOf(m.Interface())
	if i := fd.Index(); i < len(t.fields) && t.fields[i].fd == fd {
		return &t.fields[i], n, nil
	}
	return nil, node{}, errorf("%s is not the field of that name of %s", fd.FullName(), md.FullName())
}

// A node is a message as it is walked through: the Go struct if it is one whose table
// knows where its fields are, and the message with protoreflect, made when it is needed.
type node struct {
	v reflect.Value
	m protoreflect.Message
}

// reflect returns the message with protoreflect.
func (n *node) reflect() protoreflect.Message {
	if n.m == nil {
		n.m = n.v.Addr().Interface().(proto.Message).ProtoReflect()
	}
	return n.m
}

// nodeOf returns a message and its table.
func nodeOf(m proto.Message) (*table, node) {
	v := reflect.ValueOf(m)
	if v.Kind() == reflect.Pointer && !v.IsNil() {
		if t := tableOfStruct(v.Type(), m); t != nil {
			return t, node{v: v.Elem()}
		}
	}
	r := m.ProtoReflect()
	return tableOf(r.Descriptor()), node{m: r}
}
