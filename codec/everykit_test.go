package codec

import (
	"bytes"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/curlew-rpc/curlew/codec/internal/everypb/hybrid"
	"github.com/curlew-rpc/curlew/codec/internal/everypb/opaque"
	"github.com/curlew-rpc/curlew/codec/internal/everypb/open"
	"github.com/curlew-rpc/curlew/codec/internal/everypb/proto2"
	"github.com/curlew-rpc/curlew/codec/internal/everypb/proto3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// every are messages that have fields of every kind, in every syntax and API, and
// messages that have required fields.
var every = []proto.Message{
	new(proto2.Every), new(proto3.Every), new(open.Every), new(hybrid.Every), new(opaque.Every),
	new(proto2.Strict), new(open.Strict), new(hybrid.Strict), new(opaque.Strict),
	new(proto2.Around), new(open.Around), new(opaque.Around),
}

// library is what google.golang.org/protobuf does where the codec does it faster.
var library = struct {
	unmarshal proto.UnmarshalOptions
	marshal   proto.MarshalOptions
}{proto.UnmarshalOptions{RecursionLimit: maxDepth}, proto.MarshalOptions{}}

func newOf(m proto.Message) proto.Message { return m.ProtoReflect().New().Interface() }

// checkDecoding decodes wire in both ways, and reports whether the results differ.
func checkDecoding(t *testing.T, m proto.Message, wire []byte) {
	t.Helper()
	want, got := newOf(m), newOf(m)
	wantErr := library.unmarshal.Unmarshal(wire, want)
	if wantErr == nil {
		// The library takes a map's value that is there twice for complete if one of the
		// two is.
		wantErr = proto.CheckInitialized(want)
	}
	src := bytes.Clone(wire)
	gotErr := Proto().Unmarshal(src, got)
	for i := range src {
		src[i] = 0xff
	}
	if (wantErr == nil) != (gotErr == nil) {
		t.Fatalf("%T: decoding %x: the error is %v, of the library %v", m, wire, gotErr, wantErr)
	}
	if gotErr != nil {
		return
	}
	if !proto.Equal(want, got) {
		t.Fatalf("%T: %x is decoded as\n%v, by the library as\n%v", m, wire, got, want)
	}
	checkEncoding(t, got)
}

// checkEncoding encodes a message in both ways, and reports whether the results differ.
func checkEncoding(t *testing.T, m proto.Message) {
	t.Helper()
	want, wantErr := library.marshal.Marshal(m)
	got, gotErr := Proto().Append([]byte("dst"), m)
	if !bytes.HasPrefix(got, []byte("dst")) {
		t.Fatalf("%T: the destination is lost: %x", m, got)
	}
	got = got[3:]
	if (wantErr == nil) != (gotErr == nil) {
		t.Fatalf("%T: encoding %v: the error is %v, of the library %v", m, m, gotErr, wantErr)
	}
	if gotErr != nil {
		return
	}
	c := Proto().(SizedAppender)
	if size := c.Size(m); size != len(want) {
		t.Fatalf("%T: the size is %d, of the library's encoding %d", m, size, len(want))
	}
	sized, err := c.AppendSized(nil, m, c.Size(m))
	if err != nil || len(sized) != len(want) {
		t.Fatalf("%T: AppendSized = %x, %v", m, sized, err)
	}
	if hasNoOrder(m.ProtoReflect()) {
		want, got = inOrder(t, m, want), inOrder(t, m, got)
	}
	if !bytes.Equal(want, got) {
		t.Fatalf("%T: %v is encoded as\n%x, by the library as\n%x", m, m, got, want)
	}
}

// hasNoOrder reports whether a message has a map whose entries may be encoded in any
// order, or not bit by bit.
func hasNoOrder(m protoreflect.Message) bool {
	found := false
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.IsMap():
			// The library's values of maps hold a float as float64, which makes a signalling
			// NaN a quiet one.
			found = v.Map().Len() > 1 || f.MapValue().Kind() == protoreflect.FloatKind
			if f.MapValue().Message() != nil {
				v.Map().Range(func(_ protoreflect.MapKey, v protoreflect.Value) bool {
					found = found || hasNoOrder(v.Message())
					return !found
				})
			}
		case f.IsList() && f.Message() != nil:
			for i := range v.List().Len() {
				found = found || hasNoOrder(v.List().Get(i).Message())
			}
		case f.Message() != nil:
			found = hasNoOrder(v.Message())
		}
		return !found
	})
	return found
}

// inOrder returns an encoding with the entries of maps in order.
func inOrder(t *testing.T, m proto.Message, wire []byte) []byte {
	t.Helper()
	again := newOf(m)
	if err := library.unmarshal.Unmarshal(wire, again); err != nil {
		t.Fatalf("%T: %x cannot be decoded: %v", m, wire, err)
	}
	out, err := proto.MarshalOptions{Deterministic: true}.Marshal(again)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// scramble sets fields of a message at random, in so many levels.
func scramble(r *rand.Rand, m protoreflect.Message, levels int) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		if r.IntN(4) != 0 && f.Cardinality() != protoreflect.Required || f.Message() != nil && !f.IsMap() && levels == 0 {
			continue
		}
		switch {
		case f.IsMap():
			for range r.IntN(3) {
				key := scalarOf(r, f.MapKey()).MapKey()
				if f.MapValue().Message() == nil {
					m.Mutable(f).Map().Set(key, scalarOf(r, f.MapValue()))
				} else if levels > 0 {
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
	if r.IntN(4) == 0 {
		m.SetUnknown(protoreflect.RawFields("\xfa\x3e\x03abc\xf0\x3e\x07"))
	}
}

func scalarOf(r *rand.Rand, f protoreflect.FieldDescriptor) protoreflect.Value {
	n := [...]uint64{0, 1, 127, 128, 300, 1 << 31, math.MaxUint32, 1 << 63, math.MaxUint64, r.Uint64()}[r.IntN(10)]
	text := [...]string{"", "a", "käse", strings.Repeat("long ", 60)}[r.IntN(4)]
	switch f.Kind() {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(n%2 == 1)
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(n))
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return protoreflect.ValueOfInt32(int32(n))
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return protoreflect.ValueOfInt64(int64(n))
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return protoreflect.ValueOfUint32(uint32(n))
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return protoreflect.ValueOfUint64(n)
	case protoreflect.FloatKind:
		return protoreflect.ValueOfFloat32(math.Float32frombits(uint32(n)))
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(math.Float64frombits(n))
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes([]byte(text))
	}
	return protoreflect.ValueOfString(text)
}
