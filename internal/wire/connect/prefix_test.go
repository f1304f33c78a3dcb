package connect

import (
	"testing"

	"github.com/curlew-rpc/curlew/internal/wire/grpc"
)

func TestPrefix(t *testing.T) {
	tests := []struct {
		wire string
		want Prefix
	}{
		{"\x00\x00\x00\x00\x00", Prefix{}},
		{"\x01\x00\x00\x00\x00", Prefix{Compressed: true}},
		{"\x02\x00\x00\x00\x02", Prefix{End: true, Length: 2}},
		{"\x03\xff\xff\xff\xff", Prefix{Compressed: true, End: true, Length: 1<<32 - 1}},
		{"\x00\x01\x02\x03\x04", Prefix{Length: 0x01020304}},
	}
	for _, test := range tests {
		got, err := ParsePrefix([]byte(test.wire + "more"))
		if err != nil || got != test.want {
			t.Errorf("ParsePrefix(%x) = %+v, %v", test.wire, got, err)
		}
		b := []byte("#######")
		PutPrefix(b, test.want)
		if string(b) != test.wire+"##" {
			t.Errorf("PutPrefix(%+v) = %x", test.want, b)
		}
	}
	for flags := 4; flags < 256; flags++ {
		p, err := ParsePrefix([]byte{byte(flags), 0, 0, 0, 1})
		if p != (Prefix{}) {
			t.Errorf("flags %#x give %+v", flags, p)
		}
		wantError(t, "reserved flag", err, grpc.Internal)
	}
}
