package compress

import (
	"bytes"
	"compress/gzip"
	"errors"
	"testing"
)

// FuzzGzip reads the input both as what a peer sent and as what to send.
func FuzzGzip(f *testing.F) {
	f.Add([]byte("curlew curlew"), 5, 6)
	f.Add(pack(f, gzip.Header{Name: "n", Comment: "c", Extra: []byte("x")}, "curlew curlew"), 13, 1)
	f.Add(bytes.Repeat(pack(f, gzip.Header{}, "curlew"), 3), 17, -2)
	bomb, _ := Gzip().Compress(nil, make([]byte, 1<<20))
	f.Add(bomb, 1000, 9)
	f.Fuzz(func(t *testing.T, in []byte, limit, level int) {
		limit %= 1 << 20
		start := []byte("start")
		out, err := Gzip().Decompress(start, in, limit)
		if !bytes.HasPrefix(out, start) {
			t.Fatalf("dst became %q", out)
		}
		if err != nil && len(out) != len(start) || len(out) > len(start)+max(limit, 0) {
			t.Fatalf("%d bytes with limit %d, %v", len(out)-len(start), limit, err)
		}
		if cap(out) > 2*max(limit, 0)+1024 {
			t.Fatalf("capacity %d with limit %d", cap(out), limit)
		}
		if err == nil && limit > 0 {
			// The same content does not pass one byte below its size.
			if n := len(out) - len(start); n > 0 {
				if _, err := Gzip().Decompress(nil, in, n-1); !errors.Is(err, ErrTooLarge) {
					t.Fatalf("%d bytes with limit %d: %v", n, n-1, err)
				}
			}
		}

		c, err := GzipLevel(level)
		if err != nil {
			if level >= gzip.HuffmanOnly && level <= gzip.BestCompression {
				t.Fatal(err)
			}
			c = Gzip()
		}
		packed, err := c.Compress(start, in)
		if err != nil {
			t.Fatal(err)
		}
		back, err := c.Decompress(start, packed[len(start):], len(in))
		if err != nil || !bytes.Equal(back[len(start):], in) {
			t.Fatalf("%d bytes come back as %d, %v", len(in), len(back)-len(start), err)
		}
	})
}

// FuzzDeflate is the same for deflate.
func FuzzDeflate(f *testing.F) {
	f.Add([]byte("curlew curlew"), 5)
	f.Add(packZlib(f, "curlew curlew"), 13)
	f.Add(packZlib(f, string(make([]byte, 1<<20))), 1000)
	f.Add(append(packZlib(f, "curlew"), 0), 100)
	f.Fuzz(func(t *testing.T, in []byte, limit int) {
		limit %= 1 << 20
		start := []byte("start")
		out, err := Deflate().Decompress(start, in, limit)
		if !bytes.HasPrefix(out, start) {
			t.Fatalf("dst became %q", out)
		}
		n := len(out) - len(start)
		if err != nil && n != 0 || n > max(limit, 0) || cap(out) > 2*max(limit, 0)+1024 {
			t.Fatalf("%d bytes with limit %d, capacity %d, %v", n, limit, cap(out), err)
		}
		if err == nil && n > 0 {
			// The same content does not pass one byte below its size.
			if _, err := Deflate().Decompress(nil, in, n-1); !errors.Is(err, ErrTooLarge) {
				t.Fatalf("%d bytes with limit %d: %v", n, n-1, err)
			}
		}
		packed, err := Deflate().Compress(start, in)
		if err != nil {
			t.Fatal(err)
		}
		back, err := Deflate().Decompress(start, packed[len(start):], len(in))
		if err != nil || !bytes.Equal(back[len(start):], in) {
			t.Fatalf("%d bytes come back as %d, %v", len(in), len(back)-len(start), err)
		}
	})
}
