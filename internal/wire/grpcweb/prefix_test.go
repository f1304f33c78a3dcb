package grpcweb

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
		{"\x01\x00\x00\x00\x01", Prefix{Compressed: true, Length: 1}},
		{"\x80\x00\x00\x00\x0f", Prefix{Trailer: true, Length: 15}},
		{"\x81\xff\xff\xff\xff", Prefix{Compressed: true, Trailer: true, Length: 1<<32 - 1}},
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
	for flags := range 256 {
		if flags&0x7e == 0 {
			continue
		}
		p, err := ParsePrefix([]byte{byte(flags), 0, 0, 0, 1})
		if p != (Prefix{}) {
			t.Errorf("flags %#x give %+v", flags, p)
		}
		wantError(t, "reserved flag", err, grpc.Internal)
	}
}
