package codec

import (
	"testing"

	"github.com/curlew-rpc/curlew/codec/internal/testpb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
)

func TestDetailRoundTrip(t *testing.T) {
	for name, m := range filled(t) {
		typeURL, value, err := PackDetail(m[0])
		if err != nil {
			t.Fatal(name, err)
		}
		// It is what the library's own Any holds.
		if got, err := (&anypb.Any{TypeUrl: typeURL, Value: value}).UnmarshalNew(); err != nil || !proto.Equal(got, m[0]) {
			t.Errorf("%s: as an Any it is %v, %v", name, got, err)
		}
		if !UnpackDetail(typeURL, value, m[1]) || !proto.Equal(m[0], m[1]) {
			t.Errorf("%s: comes back as %v", name, m[1])
		}
	}
}

func TestPackDetailRefuses(t *testing.T) {
	for _, m := range []Message{nil, (*testpb.Open)(nil), &testpb.Proto3{Name: "\xff"}, &testpb.Proto2{}} {
		if _, _, err := PackDetail(m); err == nil {
			t.Errorf("PackDetail(%T %v) has no error", m, m)
		}
	}
}

func TestUnpackDetailRefuses(t *testing.T) {
	typeURL, value, err := PackDetail(&testpb.Open{Name: proto.String("a")})
	if err != nil {
		t.Fatal(err)
	}
	for _, url := range []string{"", "/", typeURL + "x", typeURL + "/", "type.googleapis.com/curlew.codec.test.Proto3", "Open"} {
		if UnpackDetail(url, value, new(testpb.Open)) {
			t.Errorf("%q is taken for an Open", url)
		}
	}
	for _, url := range []string{"curlew.codec.test.Open", "/curlew.codec.test.Open", "example.com/a/curlew.codec.test.Open"} {
		if m := new(testpb.Open); !UnpackDetail(url, value, m) || m.GetName() != "a" {
			t.Errorf("%q is not taken for an Open", url)
		}
	}
	if UnpackDetail(typeURL, []byte("\x80"), new(testpb.Open)) {
		t.Error("damaged bytes are taken for an Open")
	}
}
