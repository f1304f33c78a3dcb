package codec

import (
	"bytes"
	"testing"

	"github.com/curlew-rpc/curlew/codec/internal/testpb"
	"google.golang.org/protobuf/proto"
)

func TestAppendSized(t *testing.T) {
	c := Proto().(SizedAppender)
	for name, m := range filled(t) {
		want, err := Proto().Append([]byte("dst"), m[0])
		if err != nil {
			t.Fatal(err)
		}
		for _, room := range []int{0, 1000} {
			dst := append(make([]byte, 0, 3+room), "dst"...)
			got, err := c.AppendSized(dst, m[0], c.Size(m[0]))
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s: AppendSized = %x, %v, want %x", name, got, err, want)
			}
			if room > 0 && &got[0] != &dst[0] {
				t.Errorf("%s: there was room, and AppendSized left it", name)
			}
		}
	}
}

// Append must not trust a size that an earlier call has left in the message.
func TestAppendTrustsNoOldSize(t *testing.T) {
	const longer = "much longer than it was when its size was taken"
	open := &testpb.Open{Child: &testpb.Open{Name: proto.String("a")}}
	opaqueChild := testpb.Opaque_builder{Name: proto.String("a")}.Build()
	opaque := testpb.Opaque_builder{Child: opaqueChild}.Build()

	Proto().(Sizer).Size(open)
	Proto().(Sizer).Size(opaque)
	open.Child.Name = proto.String(longer)
	opaqueChild.SetName(longer)

	for _, m := range []proto.Message{open, opaque} {
		out, err := Proto().Append(nil, m)
		got := m.ProtoReflect().New().Interface()
		if err != nil || Proto().Unmarshal(out, got) != nil || !proto.Equal(got, m) {
			t.Errorf("%T comes back as %v, %v", m, got, err)
		}
	}
}
