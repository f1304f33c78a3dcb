// Package fast is what codec methods that protoc-gen-curlew generates are made with:
// the parts of the protobuf wire format, and how messages of other packages are
// encoded and decoded within theirs. Only generated code calls it; to encode and
// decode messages there is package codec.
//
// An encoding is written into a buffer of its exact size, from its end to its
// beginning: a nested message is there before its length is needed, so nothing is
// computed twice and no sizes are kept. A decoder goes through a buffer by index;
// an index below zero stands for what was wrong, and every function passes it on,
// so that generated code looks at it once for each field.
//
// https://protobuf.dev/programming-guides/encoding/
package fast

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"
)

// A Message is a message with generated codec methods.
type Message interface {
	proto.Message

	// Reset empties the message.
	Reset()

	// SizeCurlew returns the size of the message's encoding.
	SizeCurlew() int

	// MarshalCurlew writes the encoding at the end of b and returns its size. It
	// panics if b is shorter. Missing required fields are no error.
	MarshalCurlew(b []byte) (int, error)

	// MergeCurlew decodes b into what the message holds, and keeps nothing of b.
	// Messages may nest depth levels, this one included. Missing required fields
	// are no error.
	MergeCurlew(b []byte, depth int) error

	// RequiredCurlew returns an error if a required field is not set, here or in a
	// message within this one.
	RequiredCurlew() error
}

// A Parted is a Message that has fields of bytes, and can be encoded without those
// that are long: what sends them need not copy them.
type Parted interface {
	Message

	// LongCurlew returns how many bytes of the encoding are in long fields.
	LongCurlew() int

	// MarshalPartedCurlew is MarshalCurlew without the bytes of long fields, which it
	// gives to parts instead. If that is nil, it leaves out nothing.
	MarshalPartedCurlew(b []byte, parts *Parts) (int, error)
}

var (
	errWire     = errors.New("cannot parse invalid wire-format data")
	errNotUTF8  = errors.New("string field contains invalid UTF-8")
	errTooDeep  = errors.New("exceeded maximum recursion depth")
	errChanged  = errors.New("message was changed while it was encoded")
	errorOfCode = [...]error{-badWire: errWire, -badText: errNotUTF8}
)

// Indexes that stand for errors.
const (
	badWire = -1
	badText = -2
)

// Error returns the error that an index below zero stands for.
func Error(i int) error { return errorOfCode[-i] }

// ErrTooDeep returns the error of messages that nest too deeply.
func ErrTooDeep() error { return errTooDeep }

// Required is RequiredCurlew for a message that has required fields, or may have
// them somewhere within.
func Required(m proto.Message) error { return proto.CheckInitialized(m) }

// Size returns the size of the encoding of a message of any kind.
func Size(m proto.Message) int {
	if m, ok := m.(Message); ok {
		return m.SizeCurlew()
	}
	return proto.Size(m)
}

// Marshal is MarshalCurlew for a message of any kind, whose Size was called since
// it was last changed.
func Marshal(m proto.Message, b []byte) (int, error) {
	if m, ok := m.(Message); ok {
		return m.MarshalCurlew(b)
	}
	options := proto.MarshalOptions{AllowPartial: true, UseCachedSize: true}
	size := options.Size(m)
	if size > len(b) {
		return 0, errChanged
	}
	out, err := options.MarshalAppend(b[len(b)-size:len(b)-size], m)
	if err == nil && len(out) != size {
		err = errChanged
	}
	if err != nil {
		return 0, fmt.Errorf("%T: %w", m, err)
	}
	return size, nil
}

// Merge is MergeCurlew for a message of any kind.
func Merge(m proto.Message, b []byte, depth int) error {
	if m, ok := m.(Message); ok {
		return m.MergeCurlew(b, depth)
	}
	// To protobuf, zero is no limit.
	if depth <= 0 {
		return errTooDeep
	}
	return proto.UnmarshalOptions{Merge: true, AllowPartial: true, RecursionLimit: depth}.Unmarshal(b, m)
}
