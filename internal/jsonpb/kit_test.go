package jsonpb_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"testing"

	"github.com/curlew-rpc/curlew/internal/jsonpb"
	"github.com/curlew-rpc/curlew/internal/jsonpb/internal/oldpb"
	"github.com/curlew-rpc/curlew/internal/jsonpb/internal/shoppb"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/structpb"
)

// kinds are messages of all sorts, as Go structs and as reached by reflection alone.
func kinds() []proto.Message {
	all := []proto.Message{
		new(shoppb.Known), new(shoppb.Order), new(oldpb.Old), new(oldpb.Strict), new(structpb.Value), new(anypb.Any),
	}
	for _, m := range all[:len(all):len(all)] {
		all = append(all, dynamicpb.NewMessage(m.ProtoReflect().Descriptor()))
	}
	return all
}

// judge is what protojson does with the options.
func judge(o jsonpb.Options) (protojson.MarshalOptions, protojson.UnmarshalOptions) {
	depth := o.MaxDepth
	if depth == 0 {
		depth = 100
	}
	return protojson.MarshalOptions{UseProtoNames: o.UseProtoNames, UseEnumNumbers: o.EnumNumbers, EmitDefaultValues: o.EmitDefaults},
		protojson.UnmarshalOptions{DiscardUnknown: o.DiscardUnknown, RecursionLimit: depth}
}

// checkAppend encodes a message in both ways, fails if the results differ, and returns
// the JSON if there is any.
func checkAppend(t *testing.T, o jsonpb.Options, m proto.Message) []byte {
	t.Helper()
	marshal, _ := judge(o)
	want, wantErr := marshal.Marshal(m)
	got, gotErr := o.Append([]byte("dst"), m)
	if !bytes.HasPrefix(got, []byte("dst")) || gotErr != nil && len(got) != 3 {
		t.Fatalf("%T: the destination is not as it was: %s", m, got)
	}
	if (wantErr == nil) != (gotErr == nil) {
		t.Fatalf("encoding %v: the error is %v, of protojson %v", m, gotErr, wantErr)
	}
	if gotErr != nil {
		return nil
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, want); err != nil {
		t.Fatal(err)
	}
	if got = got[3:]; !bytes.Equal(got, compact.Bytes()) {
		t.Fatalf("%v is encoded as\n%s, by protojson as\n%s", m, got, compact.Bytes())
	}
	return got
}

// checkUnmarshal decodes a text in both ways, fails if the results differ, and returns
// the error of ours. Protojson takes some for JSON that is none, as {"n":1e}: RFC 8259
// §6 wants digits there. Such we refuse.
func checkUnmarshal(t *testing.T, o jsonpb.Options, empty proto.Message, text []byte) (proto.Message, error) {
	t.Helper()
	_, unmarshal := judge(o)
	want, got := empty.ProtoReflect().New().Interface(), empty.ProtoReflect().New().Interface()
	wantErr := unmarshal.Unmarshal(text, want)
	src := bytes.Clone(text)
	gotErr := o.Unmarshal(src, got)
	for i := range src {
		src[i] = 0xff
	}
	if wantOK := wantErr == nil && json.Valid(text); wantOK != (gotErr == nil) {
		t.Fatalf("%T: decoding %s: the error is %v, of protojson %v", empty, text, gotErr, wantErr)
	}
	if gotErr == nil && !proto.Equal(want, got) {
		t.Fatalf("%T: %s is decoded as\n%v, by protojson as\n%v", empty, text, got, want)
	}
	return got, gotErr
}

// scramble sets fields of a message at random, in so many levels, mostly to what JSON
// can say.
func scramble(r *rand.Rand, m protoreflect.Message, levels int) {
	fields := m.Descriptor().Fields()
	switch m.Descriptor().FullName() {
	case "google.protobuf.Any":
		inner := []proto.Message{new(shoppb.User), structpb.NewStringValue("v"), new(shoppb.Order), new(anypb.Any)}[r.IntN(4)]
		if levels > 0 {
			scramble(r, inner.ProtoReflect(), levels-1)
		}
		if b, err := proto.Marshal(inner); err == nil {
			m.Set(fields.ByNumber(1), protoreflect.ValueOfString("type.example/"+string(inner.ProtoReflect().Descriptor().FullName())))
			m.Set(fields.ByNumber(2), protoreflect.ValueOfBytes(b))
		}
		return
	case "google.protobuf.Timestamp", "google.protobuf.Duration":
		m.Set(fields.ByNumber(1), protoreflect.ValueOfInt64(r.Int64N(1<<38)))
		m.Set(fields.ByNumber(2), protoreflect.ValueOfInt32([]int32{0, 1, 120, 3000, 4_500_000, 600_000_000}[r.IntN(6)]))
		return
	case "google.protobuf.FieldMask":
		for range r.IntN(3) {
			path := []string{"a", "a.b_c", "foo_bar", "_x", "a_1", "A"}[min(5, r.IntN(20)/4)]
			m.Mutable(fields.ByNumber(1)).List().Append(protoreflect.ValueOfString(path))
		}
		return
	case "google.protobuf.Value":
		m.Set(fields.ByNumber(2), protoreflect.ValueOfFloat64(r.NormFloat64()))
	}
	for i := range fields.Len() {
		scrambleField(r, m, fields.Get(i), levels)
	}
	if m.Descriptor().FullName() == "curlew.jsonpb.old.Old" {
		for _, xt := range []protoreflect.ExtensionType{oldpb.E_Note, oldpb.E_Old, oldpb.E_ExtKinds, oldpb.E_Extgroup, oldpb.E_Scope_Number} {
			scrambleField(r, m, xt.TypeDescriptor(), levels)
		}
	}
}

func scrambleField(r *rand.Rand, m protoreflect.Message, f protoreflect.FieldDescriptor, levels int) {
	if r.IntN(3) != 0 && f.Cardinality() != protoreflect.Required || f.Message() != nil && levels == 0 {
		return
	}
	switch {
	case f.IsMap():
		for range r.IntN(4) {
			key := scalarOf(r, f.MapKey()).MapKey()
			if f.MapValue().Message() == nil {
				m.Mutable(f).Map().Set(key, scalarOf(r, f.MapValue()))
			} else {
				scramble(r, m.Mutable(f).Map().Mutable(key).Message(), levels-1)
			}
		}
	case f.IsList():
		for range r.IntN(4) {
			if f.Message() == nil {
				m.Mutable(f).List().Append(scalarOf(r, f))
			} else {
				scramble(r, m.Mutable(f).List().AppendMutable().Message(), levels-1)
			}
		}
	case f.Message() != nil:
		scramble(r, m.Mutable(f).Message(), levels-1)
	default:
		m.Set(f, scalarOf(r, f))
	}
}

func scalarOf(r *rand.Rand, f protoreflect.FieldDescriptor) protoreflect.Value {
	n := []uint64{0, 1, 9, 10, 300, 1 << 31, 1 << 63, 1<<64 - 1, r.Uint64()}[r.IntN(9)]
	text := []string{"", "a", "käse", "long enough to be looked at in words", "q\" b\\ \n\t\x00\x1f\u2028", "\U0001f600 x", "12345678\x7f"}[r.IntN(7)]
	switch f.Kind() {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(n%2 == 1)
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(r.IntN(6) - 1))
	case protoreflect.Int32Kind, protoreflect.Sint32Kind:
		return protoreflect.ValueOfInt32(int32(n))
	case protoreflect.Int64Kind, protoreflect.Sint64Kind:
		return protoreflect.ValueOfInt64(int64(n))
	case protoreflect.Uint32Kind:
		return protoreflect.ValueOfUint32(uint32(n))
	case protoreflect.Uint64Kind:
		return protoreflect.ValueOfUint64(n)
	case protoreflect.FloatKind:
		return protoreflect.ValueOfFloat32(float32(r.NormFloat64() * float64(n)))
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(r.NormFloat64() * float64(n))
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes([]byte(text))
	}
	return protoreflect.ValueOfString(text)
}
