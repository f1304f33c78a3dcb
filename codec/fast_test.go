package codec

import (
	"errors"
	"strings"
	"testing"

	"github.com/curlew-rpc/curlew/codec/internal/testpb"
	"google.golang.org/protobuf/proto"
)

// fastMessage has methods of its own, as vtprotobuf generates them.
type fastMessage struct {
	body  string
	err   error
	short int // how much less than promised it encodes
	calls []string
}

func (m *fastMessage) SizeVT() int {
	m.calls = append(m.calls, "size")
	return len(m.body)
}

func (m *fastMessage) MarshalToSizedBufferVT(b []byte) (int, error) {
	m.calls = append(m.calls, "marshal")
	n := len(m.body) - m.short
	copy(b[len(b)-n:], m.body)
	return n, m.err
}

func (m *fastMessage) Reset() { *m = fastMessage{calls: append(m.calls, "reset")} }

func (m *fastMessage) UnmarshalVT(b []byte) error {
	m.calls = append(m.calls, "unmarshal")
	if string(b) == "bad" {
		return errors.New("it is bad")
	}
	m.body += string(b) // merges, as it is said to
	return nil
}

func (m *fastMessage) wantCalls(t *testing.T, want string) {
	t.Helper()
	if got := strings.Join(m.calls, " "); got != want {
		t.Errorf("calls are %q, want %q", got, want)
	}
	m.calls = nil
}

func TestFastMethods(t *testing.T) {
	c := Proto().(interface {
		Codec
		SizedAppender
	})
	m := &fastMessage{body: "hello"}
	if out, err := c.Append([]byte("dst"), m); err != nil || string(out) != "dsthello" {
		t.Errorf("Append = %q, %v", out, err)
	}
	m.wantCalls(t, "size marshal")
	if n := c.Size(m); n != 5 {
		t.Errorf("Size = %d", n)
	}
	m.wantCalls(t, "size")
	if out, err := c.AppendSized(make([]byte, 1, 100), m, 5); err != nil || string(out) != "\x00hello" {
		t.Errorf("AppendSized = %q, %v", out, err)
	}
	m.wantCalls(t, "marshal")
	if err := c.Unmarshal([]byte("world"), m); err != nil || m.body != "world" {
		t.Errorf("Unmarshal leaves %q, %v", m.body, err)
	}
	m.wantCalls(t, "reset unmarshal")
	wantText(t, c.Unmarshal([]byte("bad"), m), "*codec.fastMessage", "it is bad")
}

func TestFastMethodsThatFail(t *testing.T) {
	for want, m := range map[string]*fastMessage{
		"it cannot":                 {body: "hello", err: errors.New("it cannot")},
		"changed meanwhile":         {body: "hello", short: 2},
		"to 0 bytes after it gave ": {body: "hello", short: 5},
	} {
		out, err := Proto().Append([]byte("dst"), m)
		wantText(t, err, want, "*codec.fastMessage")
		if string(out) != "dst" {
			t.Errorf("Append = %q", out)
		}
	}
}

// A message that is only half fast goes the ordinary way where it must.
type halfFast struct {
	*testpb.Open
}

func (halfFast) SizeVT() int { panic("not without MarshalToSizedBufferVT") }

type mergesOnly struct{ fake }

type fake struct{}

func (fake) UnmarshalVT([]byte) error { panic("not without Reset") }

func TestHalfFastMessages(t *testing.T) {
	m := halfFast{&testpb.Open{Name: proto.String("a")}}
	out, err := Proto().Append(nil, m)
	if err != nil || string(out) != "\x0a\x01a" || Proto().(Sizer).Size(m) != 3 {
		t.Errorf("Append = %q, %v", out, err)
	}
	wantText(t, Proto().Unmarshal(nil, mergesOnly{}), "codec.mergesOnly", "proto.Message")
}
