package codec

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protojson"
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
func JSON() Codec { return jsonCodec{} }

type jsonCodec struct{}

const jsonName = "json"

func (jsonCodec) Name() string { return jsonName }

func (jsonCodec) Append(dst []byte, msg any) ([]byte, error) {
	m, err := asProto(jsonName, msg)
	if err != nil {
		return dst, err
	}
	out, err := protojson.MarshalOptions{}.MarshalAppend(dst, m)
	if err != nil {
		return dst, fmt.Errorf("codec: %s: encoding %T: %w", jsonName, msg, err)
	}
	return compact(out, len(dst)), nil
}

func (jsonCodec) Unmarshal(src []byte, msg any) error {
	m, err := asTarget(jsonName, msg)
	if err != nil {
		return err
	}
	options := protojson.UnmarshalOptions{DiscardUnknown: true, RecursionLimit: maxDepth}
	if err := options.Unmarshal(src, m); err != nil {
		return fmt.Errorf("codec: %s: decoding %T: %w", jsonName, msg, err)
	}
	return nil
}

// compact removes white space between the tokens of the JSON value b[start:], in
// place. protojson adds spaces in some builds and not in others, so that nobody
// relies on its bytes; we want the fewest.
func compact(b []byte, start int) []byte {
	n := start
	inString := false
	for i := start; i < len(b); i++ {
		c := b[i]
		switch {
		case inString && c == '\\':
			b[n] = c
			n++
			i++
			c = b[i]
		case c == '"':
			inString = !inString
		case c == ' ' && !inString:
			continue
		}
		b[n] = c
		n++
	}
	return b[:n]
}
