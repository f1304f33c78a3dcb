package codec

import (
	"bytes"
	"strings"
	"testing"

	"github.com/curlew-rpc/curlew/codec/internal/testpb"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

func TestProtoRoundTrip(t *testing.T) {
	c := Proto()
	if c.Name() != "proto" {
		t.Errorf("Name = %q", c.Name())
	}
	for name, m := range filled(t) {
		full, got := m[0], m[1]
		want, err := proto.MarshalOptions{Deterministic: true}.Marshal(full)
		if err != nil {
			t.Fatal(err)
		}
		out, err := c.Append([]byte("dst"), full)
		if err != nil || string(out) != "dst"+string(want) {
			t.Errorf("%s: Append = %x, %v, want %x", name, out, err, want)
			continue
		}
		if size := c.(Sizer).Size(full); size != len(want) {
			t.Errorf("%s: Size = %d, want %d", name, size, len(want))
		}
		src := bytes.Clone(out[3:])
		if err := c.Unmarshal(src, got); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		// The message must own all it has, also what is decoded only when asked for.
		clear(src)
		if !proto.Equal(got, full) {
			t.Errorf("%s: comes back as %v", name, got)
		}
	}
}

// What src held does not matter any more once Unmarshal has returned, though the
// opaque API decodes a lazy field when it is read.
func TestProtoLazyFieldOwnsItsBytes(t *testing.T) {
	child := testpb.Opaque_builder{Name: proto.String("child"), Blob: []byte("blob")}.Build()
	src, err := Proto().Append(nil, testpb.Opaque_builder{Child: child}.Build())
	if err != nil {
		t.Fatal(err)
	}
	var got testpb.Opaque
	if err := Proto().Unmarshal(src, &got); err != nil {
		t.Fatal(err)
	}
	for i := range src {
		src[i] = 0xff
	}
	if got.GetChild().GetName() != "child" || string(got.GetChild().GetBlob()) != "blob" {
		t.Errorf("child is %v", got.GetChild())
	}
	src, _ = Proto().Append(src[:0], &got)
	var again testpb.Opaque
	if err := Proto().Unmarshal(src, &again); err != nil || again.GetChild().GetName() != "child" {
		t.Errorf("sent on: %v, %v", &again, err)
	}
}

func TestProtoUnmarshalOverwrites(t *testing.T) {
	for name, m := range filled(t) {
		full, empty := m[0], m[1]
		if err := Proto().Unmarshal(nil, full); err != nil || !proto.Equal(full, empty) {
			t.Errorf("%s: decoding nothing leaves %v, %v", name, full, err)
		}
	}
}

func TestProtoUnknownFieldsTravelOn(t *testing.T) {
	wire := "\x0a\x01a\x98\x06\x07" // field 99
	for name, m := range empties() {
		if err := Proto().Unmarshal([]byte(wire), m); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got, err := Proto().Append(nil, m); err != nil || string(got) != wire {
			t.Errorf("%s: %x, %v", name, got, err)
		}
	}
}

func TestProtoKnownTypes(t *testing.T) {
	s, err := structpb.NewStruct(map[string]any{"a": []any{1.5, nil, "x"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []proto.Message{s, timestamppb.Now(), &emptypb.Empty{}} {
		wire, err := Proto().Append(nil, m)
		got := m.ProtoReflect().New().Interface()
		if err != nil || Proto().Unmarshal(wire, got) != nil || !proto.Equal(got, m) {
			t.Errorf("%v comes back as %v, %v", m, got, err)
		}
	}
}

func TestProtoRefusesTextThatIsNotUTF8(t *testing.T) {
	for name, m := range empties() {
		if err := Proto().Unmarshal([]byte("\x0a\x01\xff"), m); err == nil || !strings.Contains(err.Error(), "UTF-8") {
			t.Errorf("%s: decoding: %v", name, err)
		}
	}
	for name, m := range map[string]proto.Message{
		"proto3": &testpb.Proto3{Name: "\xff"},
		"open":   &testpb.Open{Name: proto.String("\xff")},
		"hybrid": testpb.Hybrid_builder{Name: proto.String("\xff")}.Build(),
		"opaque": testpb.Opaque_builder{Name: proto.String("\xff")}.Build(),
	} {
		out, err := Proto().Append([]byte("dst"), m)
		if err == nil || !strings.Contains(err.Error(), "UTF-8") || string(out) != "dst" {
			t.Errorf("%s: encoding: %q, %v", name, out, err)
		}
	}
}

func TestProtoRequiredFieldsAndGroups(t *testing.T) {
	m := &testpb.Proto2{Inner: &testpb.Proto2_Inner{Blob: []byte("x")}}
	if out, err := Proto().Append([]byte("dst"), m); err == nil || string(out) != "dst" {
		t.Errorf("without the required field: %q, %v", out, err)
	}
	if err := Proto().Unmarshal([]byte("\x10\x01"), new(testpb.Proto2)); err == nil {
		t.Error("the required field is missing, and nothing says so")
	}
	m.Name = proto.String("n")
	wire, err := Proto().Append(nil, m)
	var got testpb.Proto2
	if err != nil || Proto().Unmarshal(wire, &got) != nil || !proto.Equal(&got, m) || got.GetCount() != 7 {
		t.Errorf("comes back as %v, %v", &got, err)
	}
}

func TestProtoRefusesDamage(t *testing.T) {
	for name, wire := range map[string]string{
		"a tag that ends early": "\x80", "bytes that end early": "\x0a\x05a", "field 0": "\x00\x00", "wire type 7": "\x0f",
	} {
		for api, m := range empties() {
			err := Proto().Unmarshal([]byte(wire), m)
			if err == nil || !strings.Contains(err.Error(), "*testpb.") {
				t.Errorf("%s, %s: %v", name, api, err)
			}
		}
	}
}

// nested returns the encoding of depth messages within each other.
func nested(depth int) []byte {
	var wire []byte
	for range depth - 1 {
		wire = append(protowire.AppendVarint([]byte{6<<3 | 2}, uint64(len(wire))), wire...)
	}
	return wire
}

func TestProtoDepth(t *testing.T) {
	for name, m := range empties() {
		if err := Proto().Unmarshal(nested(maxDepth), m); err != nil {
			t.Errorf("%s: %d deep: %v", name, maxDepth, err)
		}
		if err := Proto().Unmarshal(nested(maxDepth+1), m); err == nil {
			t.Errorf("%s: %d deep is accepted", name, maxDepth+1)
		}
	}
}
