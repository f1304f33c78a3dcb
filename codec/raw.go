package codec

import (
	"fmt"
	"slices"
)

// Raw returns a codec that passes bytes through, for proxies and tests. Its name is
// the content subtype of what the bytes are, such as "proto".
//
// A message is a []byte or a non-nil *[]byte to be encoded, and a non-nil *[]byte
// to be decoded into, whose memory is used again if it is large enough: set it to
// nil to keep what it held. The codec is a [SizedAppender].
func Raw(name string) Codec { return rawCodec{name} }

type rawCodec struct{ name string }

var _ SizedAppender = rawCodec{}

func (c rawCodec) Name() string { return c.name }

func (c rawCodec) Size(msg any) int {
	b, _ := rawBytes(msg)
	return len(b)
}

func (c rawCodec) Append(dst []byte, msg any) ([]byte, error) {
	b, ok := rawBytes(msg)
	if !ok {
		return dst, fmt.Errorf("codec: raw %s: message is a %T: want a []byte or a non-nil *[]byte", c.name, msg)
	}
	return append(dst, b...), nil
}

func (c rawCodec) AppendSized(dst []byte, msg any, size int) ([]byte, error) {
	return c.Append(slices.Grow(dst, size), msg)
}

func (c rawCodec) Unmarshal(src []byte, msg any) error {
	p, _ := msg.(*[]byte)
	if p == nil {
		return fmt.Errorf("codec: raw %s: message is a %T: want a non-nil *[]byte", c.name, msg)
	}
	*p = append((*p)[:0], src...)
	return nil
}

// rawBytes returns the bytes that msg is.
func rawBytes(msg any) (b []byte, ok bool) {
	switch m := msg.(type) {
	case []byte:
		return m, true
	case *[]byte:
		if m != nil {
			return *m, true
		}
	}
	return nil, false
}
