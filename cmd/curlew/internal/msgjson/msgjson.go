// Package msgjson writes protobuf messages as JSON for people: always the same for
// the same message, which protojson alone does not promise.
package msgjson

import (
	"bytes"
	"encoding/json"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// Resolver finds the types of extensions, and of messages in google.protobuf.Any.
type Resolver interface {
	protoregistry.ExtensionTypeResolver
	protoregistry.MessageTypeResolver
}

// Format says how. The zero Format is one line.
type Format struct {
	// Indent is put before each line within the outermost braces, more than once in
	// inner ones. Without it everything is on one line.
	Indent string
	// Defaults writes fields that are not set, too.
	Defaults bool
	// Resolver is protoregistry.GlobalTypes if it is nil.
	Resolver Resolver
}

// Append appends m to dst, without a newline at the end.
func (f Format) Append(dst []byte, m proto.Message) ([]byte, error) {
	o := protojson.MarshalOptions{EmitDefaultValues: f.Defaults}
	if f.Resolver != nil {
		o.Resolver = f.Resolver
	}
	text, err := o.Marshal(m)
	if err != nil {
		return dst, err
	}
	// protojson varies its white space on purpose.
	var b bytes.Buffer
	if f.Indent == "" {
		err = json.Compact(&b, text)
	} else {
		err = json.Indent(&b, text, "", f.Indent)
	}
	return append(dst, b.Bytes()...), err
}

// Line returns m on one line, or why it cannot be shown.
func (f Format) Line(m proto.Message) string {
	f.Indent = ""
	text, err := f.Append(nil, m)
	if err != nil {
		return "(" + string(m.ProtoReflect().Descriptor().FullName()) + ": " + err.Error() + ")"
	}
	return string(text)
}
