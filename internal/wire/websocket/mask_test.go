package websocket

import (
	"bytes"
	"testing"
)

func slowMask(b []byte, key [4]byte, at uint64) {
	for i := range b {
		b[i] ^= key[(at+uint64(i))%4]
	}
}

func TestMask(t *testing.T) {
	key := [4]byte{0x12, 0x34, 0x56, 0x78}
	for n := range 100 {
		for at := range uint64(9) {
			for off := range 3 { // not aligned in memory either
				want := bytes.Repeat([]byte{0xa5}, n+off)[off:]
				got := bytes.Clone(want)
				slowMask(want, key, at)
				Mask(got, key, at)
				if !bytes.Equal(got, want) {
					t.Fatalf("%d bytes at %d: % x, want % x", n, at, got, want)
				}
			}
		}
	}
}

func BenchmarkMask(b *testing.B) {
	data := make([]byte, 4096)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		Mask(data, sampleKey, 1)
	}
}
