package frame

import "testing"

func BenchmarkAppendHeader(b *testing.B) {
	var dst []byte
	h := Header{Length: 123, Type: TypeHeaders, Flags: FlagEndHeaders, StreamID: 7}
	for b.Loop() {
		dst = AppendHeader(dst[:0], h)
	}
}

func BenchmarkParseAndCheck(b *testing.B) {
	buf := AppendHeader(nil, Header{Length: 123, Type: TypeHeaders, Flags: FlagEndHeaders, StreamID: 7})
	for b.Loop() {
		if ParseHeader(buf).Check(DefaultMaxSize) != nil {
			b.Fatal("refused")
		}
	}
}

func BenchmarkParseHeaders(b *testing.B) {
	buf := AppendHeaders(nil, 7, true, DefaultMaxSize, make([]byte, 100))
	for b.Loop() {
		if fragment, _, err := ParseHeaders(ParseHeader(buf), buf[HeaderLen:]); err != nil || len(fragment) != 100 {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendData(b *testing.B) {
	data := make([]byte, 1024)
	var dst []byte
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		dst = AppendData(dst[:0], 7, true, data)
	}
}

func BenchmarkAppendWindowUpdate(b *testing.B) {
	var dst []byte
	for b.Loop() {
		dst = AppendWindowUpdate(dst[:0], 7, 32768)
	}
}
