package codec

import (
	"strings"
	"testing"

	"github.com/curlew-rpc/curlew/codec/internal/testpb"
)

// oldMessage looks like a message of the protobuf API before v1.4.
type oldMessage struct{}

func (*oldMessage) Reset()         {}
func (*oldMessage) String() string { return "" }
func (*oldMessage) ProtoMessage()  {}

// What is no message is an error that says what it is and what is wanted.
func TestWrongMessages(t *testing.T) {
	tests := []struct {
		msg  any
		want []string
	}{
		{nil, []string{"nil", "proto.Message"}},
		{"text", []string{"string", "proto.Message"}},
		{7, []string{"int", "proto.Message"}},
		{[]byte("x"), []string{"[]uint8", "proto.Message"}},
		{struct{}{}, []string{"struct {}", "proto.Message"}},
		{(*testpb.Open)(nil).ProtoReflect(), []string{"proto.Message"}},
		{map[string]int{}, []string{"map[string]int", "proto.Message"}},
		{testpb.Opaque_builder{}, []string{"testpb.Opaque_builder", "proto.Message"}},
		{*new(testpb.Open), []string{"pass a pointer, *testpb.Open"}},
		{&oldMessage{}, []string{"*codec.oldMessage", "protoc-gen-go"}},
	}
	for _, c := range []Codec{Proto(), JSON()} {
		for _, test := range tests {
			out, err := c.Append([]byte("dst"), test.msg)
			if string(out) != "dst" {
				t.Errorf("%s: Append of %T gives %q", c.Name(), test.msg, out)
			}
			wantText(t, err, append(test.want, "codec: "+c.Name())...)
			wantText(t, c.Unmarshal(nil, test.msg), append(test.want, "codec: "+c.Name())...)
			if s, ok := c.(SizedAppender); ok {
				out, err := s.AppendSized([]byte("dst"), test.msg, s.Size(test.msg))
				if string(out) != "dst" {
					t.Errorf("%s: AppendSized of %T gives %q", c.Name(), test.msg, out)
				}
				wantText(t, err, test.want...)
			}
		}
		// A nil message encodes as an empty one but cannot be decoded into.
		if out, err := c.Append(nil, (*testpb.Open)(nil)); err != nil || string(out) != map[string]string{"proto": "", "json": "{}"}[c.Name()] {
			t.Errorf("%s: Append of a nil *Open = %q, %v", c.Name(), out, err)
		}
		wantText(t, c.Unmarshal([]byte("{}"), (*testpb.Open)(nil)), "nil *testpb.Open")
	}
}

func wantText(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("no error, want one with %q", parts)
		return
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not say %q", err, part)
		}
	}
}
