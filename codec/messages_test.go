package codec

import (
	"testing"

	"github.com/curlew-rpc/curlew/codec/internal/testpb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// empties returns an empty message of the same shape in every API and edition.
func empties() map[string]proto.Message {
	return map[string]proto.Message{
		"proto3":   new(testpb.Proto3),
		"open":     new(testpb.Open),
		"hybrid":   new(testpb.Hybrid),
		"opaque":   new(testpb.Opaque),
		"open2024": new(testpb.Open2024),
	}
}

// fill sets every field, in levels messages within each other.
func fill(m protoreflect.Message, levels int) {
	fields := m.Descriptor().Fields()
	field := func(name protoreflect.Name) protoreflect.FieldDescriptor { return fields.ByName(name) }
	m.Set(field("name"), protoreflect.ValueOfString("käse"))
	m.Set(field("big_id"), protoreflect.ValueOfInt64(1<<60))
	m.Set(field("blob"), protoreflect.ValueOfBytes([]byte{0, 0xff, 'x'}))
	tags := m.Mutable(field("tags")).List()
	tags.Append(protoreflect.ValueOfString("a b"))
	tags.Append(protoreflect.ValueOfString(`c" : , \`))
	m.Mutable(field("counts")).Map().Set(protoreflect.ValueOfString("k k").MapKey(), protoreflect.ValueOfInt32(-5))
	m.Set(field("kind"), protoreflect.ValueOfEnum(2))
	m.Set(field("text"), protoreflect.ValueOfString("choice"))
	packed := m.Mutable(field("packed")).List()
	for i := range int32(5) {
		packed.Append(protoreflect.ValueOfInt32(i * 1000))
	}
	if levels > 1 {
		fill(m.Mutable(field("child")).Message(), levels-1)
	}
}

// filled returns a message with every field set beside an empty one of its type,
// for every API and edition.
func filled(t testing.TB) map[string][2]proto.Message {
	t.Helper()
	all := map[string][2]proto.Message{}
	for name, m := range empties() {
		full := m.ProtoReflect().New().Interface()
		fill(full.ProtoReflect(), 3)
		if proto.Equal(full, m) {
			t.Fatalf("%s: nothing was filled", name)
		}
		all[name] = [2]proto.Message{full, m}
	}
	return all
}
