package codec

import (
	"bytes"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"

	"github.com/curlew-rpc/curlew/codec/internal/everypb/open"
	"github.com/curlew-rpc/curlew/codec/internal/everypb/proto2"
	"github.com/curlew-rpc/curlew/codec/internal/everypb/proto3"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// fieldOf returns the number of a field of the message.
func fieldOf(t *testing.T, m proto.Message, name string) protowire.Number {
	t.Helper()
	f := m.ProtoReflect().Descriptor().Fields().ByName(protoreflect.Name(name))
	if f == nil {
		t.Fatalf("%T has no field %s", m, name)
	}
	return f.Number()
}

// Each rule is a field, what is on the wire for it, and whether that can be decoded.
// The library has to be of the same mind.
func TestEveryRule(t *testing.T) {
	const bad = "\xff"
	text := func(s string) []byte { return protowire.AppendBytes(nil, []byte(s)) }
	varints := protowire.AppendVarint(protowire.AppendVarint(nil, 1), 1<<40)
	for _, test := range []struct {
		name    string
		message proto.Message
		field   string
		wire    protowire.Type
		value   []byte
		refused bool
	}{
		{"text of proto3", new(proto3.Every), "one_string", protowire.BytesType, text(bad), true},
		{"text of proto3 in a list", new(proto3.Every), "many_string", protowire.BytesType, text(bad), true},
		{"text of proto3 in a oneof", new(proto3.Every), "choice_string", protowire.BytesType, text(bad), true},
		{"text of proto3 as a key", new(proto3.Every), "by_string", protowire.BytesType, text("\x0a\x01" + bad), true},
		{"text of proto3 as a value", new(proto3.Every), "to_string", protowire.BytesType, text("\x12\x01" + bad), true},
		{"text of proto2", new(proto2.Every), "one_string", protowire.BytesType, text(bad), false},
		{"text of proto2 as a value", new(proto2.Every), "to_string", protowire.BytesType, text("\x12\x01" + bad), false},
		{"text of an edition", new(open.Every), "one_string", protowire.BytesType, text(bad), true},
		{"text of an edition, unchecked", new(open.Every), "raw_one", protowire.BytesType, text(bad), false},
		{"texts of an edition, unchecked", new(open.Every), "raw_many", protowire.BytesType, text(bad), false},
		{"bytes", new(proto3.Every), "one_bytes", protowire.BytesType, text(bad), false},
		{"packed", new(open.Every), "other_uint32", protowire.BytesType, text(string(varints)), false},
		{"expanded", new(open.Every), "many_uint32", protowire.VarintType, varints[:1], false},
		{"packed, cut", new(open.Every), "many_uint32", protowire.BytesType, text("\x01\x80"), true},
		{"packed, a fraction", new(open.Every), "many_fixed32", protowire.BytesType, text("12345"), true},
		{"another type", new(open.Every), "one_string", protowire.VarintType, varints[:1], false},
		{"an enum's unknown number", new(open.Every), "one_closed", protowire.VarintType, varints[1:], false},
		{"an entry without key and value", new(open.Every), "to_message", protowire.BytesType, text(""), false},
		{"an entry with another field", new(open.Every), "to_open", protowire.BytesType, text("\x18\x01"), false},
		{"an entry with field 0", new(open.Every), "to_open", protowire.BytesType, text("\x00\x01"), true},
		{"a group that does not end", new(open.Every), "one_group", protowire.StartGroupType, text("a"), true},
		{"the end of a group", new(open.Every), "one_group", protowire.EndGroupType, nil, true},
		{"a length beyond the end", new(open.Every), "one_bytes", protowire.BytesType, []byte{2, 1}, true},
		{"a length of 2^63", new(open.Every), "one_bytes", protowire.BytesType, protowire.AppendVarint(nil, 1<<63), true},
		{"a part that is lacking what it requires", new(open.Around), "strict", protowire.BytesType, text(""), true},
		{"all that is required", new(open.Around), "strict", protowire.BytesType, text("\x0a\x00\x10\x01"), false},
	} {
		wire := append(protowire.AppendTag(nil, fieldOf(t, test.message, test.field), test.wire), test.value...)
		if err := Proto().Unmarshal(wire, newOf(test.message)); (err != nil) != test.refused {
			t.Errorf("%s: %v", test.name, err)
		}
		checkDecoding(t, test.message, wire)
	}
}

// Two parts of one message may each lack what is required, if they do not together.
func TestRequiredInParts(t *testing.T) {
	part := func(s string) string { return string(protowire.AppendBytes([]byte{1<<3 | 2}, []byte(s))) }
	for _, m := range []proto.Message{new(open.Around), new(proto2.Around)} {
		wire := part("\x0a\x00") + part("\x10\x01")
		if err := Proto().Unmarshal([]byte(wire), newOf(m)); err != nil {
			t.Errorf("%T: %v", m, err)
		}
		checkDecoding(t, m, []byte(wire))
	}
}

// nestings are ways of being within each other, as often as depth says.
func nestings(t *testing.T, depth int) map[string][]byte {
	m := new(open.Every)
	within := func(b []byte, field string, wrap func(number protowire.Number, b []byte) []byte) []byte {
		for range depth {
			b = wrap(fieldOf(t, m, field), b)
		}
		return b
	}
	repeat := func(field string, wrap func(number protowire.Number, b []byte) []byte) []byte {
		return within(nil, field, wrap)
	}
	message := func(number protowire.Number, b []byte) []byte {
		return protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), b)
	}
	return map[string][]byte{
		"messages": repeat("one_message", message),
		"lists":    repeat("many_message", message),
		"oneofs":   repeat("choice_message", message),
		"values":   repeat("to_message", func(number protowire.Number, b []byte) []byte { return message(number, message(2, b)) }),
		"groups": repeat("one_group", func(number protowire.Number, b []byte) []byte {
			b = append(protowire.AppendTag(nil, number, protowire.StartGroupType), message(2, b)...)
			return protowire.AppendTag(b, number, protowire.EndGroupType)
		}),
		"unknown groups": repeat("one_group", func(number protowire.Number, b []byte) []byte {
			b = append(protowire.AppendTag(nil, number+1000, protowire.StartGroupType), b...)
			return protowire.AppendTag(b, number+1000, protowire.EndGroupType)
		}),
		// An entry counts as a level, even if it is none.
		"entries":       within(message(fieldOf(t, m, "to_int32"), nil), "one_message", message),
		"no entries":    within(append(protowire.AppendTag(nil, fieldOf(t, m, "to_int32"), protowire.VarintType), 0), "one_message", message),
		"half an entry": within(protowire.AppendTag(nil, fieldOf(t, m, "to_int32"), protowire.VarintType), "one_message", message),

		"groups in themselves": message(fieldOf(t, m, "own_group"), repeat("one_group", func(_ protowire.Number, b []byte) []byte {
			b = append(protowire.AppendTag(nil, 1, protowire.StartGroupType), b...)
			return protowire.AppendTag(b, 1, protowire.EndGroupType)
		})),
	}
}

// The library and the codec give up at the same depth, however messages nest.
func TestEveryDepth(t *testing.T) {
	for _, depth := range []int{1, 32, 33, 49, 50, 51, 98, 99, 100, 101, 102, 500} {
		for name, wire := range nestings(t, depth) {
			t.Run(fmt.Sprint(name, depth), func(t *testing.T) { checkDecoding(t, new(open.Every), wire) })
		}
	}
}

// Nesting that is hostile is refused before it takes much memory.
func TestHostileNesting(t *testing.T) {
	// The innermost of a million levels are refused or cut: they are never reached.
	level := protowire.AppendTag(nil, fieldOf(t, new(open.Every), "one_message"), protowire.BytesType)
	var wire []byte
	for i := range 1_000_000 {
		wire = append(wire, level...)
		wire = protowire.AppendVarint(wire, uint64(1<<24-i))
	}
	wire = append(wire, make([]byte, 1<<25)...)
	groups := bytes.Repeat(protowire.AppendTag(nil, fieldOf(t, new(open.Every), "one_group"), protowire.StartGroupType), 1_000_000)
	for name, src := range map[string][]byte{"messages": wire, "groups": groups, "unknown groups": bytes.Repeat([]byte{0xa3, 0x3f}, 1_000_000)} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if err := Proto().Unmarshal(src, new(open.Every)); err == nil {
			t.Errorf("%s: no error", name)
		}
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
			t.Errorf("%s: %d bytes were allocated", name, n)
		}
	}
}

// Encoding refuses what the library refuses.
func TestEveryEncodingRefuses(t *testing.T) {
	for name, m := range map[string]proto.Message{
		"text":              &proto3.Every{PlainString: "\xff"},
		"text in a list":    &proto3.Every{ManyString: []string{"a", "\xff"}},
		"text in a oneof":   &proto3.Every{First: &proto3.Every_ChoiceString{ChoiceString: "\xff"}},
		"a key":             &proto3.Every{ByString: map[string]string{"\xff": ""}},
		"a value":           &proto3.Every{ToString: map[int32]string{0: "\xff"}},
		"text deep within":  &proto3.Every{ManyMessage: []*proto3.Every{{ToMessage: map[string]*proto3.Every{"": {PlainString: strings.Repeat("a", 9) + "\xff"}}}}},
		"what is required":  &open.Strict{Name: proto.String("")},
		"required of a nil": &open.Strict{Name: proto.String(""), Id: proto.Int64(1), Children: []*open.Strict{nil}},
	} {
		if out, err := Proto().Append([]byte("dst"), m); err == nil || string(out) != "dst" {
			t.Errorf("%s: %q, %v", name, out, err)
		}
		checkEncoding(t, m)
	}
}

// What Go allows and the wire does not know is encoded as the library does.
func TestEveryOddity(t *testing.T) {
	for name, m := range map[string]proto.Message{
		"nil in a list":          &proto3.Every{ManyMessage: []*proto3.Every{nil, {}}},
		"nil as a value":         &proto3.Every{ToMessage: map[string]*proto3.Every{"a": nil}},
		"nil in a oneof":         &proto3.Every{First: &proto3.Every_ChoiceMessage{}},
		"a nil wrapper":          &proto3.Every{First: (*proto3.Every_ChoiceMessage)(nil)},
		"nil of another package": &proto3.Every{First: &proto3.Every_ChoiceTimestamp{}},
		"empty bytes":            &proto3.Every{PlainBytes: []byte{}, OneBytes: []byte{}},
		"minus zero":             &proto3.Every{PlainDouble: negativeZero(), PlainFloat: float32(negativeZero())},
		"empty lists":            &proto3.Every{ManyInt32: []int32{}, OtherInt32: []int32{}, ByString: map[string]string{}},
	} {
		t.Run(name, func(t *testing.T) { checkEncoding(t, m) })
	}
}

func negativeZero() float64 { return math.Copysign(0, -1) }
