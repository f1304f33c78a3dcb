package codec

import (
	"testing"

	"github.com/curlew-rpc/curlew/codec/internal/testpb"
	"google.golang.org/protobuf/proto"
)

type fixedFast struct{ body [16]byte }

func (m *fixedFast) SizeVT() int                                  { return len(m.body) }
func (m *fixedFast) MarshalToSizedBufferVT(b []byte) (int, error) { return copy(b, m.body[:]), nil }
func (m *fixedFast) Reset()                                       { *m = fixedFast{} }
func (m *fixedFast) UnmarshalVT(b []byte) error                   { copy(m.body[:], b); return nil }

// Beyond what a message itself is made of, nothing is allocated.
func TestAllocations(t *testing.T) {
	c := Proto().(SizedAppender)
	open := &testpb.Open{Kind: testpb.Open_KIND_FANCY.Enum(), Child: &testpb.Open{Name: proto.String("name"), Packed: []int32{1, 2}}}
	opaque := testpb.Opaque_builder{Name: proto.String("name"), Packed: []int32{1, 2}}.Build()
	plain := &testpb.Proto3{BigId: 7}
	plainWire, _ := Proto().Append(nil, plain)
	fast := new(fixedFast)
	raw := make([]byte, 16)
	dst := make([]byte, 0, 1024)
	tests := map[string]func() error{
		"Append open":       func() (err error) { dst, err = Proto().Append(dst[:0], open); return },
		"Append opaque":     func() (err error) { dst, err = Proto().Append(dst[:0], opaque); return },
		"Append fast":       func() (err error) { dst, err = Proto().Append(dst[:0], fast); return },
		"Append raw":        func() (err error) { dst, err = Raw("x").Append(dst[:0], &raw); return },
		"AppendSized open":  func() (err error) { dst, err = c.AppendSized(dst[:0], open, c.Size(open)); return },
		"AppendSized fast":  func() (err error) { dst, err = c.AppendSized(dst[:0], fast, c.Size(fast)); return },
		"Unmarshal numbers": func() error { return Proto().Unmarshal(plainWire, plain) },
		"Unmarshal fast":    func() error { return Proto().Unmarshal(raw, fast) },
		"Unmarshal raw":     func() error { return Raw("x").Unmarshal(plainWire, &raw) },
	}
	for name, f := range tests {
		if err := f(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := testing.AllocsPerRun(100, func() { _ = f() }); got > 0 {
			t.Errorf("%s: %v allocations", name, got)
		}
	}
}

// The same for JSON, of messages whose Go fields can be reached.
func TestJSONAllocations(t *testing.T) {
	all := filled(t)
	dst := make([]byte, 0, 4096)
	for _, name := range []string{"proto3", "open", "hybrid"} {
		var err error
		m := all[name]
		if got := testing.AllocsPerRun(100, func() { dst, err = JSON().Append(dst[:0], m[0]) }); got > 0 || err != nil {
			t.Errorf("%s: encoding takes %v allocations, %v", name, got, err)
		}
	}
	// A name, an octet string and a list of two tags, in a message that is there.
	text := []byte(`{"name":"käse","bigId":"7","blob":"AP94","tags":["a","b"],"kind":"KIND_FANCY"}`)
	m := new(testpb.Proto3)
	if got := testing.AllocsPerRun(100, func() { _ = JSON().Unmarshal(text, m) }); got > 5 {
		t.Errorf("decoding takes %v allocations", got)
	}
}
