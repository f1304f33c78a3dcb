package codec

import (
	"fmt"

	"github.com/curlew-rpc/curlew/internal/jsonpb"
)

// JSON returns the codec for the JSON form of protobuf messages, named "json".
// Messages are the same as for [Proto].
//
// What it emits is compact, without white space: lowerCamelCase names, fields at
// their default left out, enum values by name, 64-bit integers as strings. It
// accepts also the names of the .proto file, and numbers for enum values.
//
// Unknown fields and enum names are ignored when decoding, as connect-go does and
// as protobuf binary has it: a peer that is older must understand one that is
// newer. Anything after the JSON value is an error, and nesting is limited to 100.
// Errors say where in the message they are, as in orders[2].customer.name, and where in
// the text. Both ways are as google.golang.org/protobuf has them, in a fraction of the
// time; only text that is no JSON is refused throughout.
func JSON() Codec { return jsonCodec{} }

type jsonCodec struct{}

const jsonName = "json"

func (jsonCodec) Name() string { return jsonName }

func (jsonCodec) Append(dst []byte, msg any) ([]byte, error) {
	m, err := asProto(jsonName, msg)
	if err != nil {
		return dst, err
	}
	out, err := jsonpb.Options{}.Append(dst, m)
	if err != nil {
		return dst, fmt.Errorf("codec: %s: encoding %T: %w", jsonName, msg, err)
	}
	return out, nil
}

func (jsonCodec) Unmarshal(src []byte, msg any) error {
	m, err := asTarget(jsonName, msg)
	if err != nil {
		return err
	}
	options := jsonpb.Options{DiscardUnknown: true, MaxDepth: maxDepth}
	if err := options.Unmarshal(src, m); err != nil {
		return fmt.Errorf("codec: %s: decoding %T: %w", jsonName, msg, err)
	}
	return nil
}
