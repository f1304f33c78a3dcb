package openapi

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// A maker makes messages at random.
type maker struct {
	t *testing.T
	*rand.Rand
}

// message returns a message whose fields are set at random. Those that are required
// are not set to their defaults, because JSON leaves these out.
func (m maker) message(md protoreflect.MessageDescriptor, depth int) protoreflect.Message {
	msg := dynamicpb.NewMessage(md)
	if m.wellKnown(msg, depth) {
		return msg
	}
	for i := range md.Oneofs().Len() {
		one := md.Oneofs().Get(i)
		if n := m.IntN(one.Fields().Len() + 1); n > 0 {
			m.set(msg, one.Fields().Get(n-1), depth)
		}
	}
	for i := range md.Fields().Len() {
		fd := md.Fields().Get(i)
		must := fd.Cardinality() == protoreflect.Required || isRequired(fd)
		if fd.ContainingOneof() == nil && (must || depth > 0 && m.IntN(3) > 0) {
			m.set(msg, fd, depth)
		}
	}
	return msg
}

// isRequired reports whether the test's files say so by google.api.field_behavior.
func isRequired(fd protoreflect.FieldDescriptor) bool {
	return strings.Contains(fmt.Sprint(fd.Options()), "REQUIRED")
}

func (m maker) set(msg protoreflect.Message, fd protoreflect.FieldDescriptor, depth int) {
	switch {
	case fd.IsMap():
		entries := msg.Mutable(fd).Map()
		for range m.IntN(3) {
			entries.Set(m.scalar(fd.MapKey()).MapKey(), m.value(fd.MapValue(), depth-1))
		}
	case fd.IsList():
		list := msg.Mutable(fd).List()
		for range m.IntN(3) {
			list.Append(m.value(fd, depth-1))
		}
	default:
		msg.Set(fd, m.value(fd, depth-1))
	}
}

func (m maker) value(fd protoreflect.FieldDescriptor, depth int) protoreflect.Value {
	if fd.Message() != nil {
		return protoreflect.ValueOfMessage(m.message(fd.Message(), depth))
	}
	return m.scalar(fd)
}

// scalar returns a value that is not zero.
func (m maker) scalar(fd protoreflect.FieldDescriptor) protoreflect.Value {
	bits := m.Uint64() >> m.IntN(64)
	bits |= 1
	switch fd.Kind() {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(!fd.ContainingMessage().IsMapEntry() || m.IntN(2) == 0)
	case protoreflect.EnumKind:
		values := fd.Enum().Values()
		return protoreflect.ValueOfEnum(values.Get(values.Len() - 1 - m.IntN(max(values.Len()-1, 1))).Number())
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return protoreflect.ValueOfInt32(int32(bits))
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return protoreflect.ValueOfUint32(uint32(bits))
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return protoreflect.ValueOfInt64(int64(bits))
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return protoreflect.ValueOfUint64(bits)
	case protoreflect.FloatKind:
		return protoreflect.ValueOfFloat32(float32(m.float()))
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(m.float())
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes([]byte(m.text()))
	}
	return protoreflect.ValueOfString(m.text())
}

func (m maker) float() float64 {
	special := []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1, -0.5, 1e30, 1e-30}
	if n := m.IntN(2 * len(special)); n < len(special) {
		return special[n]
	}
	return m.NormFloat64()
}

func (m maker) text() string {
	var b strings.Builder
	for range m.IntN(8) + 1 {
		b.WriteRune([]rune("aZ0 \n\"\\/<ä😀\u2028\x00")[m.IntN(13)])
	}
	return b.String()
}

// wellKnown fills messages whose JSON does not take all that their fields can hold, and
// reports whether msg is one.
func (m maker) wellKnown(msg *dynamicpb.Message, depth int) bool {
	md := msg.Descriptor()
	field := func(name protoreflect.Name) protoreflect.FieldDescriptor { return md.Fields().ByName(name) }
	switch md.FullName() {
	case "google.protobuf.Timestamp":
		msg.Set(field("seconds"), protoreflect.ValueOfInt64(m.Int64N(253402300799+62135596800)-62135596800))
		msg.Set(field("nanos"), protoreflect.ValueOfInt32(m.nanos()))
	case "google.protobuf.Duration":
		sign := int32(1 - 2*m.IntN(2))
		msg.Set(field("seconds"), protoreflect.ValueOfInt64(int64(sign)*m.Int64N(315576000000)))
		msg.Set(field("nanos"), protoreflect.ValueOfInt32(sign*m.nanos()))
	case "google.protobuf.FieldMask":
		for range m.IntN(3) {
			msg.Mutable(field("paths")).List().Append(protoreflect.ValueOfString("a_b.c_d"))
		}
	case "google.protobuf.Value":
		kinds := md.Oneofs().Get(0).Fields()
		fd := kinds.Get(m.IntN(kinds.Len()))
		if depth <= 0 || fd.Kind() == protoreflect.DoubleKind { // not NaN
			fd = kinds.ByName("bool_value")
		}
		if fd.Kind() == protoreflect.EnumKind {
			msg.Set(fd, protoreflect.ValueOfEnum(0))
		} else {
			msg.Set(fd, m.value(fd, depth-1))
		}
	case "google.protobuf.Any":
		packed := []proto.Message{wrapperspb.Int64(7), durationpb.New(7), anyOf(m.t, wrapperspb.String("x"))}
		copied, err := proto.Marshal(anyOf(m.t, packed[m.IntN(len(packed))]))
		if err == nil {
			err = proto.Unmarshal(copied, msg)
		}
		if err != nil {
			m.t.Fatal(err)
		}
	default:
		return false
	}
	return true
}

func (m maker) nanos() int32 {
	return []int32{0, 1, 5e8, 123e6, 123456000, 999999999}[m.IntN(6)]
}

func anyOf(t *testing.T, msg proto.Message) *anypb.Any {
	t.Helper()
	a, err := anypb.New(msg)
	if err != nil {
		t.Fatal(err)
	}
	return a
}
