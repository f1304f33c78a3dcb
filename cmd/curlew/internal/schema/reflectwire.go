package schema

import (
	"errors"

	"google.golang.org/protobuf/encoding/protowire"
)

// The two messages of grpc.reflection.v1, as far as they are needed. They have the
// methods of fast messages, so no generated code registers names that the server's
// own may have.

// An ask is a ServerReflectionRequest: one of its strings.
type ask struct {
	field protowire.Number
	value string
}

// The fields of the oneof message_request.
const (
	askFile     protowire.Number = 3 // file_by_filename
	askSymbol   protowire.Number = 4 // file_containing_symbol
	askServices protowire.Number = 7 // list_services
)

func (a *ask) append(b []byte) []byte {
	return protowire.AppendString(protowire.AppendTag(b, a.field, protowire.BytesType), a.value)
}

// SizeVT returns the encoded size.
func (a *ask) SizeVT() int {
	return protowire.SizeTag(a.field) + protowire.SizeBytes(len(a.value))
}

// MarshalToSizedBufferVT encodes to the end of b.
func (a *ask) MarshalToSizedBufferVT(b []byte) (int, error) {
	n := a.SizeVT()
	copy(b[len(b)-n:], a.append(nil))
	return n, nil
}

// An answer is a ServerReflectionResponse.
type answer struct {
	files    [][]byte // FileDescriptorProtos
	services []string
	failed   bool
	code     uint32
	message  string
}

// Reset empties the message.
func (a *answer) Reset() { *a = answer{} }

// UnmarshalVT decodes b.
func (a *answer) UnmarshalVT(b []byte) error {
	return fields(b, func(n protowire.Number, _ uint64, v []byte) error {
		switch n {
		case 4: // file_descriptor_response
			return fields(v, func(n protowire.Number, _ uint64, v []byte) error {
				if n == 1 {
					a.files = append(a.files, append([]byte(nil), v...))
				}
				return nil
			})
		case 6: // list_services_response
			return fields(v, func(n protowire.Number, _ uint64, v []byte) error {
				if n != 1 {
					return nil
				}
				return fields(v, func(n protowire.Number, _ uint64, v []byte) error {
					if n == 1 {
						a.services = append(a.services, string(v))
					}
					return nil
				})
			})
		case 7: // error_response
			a.failed = true
			return fields(v, func(n protowire.Number, i uint64, v []byte) error {
				switch n {
				case 1:
					a.code = uint32(i)
				case 2:
					a.message = string(v)
				}
				return nil
			})
		}
		return nil
	})
}

var errMalformed = errors.New("malformed reflection response")

// fields calls f for each field of a message that is a varint or has bytes.
func fields(b []byte, f func(n protowire.Number, i uint64, v []byte) error) error {
	for len(b) > 0 {
		n, t, size := protowire.ConsumeTag(b)
		if size < 0 {
			return errMalformed
		}
		b = b[size:]
		var (
			i uint64
			v []byte
		)
		switch t {
		case protowire.VarintType:
			i, size = protowire.ConsumeVarint(b)
		case protowire.BytesType:
			v, size = protowire.ConsumeBytes(b)
		default:
			size = protowire.ConsumeFieldValue(n, t, b)
		}
		if size < 0 {
			return errMalformed
		}
		b = b[size:]
		if t != protowire.VarintType && t != protowire.BytesType {
			continue
		}
		if err := f(n, i, v); err != nil {
			return err
		}
	}
	return nil
}
