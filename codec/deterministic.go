package codec

import (
	"fmt"

	"google.golang.org/protobuf/proto"
)

// Deterministic returns the codec with equal encodings for equal messages, as far as
// protobuf can have that: within one program.
func (protoCodec) Deterministic() Codec { return deterministic{} }

// deterministic is protoCodec with the entries of maps in order.
type deterministic struct{}

func (deterministic) Name() string { return protoName }

func (deterministic) Append(dst []byte, msg any) ([]byte, error) {
	m, err := asProto(protoName, msg)
	if err != nil {
		return dst, err
	}
	out, err := proto.MarshalOptions{Deterministic: true}.MarshalAppend(dst, m)
	if err != nil {
		return dst, fmt.Errorf("codec: %s: encoding %T: %w", protoName, msg, err)
	}
	return out, nil
}

func (deterministic) Unmarshal(src []byte, msg any) error { return protoCodec{}.Unmarshal(src, msg) }
