// Package jsonshim has the API of the package jsonpb over protojson.
package jsonshim

import (
	"encoding/json"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// A Resolver finds the types of messages in google.protobuf.Any and of extensions.
type Resolver interface {
	protoregistry.MessageTypeResolver
	protoregistry.ExtensionTypeResolver
}

// Options say how messages are encoded and decoded.
type Options struct {
	DiscardUnknown bool
	MaxDepth       int
	EmitDefaults   bool
	UseProtoNames  bool
	EnumNumbers    bool
	Resolver       Resolver
}

// Append appends the JSON of m.
func (o Options) Append(dst []byte, m proto.Message) ([]byte, error) {
	return protojson.MarshalOptions{
		EmitDefaultValues: o.EmitDefaults, UseProtoNames: o.UseProtoNames, UseEnumNumbers: o.EnumNumbers, Resolver: o.Resolver,
	}.MarshalAppend(dst, m)
}

// Unmarshal decodes src into m.
func (o Options) Unmarshal(src []byte, m proto.Message) error {
	return protojson.UnmarshalOptions{DiscardUnknown: o.DiscardUnknown, Resolver: o.Resolver}.Unmarshal(src, m)
}

// AppendField appends the JSON of a field's value.
func (o Options) AppendField(dst []byte, m protoreflect.Message, fd protoreflect.FieldDescriptor) ([]byte, error) {
	if fd.Message() != nil && !fd.IsList() && !fd.IsMap() && m.Has(fd) {
		return o.Append(dst, m.Get(fd).Message().Interface())
	}
	only := m.New()
	if m.Has(fd) {
		only.Set(fd, m.Get(fd))
	}
	o.EmitDefaults, o.UseProtoNames = true, true
	whole, err := o.Append(nil, only.Interface())
	if err != nil {
		return dst, err
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(whole, &fields); err != nil {
		return dst, err
	}
	if fields[string(fd.Name())] == nil {
		return append(dst, "null"...), nil
	}
	return append(dst, fields[string(fd.Name())]...), nil
}

// UnmarshalField sets a field to what src says.
func (o Options) UnmarshalField(src []byte, m protoreflect.Message, fd protoreflect.FieldDescriptor) error {
	only := m.New()
	src = append(append([]byte(`{"`+fd.JSONName()+`":`), src...), '}')
	if err := o.Unmarshal(src, only.Interface()); err != nil {
		return err
	}
	if m.Clear(fd); only.Has(fd) {
		m.Set(fd, only.Get(fd))
	}
	return nil
}
