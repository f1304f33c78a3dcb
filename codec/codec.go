// Package codec turns messages to bytes and back: protobuf binary, protobuf JSON,
// and raw bytes for those who only pass them on.
package codec

import (
	"fmt"
	"reflect"

	"github.com/curlew-rpc/curlew/codec/fast"
	"google.golang.org/protobuf/proto"
)

// A Codec turns messages to bytes and back. Implementations must be safe for
// concurrent use, and must keep no reference to the slices they are given.
type Codec interface {
	// Name returns the content subtype, as in application/grpc+proto: "proto",
	// "json". It is in lower case and always the same.
	Name() string

	// Append appends the encoding of msg to dst and returns the extended slice,
	// or dst as it was and an error.
	Append(dst []byte, msg any) ([]byte, error)

	// Unmarshal decodes src, all of it, into msg, a pointer whose earlier
	// content is discarded first. src is valid only during the call and must
	// not be kept, nor any part of it. After an error the content of msg is
	// unspecified.
	Unmarshal(src []byte, msg any) error
}

// A Sizer is a Codec that can tell the size of an encoding beforehand, so that the
// caller takes a buffer that fits.
type Sizer interface {
	// Size returns the number of bytes that Append would add for msg, or a
	// little more. For what the codec cannot encode it is 0.
	Size(msg any) int
}

// A SizedAppender is a Sizer whose knowledge of the size saves work in encoding.
type SizedAppender interface {
	Sizer

	// AppendSized is Append for a msg whose Size is known. size must be what
	// Size returned for this very msg, and msg must not have changed since:
	// otherwise the encoding is an error or wrong, or it panics.
	AppendSized(dst []byte, msg any, size int) ([]byte, error)
}

// A PartedAppender is a SizedAppender that can leave long parts of an encoding where
// they are in the message, so that they are sent without being copied.
type PartedAppender interface {
	SizedAppender

	// Long returns how many of msg's Size bytes AppendParted would leave out.
	Long(msg any) int

	// AppendParted is AppendSized without the long parts of the encoding, which it
	// returns in their order: each belongs before out[At:]. They are the message's
	// own, to be read until the message is changed.
	AppendParted(dst []byte, msg any, size int) (out []byte, parts []Part, err error)
}

// A Part is a piece of an encoding that lies in the message.
type Part = fast.Part

// maxDepth is how deeply messages may nest when they are decoded. It is what
// protobuf allows in C++, Java and Python, and bounds the stack that a peer can
// make a decoder use.
const maxDepth = 100

// asProto returns msg as a message that can be encoded, or an error that says what
// is wrong with it.
func asProto(name string, msg any) (proto.Message, error) {
	if m, ok := msg.(proto.Message); ok {
		return m, nil
	}
	return nil, badMessage(name, msg)
}

// asTarget is asProto for a message that is decoded into.
func asTarget(name string, msg any) (proto.Message, error) {
	m, err := asProto(name, msg)
	if err == nil && !m.ProtoReflect().IsValid() {
		return nil, fmt.Errorf("codec: %s: cannot decode into a nil %T", name, msg)
	}
	return m, err
}

// badMessage explains why msg is no proto.Message.
func badMessage(name string, msg any) error {
	const want = "want a proto.Message, as protoc-gen-go generates"
	if msg == nil {
		return fmt.Errorf("codec: %s: message is nil: %s", name, want)
	}
	if _, ok := reflect.New(reflect.TypeOf(msg)).Interface().(proto.Message); ok {
		return fmt.Errorf("codec: %s: message is a %T value: pass a pointer, *%[2]T", name, msg)
	}
	if _, ok := msg.(interface{ ProtoMessage() }); ok {
		return fmt.Errorf("codec: %s: %T is a message of the protobuf API before v1.4: generate it with a current protoc-gen-go", name, msg)
	}
	return fmt.Errorf("codec: %s: message is a %T: %s", name, msg, want)
}
