package compress

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"testing"
)

// sample is a bit like a protobuf message: short fields, some of them repeating.
func sample(n int) []byte {
	var b []byte
	for i := 0; len(b) < n; i++ {
		b = fmt.Appendf(b, "\x0a\x10user-%06d\x12\x14user%d@example.com\x18%c", i*7919%1000003, i, i*31)
	}
	return b[:n]
}

func BenchmarkGzipCompress(b *testing.B) {
	for _, level := range []int{gzip.HuffmanOnly, gzip.BestSpeed, gzip.DefaultCompression} {
		for _, n := range []int{200, 4 << 10, 256 << 10} {
			b.Run(fmt.Sprintf("level=%d/size=%d", level, n), func(b *testing.B) {
				c, err := GzipLevel(level)
				if err != nil {
					b.Fatal(err)
				}
				in := sample(n)
				var out []byte
				b.SetBytes(int64(n))
				b.ReportAllocs()
				for b.Loop() {
					if out, err = c.Compress(out[:0], in); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(100*float64(len(out))/float64(n), "%")
			})
		}
	}
}

func BenchmarkGzipDecompress(b *testing.B) {
	for _, n := range []int{200, 4 << 10, 256 << 10} {
		b.Run(fmt.Sprintf("size=%d", n), func(b *testing.B) {
			in, err := Gzip().Compress(nil, sample(n))
			if err != nil {
				b.Fatal(err)
			}
			var out []byte
			b.SetBytes(int64(n))
			b.ReportAllocs()
			for b.Loop() {
				if out, err = Gzip().Decompress(out[:0], in, n); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// The costliest input a peer can send: nothing but beginnings.
func BenchmarkGzipEmptyMembers(b *testing.B) {
	one, err := Gzip().Compress(nil, nil)
	if err != nil {
		b.Fatal(err)
	}
	in := bytes.Repeat(one, (1<<20)/len(one))
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Gzip().Decompress(nil, in, 0); err != nil {
			b.Fatal(err)
		}
	}
}
