package hpack

import "testing"

// request is what a gRPC client sends for every call.
var request = []Field{
	{Name: ":method", Value: "POST"},
	{Name: ":scheme", Value: "https"},
	{Name: ":path", Value: "/shop.v1.UserService/GetUser"},
	{Name: ":authority", Value: "users.internal:8443"},
	{Name: "te", Value: "trailers"},
	{Name: "content-type", Value: "application/grpc+proto"},
	{Name: "user-agent", Value: "grpc-go-curlew/1.0"},
	{Name: "grpc-accept-encoding", Value: "gzip"},
}

func BenchmarkEncoderRepeated(b *testing.B) {
	e := NewEncoder()
	dst := e.Append(nil, request)
	b.ReportAllocs()
	for b.Loop() {
		dst = e.Append(dst[:0], request)
	}
}

// A call with a deadline differs from the last in one value.
func BenchmarkEncoderTimeout(b *testing.B) {
	e := NewEncoder()
	fields := append(append([]Field(nil), request...), Field{Name: "grpc-timeout", Value: "999876u", NoIndex: true})
	dst := e.Append(nil, fields)
	fields[len(fields)-1].Value = "999123u"
	b.ReportAllocs()
	for b.Loop() {
		dst = e.Append(dst[:0], fields)
	}
}

func BenchmarkEncoderManyPaths(b *testing.B) {
	e := NewEncoder()
	var calls [][]Field
	for i := range 30 {
		fields := append([]Field(nil), request...)
		fields[2].Value = "/shop.v1.UserService/Method" + string(rune('A'+i))
		calls = append(calls, fields)
	}
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		for _, fields := range calls {
			dst = e.Append(dst[:0], fields)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(calls)), "ns/block")
}

// Each call has an identifier of its own.
func BenchmarkEncoderTrace(b *testing.B) {
	e := NewEncoder()
	fields := append(append([]Field(nil), request...), Field{Name: "traceparent"})
	ids := make([]string, 1000)
	for i := range ids {
		ids[i] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba9" + string([]byte{byte('0' + i/100), byte('0' + i/10%10), byte('0' + i%10), '7'}) + "-01"
	}
	var dst []byte
	b.ReportAllocs()
	i, total := 0, 0
	for b.Loop() {
		fields[len(fields)-1].Value = ids[i%len(ids)]
		i++
		dst = e.Append(dst[:0], fields)
		total += len(dst)
	}
	b.ReportMetric(float64(total)/float64(b.N), "B/block")
}

func BenchmarkDecoderIndexed(b *testing.B) {
	e, d := NewEncoder(), NewDecoder(DefaultTableSize)
	lim := Limits{1 << 20, 100}
	fields, _, _ := d.Decode(nil, e.Append(nil, request), lim)
	block := e.Append(nil, request)
	b.ReportAllocs()
	for b.Loop() {
		fields, _, _ = d.Decode(fields[:0], block, lim)
	}
}

// What a peer sends whose encoder keeps no table.
func BenchmarkDecoderLiteral(b *testing.B) {
	e, d := NewEncoder(), NewDecoder(DefaultTableSize)
	e.SetPeerTableSize(0)
	e.Append(nil, nil)
	block := e.Append(nil, request)
	lim := Limits{1 << 20, 100}
	var fields []Field
	b.SetBytes(int64(len(block)))
	b.ReportAllocs()
	for b.Loop() {
		fields, _, _ = d.Decode(fields[:0], block, lim)
	}
}

func BenchmarkDecoderTimeout(b *testing.B) {
	e, d := NewEncoder(), NewDecoder(DefaultTableSize)
	lim := Limits{1 << 20, 100}
	withTimeout := append(append([]Field(nil), request...), Field{Name: "grpc-timeout", Value: "999876u", NoIndex: true})
	fields, _, _ := d.Decode(nil, e.Append(nil, withTimeout), lim)
	withTimeout[len(withTimeout)-1].Value = "999123u"
	block := e.Append(nil, withTimeout)
	b.ReportAllocs()
	for b.Loop() {
		fields, _, _ = d.Decode(fields[:0], block, lim)
	}
}

func BenchmarkHuffmanEncode(b *testing.B) {
	const s = "/shop.v1.UserService/GetUser?and-some-more=Mozilla/5.0"
	var dst []byte
	b.SetBytes(int64(len(s)))
	for b.Loop() {
		dst = appendHuffman(dst[:0], s)
	}
}

func BenchmarkHuffmanDecode(b *testing.B) {
	const s = "/shop.v1.UserService/GetUser?and-some-more=Mozilla/5.0"
	coded := appendHuffman(nil, s)
	var dst []byte
	b.SetBytes(int64(len(s)))
	for b.Loop() {
		dst, _ = appendHuffmanDecoded(dst[:0], coded)
	}
}
