package codec

import (
	"bytes"
	"encoding/json"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

func FuzzProto(f *testing.F) {
	for _, m := range filled(f) {
		wire, err := Proto().Append(nil, m[0])
		if err != nil {
			f.Fatal(err)
		}
		f.Add(wire)
	}
	f.Add([]byte("\x0a\x01\xff"))
	f.Add(nested(20))
	f.Fuzz(func(t *testing.T, wire []byte) {
		for name, m := range empties() {
			src := bytes.Clone(wire)
			if Proto().Unmarshal(src, m) != nil {
				continue
			}
			clear(src)
			first, err := Proto().Append(nil, m)
			if err != nil {
				t.Fatalf("%s: %x is decoded and not encoded: %v", name, wire, err)
			}
			again := m.ProtoReflect().New().Interface()
			if err := Proto().Unmarshal(first, again); err != nil || !proto.Equal(m, again) && !misTyped(m.ProtoReflect()) {
				t.Fatalf("%s: %v comes back as %v, %v", name, m, again, err)
			}
			c := Proto().(SizedAppender)
			size := c.Size(again)
			sized, err := c.AppendSized(nil, again, size)
			if err != nil || len(sized) != size {
				t.Fatalf("%s: %d bytes of size %d, %v", name, len(sized), size, err)
			}
		}
	})
}

// misTyped reports whether m has an unknown field under the number of a field that
// it knows: the wire had another type than the schema. Beside a lazy field that was
// not read yet, protobuf-go 1.36 encodes such a field twice.
func misTyped(m protoreflect.Message) bool {
	for b := m.GetUnknown(); len(b) > 0; {
		number, _, n := protowire.ConsumeField(b)
		if m.Descriptor().Fields().ByNumber(number) != nil {
			return true
		}
		b = b[n:]
	}
	child := m.Descriptor().Fields().ByName("child")
	return m.Has(child) && misTyped(m.Get(child).Message())
}

func FuzzJSON(f *testing.F) {
	for _, m := range filled(f) {
		text, err := JSON().Append(nil, m[0])
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(`{"name" : "\" : ,", "newer": [{}, 1e9, null], "bigId": "-5"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		for name, m := range empties() {
			src := bytes.Clone(text)
			if JSON().Unmarshal(src, m) != nil {
				continue
			}
			clear(src)
			first, err := JSON().Append(nil, m)
			if err != nil {
				t.Fatalf("%s: %q is decoded and not encoded: %v", name, text, err)
			}
			var compacted bytes.Buffer
			if err := json.Compact(&compacted, first); err != nil || compacted.Len() != len(first) {
				t.Fatalf("%s: %s is not compact: %v", name, first, err)
			}
			again := m.ProtoReflect().New().Interface()
			if err := JSON().Unmarshal(first, again); err != nil || !proto.Equal(m, again) {
				t.Fatalf("%s: %v comes back as %v, %v", name, m, again, err)
			}
		}
	})
}
