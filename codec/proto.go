package codec

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/curlew-rpc/curlew/codec/fast"
	"google.golang.org/protobuf/proto"
)

// Proto returns the codec for protobuf binary, named "proto". Messages are those
// of google.golang.org/protobuf with any of its APIs (open, hybrid, opaque) and any
// edition. Text that is not UTF-8 is an error both ways, as the field's definition
// demands, and so is a missing required field. Nesting is limited to 100 messages
// when decoding.
//
// A message that protoc-gen-curlew gave codec methods is encoded and decoded by them:
// with the same bytes and the same refusals as google.golang.org/protobuf, in a
// fraction of the time. Apart from them, a message that has the methods
//
//	SizeVT() int
//	MarshalToSizedBufferVT([]byte) (int, error)
//
// is encoded by them, and one that has Reset and
//
//	UnmarshalVT([]byte) error
//
// is decoded by them. Whoever generates these decides what they check: those of
// vtprotobuf check neither UTF-8 nor nesting.
//
// The codec is a [PartedAppender], which leaves out fields of bytes from 32 KiB on of
// messages that have generated methods; not those of messages within. Append by itself
// computes the size first, as Size does; AppendSized uses the sizes that Size has left
// in the message.
func Proto() Codec { return protoCodec{} }

type protoCodec struct{}

var _ PartedAppender = protoCodec{}

// fastMarshaler is a message with encoding methods of its own, which fill a buffer
// of the right size from its end.
type fastMarshaler interface {
	SizeVT() int
	MarshalToSizedBufferVT([]byte) (int, error)
}

// fastUnmarshaler is a message with decoding methods of its own. UnmarshalVT merges
// into what is there, so Reset is needed as well.
type fastUnmarshaler interface {
	Reset()
	UnmarshalVT([]byte) error
}

const protoName = "proto"

func (protoCodec) Name() string { return protoName }

func (protoCodec) Size(msg any) int {
	switch m := msg.(type) {
	case fast.Message:
		return m.SizeCurlew()
	case fastMarshaler:
		return m.SizeVT()
	case proto.Message:
		return proto.Size(m)
	}
	return 0
}

func (protoCodec) Append(dst []byte, msg any) ([]byte, error) {
	switch m := msg.(type) {
	case fast.Message:
		return appendGenerated(dst, m, m.SizeCurlew())
	case fastMarshaler:
		return appendFast(dst, m, m.SizeVT())
	}
	return appendProto(dst, msg, proto.MarshalOptions{})
}

func (protoCodec) AppendSized(dst []byte, msg any, size int) ([]byte, error) {
	switch m := msg.(type) {
	case fast.Message:
		return appendGenerated(dst, m, size)
	case fastMarshaler:
		return appendFast(dst, m, size)
	}
	return appendProto(slices.Grow(dst, size), msg, proto.MarshalOptions{UseCachedSize: true})
}

func (protoCodec) Long(msg any) int {
	if m, ok := msg.(fast.Parted); ok {
		return m.LongCurlew()
	}
	return 0
}

func (c protoCodec) AppendParted(dst []byte, msg any, size int) ([]byte, []Part, error) {
	m, ok := msg.(fast.Parted)
	if !ok {
		out, err := c.AppendSized(dst, msg, size)
		return out, nil, err
	}
	var parts fast.Parts
	start, short := len(dst), size-m.LongCurlew()
	out := slices.Grow(dst, short)[:start+short]
	n, err := m.MarshalPartedCurlew(out[start:], &parts)
	for i := range parts {
		n += len(parts[i].Bytes)
		parts[i].At += start
	}
	if err = checked(m, n, size, err); err != nil {
		return dst, nil, err
	}
	slices.Reverse(parts)
	return out, parts, nil
}

func appendProto(dst []byte, msg any, options proto.MarshalOptions) ([]byte, error) {
	m, err := asProto(protoName, msg)
	if err != nil {
		return dst, err
	}
	out, err := options.MarshalAppend(dst, m)
	if err != nil {
		return dst, encodingError(msg, err)
	}
	return out, nil
}

func appendGenerated(dst []byte, m fast.Message, size int) ([]byte, error) {
	start := len(dst)
	out := slices.Grow(dst, size)[:start+size]
	n, err := m.MarshalCurlew(out[start:])
	if err = checked(m, n, size, err); err != nil {
		return dst, err
	}
	return out, nil
}

// checked returns what is wrong with the encoding of m, which has n bytes or ended
// with err.
func checked(m fast.Message, n, size int, err error) error {
	if err == nil && n != size {
		return sizeError(m, n, size)
	}
	if err == nil {
		err = m.RequiredCurlew()
	}
	if err != nil {
		return encodingError(m, err)
	}
	return nil
}

func appendFast(dst []byte, m fastMarshaler, size int) ([]byte, error) {
	start := len(dst)
	out := slices.Grow(dst, size)[:start+size]
	n, err := m.MarshalToSizedBufferVT(out[start:])
	if err != nil {
		return dst, encodingError(m, err)
	}
	if n != size {
		return dst, sizeError(m, n, size)
	}
	return out, nil
}

func encodingError(msg any, err error) error {
	return fmt.Errorf("codec: %s: encoding %T: %w", protoName, msg, err)
}

func sizeError(msg any, n, size int) error {
	return fmt.Errorf("codec: %s: %T encodes to %d bytes after it gave its size as %d: it was changed meanwhile", protoName, msg, n, size)
}

func (protoCodec) Unmarshal(src []byte, msg any) error {
	var err error
	switch m := msg.(type) {
	case fast.Message:
		if v := reflect.ValueOf(m); v.Kind() == reflect.Pointer && v.IsNil() {
			_, err := asTarget(protoName, m)
			return err
		}
		err = unmarshalGenerated(src, m)
	case fastUnmarshaler:
		m.Reset()
		err = m.UnmarshalVT(src)
	default:
		var target proto.Message
		if target, err = asTarget(protoName, msg); err != nil {
			return err
		}
		err = proto.UnmarshalOptions{RecursionLimit: maxDepth}.Unmarshal(src, target)
	}
	if err != nil {
		return fmt.Errorf("codec: %s: decoding %T: %w", protoName, msg, err)
	}
	return nil
}

func unmarshalGenerated(src []byte, m fast.Message) error {
	m.Reset()
	if err := m.MergeCurlew(src, maxDepth); err != nil {
		return err
	}
	return m.RequiredCurlew()
}
