package transport_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/curlew-rpc/curlew/compress"
	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
)

func zip(t testing.TB, s string) string {
	t.Helper()
	b, err := compress.Gzip().Compress(nil, []byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A body is how the content of a request is sent.
type body func(p *rawpeer.Peer, id uint32)

// whole sends b in one frame that ends the stream.
func whole(b []byte) body {
	return func(p *rawpeer.Peer, id uint32) { p.Data(id, true, b) }
}

// message is whole of one message.
func message(flags byte, payload string) body { return whole(rawpeer.Message(flags, payload)) }

// claim is whole of a message of another length than its prefix says.
func claim(flags byte, length uint32, payload string) body {
	b := rawpeer.Message(flags, payload)
	b[1], b[2], b[3], b[4] = byte(length>>24), byte(length>>16), byte(length>>8), byte(length)
	return whole(b)
}

// drops sends b a byte a frame, with empty frames between.
func drops(b []byte) body {
	return func(p *rawpeer.Peer, id uint32) {
		for i := range b {
			p.Data(id, false, b[i:i+1])
			p.Data(id, false, nil)
		}
		p.Data(id, true, nil)
	}
}

// padded sends b in frames with padding, the last one having nothing else.
func padded(b []byte) body {
	return func(p *rawpeer.Peer, id uint32) {
		for len(b) > 0 {
			n := min(len(b), 7)
			p.Write(paddedData(id, false, b[:n], 255))
			b = b[n:]
		}
		p.Write(paddedData(id, true, nil, 100))
	}
}

func paddedData(id uint32, end bool, data []byte, padding byte) []byte {
	flags := frame.FlagPadded
	if end {
		flags |= frame.FlagEndStream
	}
	out := frame.AppendHeader(nil, frame.Header{Length: uint32(1 + len(data) + int(padding)), Type: frame.TypeData, Flags: flags, StreamID: id})
	out = append(append(out, padding), data...)
	return append(out, make([]byte, padding)...)
}

// Messages as PROTOCOL-HTTP2 frames them, and as it does not. All rows share a
// connection, so none of them may harm it.
func TestRequestMessages(t *testing.T) {
	noLeaks(t)
	h := openHouse(t)
	p := rawpeer.Dial(t, h.addr)
	const one, many = "/t.S/Echo", "/t.S/Chat"
	hello := rawpeer.Message(0, "hello")
	two := append(bytes.Clone(hello), hello...)
	limit := strings.Repeat("x", maxReceive)
	gzip, brokenCodec := []string{"grpc-encoding", "gzip"}, []string{"content-type", "application/grpc+fragile"}
	fails := func(code, message string) verdict { return verdict{"200", code, message, "H$"} }
	tooMany := fails("12", "more than one request message")
	chatted := verdict{http: "200", code: "0"}
	rows := []struct {
		name    string
		path    string
		header  []string
		body    body
		verdict verdict
		answer  string // the content of the response
	}{
		{"one message", one, nil, message(0, "hello"), fine, string(hello)},
		{"an empty message", one, nil, message(0, ""), fine, "\x00\x00\x00\x00\x00"},
		{"none", one, nil, whole(nil), fails("12", "no message"), ""},
		{"two", one, nil, whole(two), tooMany, ""},
		{"one and a part", one, nil, whole(two[:11]), tooMany, ""},
		{"none of many", many, nil, whole(nil), verdict{"200", "0", "", "HH$"}, ""},
		{"two of many", many, nil, whole(two), chatted, string(two)},

		{"a byte a frame", one, nil, drops(hello), fine, string(hello)},
		{"many, a byte a frame", many, nil, drops(two), chatted, string(two)},
		{"padded frames", one, nil, padded(hello), fine, string(hello)},
		{"many in padded frames", many, nil, padded(two), chatted, string(two)},
		{"a truncated prefix", one, nil, whole(hello[:3]), fails("13", "inside a message prefix"), ""},
		{"a truncated message", one, nil, whole(hello[:9]), fails("13", "inside a message"), ""},
		{"a prefix alone", one, nil, whole(hello[:5]), fails("13", "inside a message"), ""},
		{"a truncated prefix behind a message", many, nil, whole(two[:13]), verdict{"200", "13", "inside a message prefix", "HDH$"}, string(hello)},

		{"at the limit", one, nil, message(0, limit), fine, string(rawpeer.Message(0, limit))},
		{"over the limit", one, nil, message(0, limit+"x"), fails("8", "limit is 1000"), ""},
		{"over the limit, one of many", many, nil, message(0, limit+"x"), fails("8", "limit is 1000"), ""},
		{"4 GiB announced", one, nil, claim(0, 1<<32-1, "x"), fails("8", "4294967295"), ""},
		{"4 GiB announced, one of many", many, nil, claim(0, 1<<32-1, ""), fails("8", "4294967295"), ""},
		{"2 GiB announced and compressed", one, gzip, claim(1, 1<<31, "x"), fails("8", "2147483648"), ""},

		{"compressed without encoding", one, nil, message(1, zip(t, "hello")), fails("13", "names no compression"), ""},
		{"compressed with identity", one, []string{"grpc-encoding", "identity"}, message(1, zip(t, "hello")), fails("13", "names no compression"), ""},
		{"identity", one, []string{"grpc-encoding", "identity"}, message(0, "hello"), fine, string(hello)},
		{"plain among compressed", one, gzip, message(0, "hello"), fine, string(hello)},
		{"compressed", one, gzip, message(1, zip(t, "hello")), fine, string(hello)},
		{"compressed and empty", one, gzip, message(1, ""), fine, "\x00\x00\x00\x00\x00"},
		{"emptiness compressed", one, gzip, message(1, zip(t, "")), fine, "\x00\x00\x00\x00\x00"},
		{"unknown encoding", one, []string{"grpc-encoding", "zip"}, message(1, "PK"), fails("12", "identity,gzip"), ""},
		{"unknown encoding, unused", many, []string{"grpc-encoding", "zip"}, message(0, "x"), fails("12", "identity,gzip"), ""},
		{"reserved flag 2", one, nil, message(2, "hello"), fails("13", "reserved flag"), ""},
		{"reserved flag beside compression", one, gzip, message(3, zip(t, "hello")), fails("13", "reserved flag"), ""},
		{"trailers of gRPC-Web", many, nil, message(0x80, "hello"), fails("13", "reserved flag"), ""},

		{"at the limit decompressed", one, gzip, message(1, zip(t, limit)), fine, string(rawpeer.Message(0, limit))},
		{"over the limit decompressed", one, gzip, message(1, zip(t, limit+"x")), fails("8", "larger than the limit"), ""},
		{"a bomb", many, gzip, message(1, zip(t, strings.Repeat("\x00", 700_000))), fails("8", "larger than the limit"), ""},
		{"bad gzip", one, gzip, message(1, "not gzip"), fails("13", "decompressing"), ""},
		{"truncated gzip", one, gzip, message(1, zip(t, "hello")[:20]), fails("13", "decompressing"), ""},
		{"gzip with a bad checksum", many, gzip, message(1, zip(t, "hello")[:24]+"xxxx"), fails("13", "decompressing"), ""},

		{"not decodable", one, brokenCodec, message(0, "cannot be decoded"), fails("13", "decoding a message: it breaks"), ""},
		{"not encodable", one, brokenCodec, message(0, "cannot be encoded"), fails("13", "encoding a message: it breaks"), ""},
		{"not encodable, one of many", many, brokenCodec, message(0, "cannot be encoded"), fails("13", "encoding a message: it breaks"), ""},

		{"one message, again", one, nil, message(0, "hello"), fine, string(hello)},
	}
	for i, row := range rows {
		id := uint32(2*i + 1)
		p.Headers(id, false, request(row.path, row.header...)...)
		row.body(p, id)
		s := p.Stream(id)
		row.verdict.check(t, row.name, s)
		if row.verdict.http == "200" && string(s.Data) != row.answer {
			t.Errorf("%s: the answer is %q, want %q", row.name, s.Data, row.answer)
		}
	}
	if p.GoAway != nil || !p.Sync() {
		t.Errorf("the connection did not survive: %+v", p.GoAway)
	}
}

// A request may end with its header, which is no message at all.
func TestEndStreamOnHeaders(t *testing.T) {
	noLeaks(t)
	p := rawpeer.Dial(t, openHouse(t).addr)
	p.Headers(1, true, request("/t.S/Echo")...)
	verdict{"200", "12", "no message", "H$"}.check(t, "unary", p.Stream(1))
	p.Headers(3, true, request("/t.S/Chat")...)
	verdict{"200", "0", "", "HH$"}.check(t, "a stream", p.Stream(3))
}

// Trailers of a request, which gRPC does not have, end it as END_STREAM does.
func TestRequestTrailers(t *testing.T) {
	noLeaks(t)
	p := rawpeer.Dial(t, openHouse(t).addr)
	p.Headers(1, false, request("/t.S/Echo")...)
	p.Data(1, false, rawpeer.Message(0, "hello"))
	p.Headers(1, true, rawpeer.Fields("x-late", "1")...)
	fine.check(t, "trailers", p.Stream(1))
}

// A message over the limit is refused before the rest of it has come.
func TestTooLargeAtOnce(t *testing.T) {
	noLeaks(t)
	p := rawpeer.Dial(t, openHouse(t).addr)
	p.Headers(1, false, request("/t.S/Chat")...)
	p.Data(1, false, []byte{0, 0, 0, 0x10, 0})
	verdict{"200", "8", "4096", "H$"}.check(t, "one of many", p.Stream(1))
	p.Headers(3, false, request("/t.S/Echo")...)
	p.Data(3, false, append([]byte{0, 0xff, 0xff, 0xff, 0xff}, make([]byte, maxReceive+1)...))
	verdict{"200", "8", "4294967295", "H$"}.check(t, "unary", p.Stream(3))
}
