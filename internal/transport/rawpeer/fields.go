package rawpeer

import (
	"encoding/binary"

	"github.com/curlew-rpc/curlew/internal/h2/hpack"
)

// Fields returns the fields of alternating names and values.
func Fields(pairs ...string) []hpack.Field {
	fields := make([]hpack.Field, 0, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		fields = append(fields, hpack.Field{Name: pairs[i], Value: pairs[i+1]})
	}
	return fields
}

// Values returns the values of a name in a header section, in their order.
func Values(fields []hpack.Field, name string) (values []string) {
	for _, f := range fields {
		if f.Name == name {
			values = append(values, f.Value)
		}
	}
	return values
}

// Value returns the only value of a name, "" if there is none, and "(repeated)"
// if there are several.
func Value(fields []hpack.Field, name string) string {
	switch values := Values(fields, name); len(values) {
	case 0:
		return ""
	case 1:
		return values[0]
	}
	return "(repeated)"
}

// Last returns the last header section of a stream: its trailers.
func (s *Stream) Last() []hpack.Field {
	if len(s.Sections) == 0 {
		return nil
	}
	return s.Sections[len(s.Sections)-1]
}

// First returns the first header section of a stream.
func (s *Stream) First() []hpack.Field {
	if len(s.Sections) == 0 {
		return nil
	}
	return s.Sections[0]
}

// Message returns a gRPC message with its prefix.
func Message(flags byte, payload string) []byte {
	b := binary.BigEndian.AppendUint32([]byte{flags}, uint32(len(payload)))
	return append(b, payload...)
}
