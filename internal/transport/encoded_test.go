package transport_test

import (
	"bytes"
	"testing"

	"github.com/curlew-rpc/curlew/codec"
	"github.com/curlew-rpc/curlew/compress"
	"github.com/curlew-rpc/curlew/internal/h2"
	echov1 "github.com/curlew-rpc/curlew/internal/testproto/echo/v1"
	"github.com/curlew-rpc/curlew/internal/transport"
)

// A message that shares its long bytes is the same on the wire.
func TestEncodedShares(t *testing.T) {
	const max = 1 << 22
	for _, row := range []struct {
		name   string
		msg    *echov1.EchoRequest
		comp   compress.Compressor
		pieces int // beside the first
	}{
		{"short", &echov1.EchoRequest{Text: "text", Payload: make([]byte, 100)}, nil, 0},
		{"long text", &echov1.EchoRequest{Text: string(make([]byte, 1<<20)), Payload: make([]byte, 100)}, nil, 0},
		{"long bytes", &echov1.EchoRequest{Text: "text", Payload: make([]byte, 1<<20)}, nil, 1},
		{"long bytes, and more behind", &echov1.EchoRequest{Payload: make([]byte, 1<<20), Message: "message"}, nil, 2},
		{"compressed", &echov1.EchoRequest{Payload: make([]byte, 1<<20), Message: "message"}, compress.Gzip(), 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			for i := range row.msg.Payload {
				row.msg.Payload[i] = byte(i % 251)
			}
			copied, err := transport.Encode(codec.Proto(), row.comp, row.msg, max, false)
			if err != nil {
				t.Fatal(err)
			}
			shared, err := transport.Encode(codec.Proto(), row.comp, row.msg, max, true)
			if err != nil {
				t.Fatal(err)
			}
			want := copied.AppendTo(nil)
			var out h2.Outgoing
			shared.Put(&out)
			got := append([]byte(nil), out.Data...)
			for _, p := range out.More {
				if len(p) == 0 {
					t.Error("an empty piece")
				}
				got = append(got, p...)
			}
			joined := transport.Join([]transport.Encoded{shared, {}, copied})
			if !bytes.Equal(got, want) || !bytes.Equal(shared.AppendTo(nil), want) || !bytes.Equal(joined.AppendTo(nil), append(got, want...)) {
				t.Error("a message that shares is another")
			}
			if shared.Len() != len(want) || joined.Len() != 2*len(want) || (transport.Encoded{}).Len() != 0 {
				t.Errorf("lengths of %d and %d, want %d and twice that", shared.Len(), joined.Len(), len(want))
			}
			if len(out.More) != row.pieces {
				t.Fatalf("%d further pieces, want %d", len(out.More), row.pieces)
			}
			if row.pieces > 0 && &out.More[0][0] != &row.msg.Payload[0] {
				t.Error("the long bytes were copied")
			}
			shared.Free()
			copied.Free()
			joined.Free()
		})
	}
	if _, err := transport.Encode(codec.Proto(), nil, &echov1.EchoRequest{Payload: make([]byte, max)}, max, true); err == nil {
		t.Error("a message above the limit is encoded")
	}
	if _, err := transport.Encode(codec.Proto(), nil, &echov1.EchoRequest{Payload: make([]byte, 1<<20), Text: "\xff"}, max, true); err == nil {
		t.Error("text that is not UTF-8 is encoded")
	}
}
