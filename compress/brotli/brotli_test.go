package brotli

import (
	"bytes"
	"io"
	"math"
	"testing"

	"github.com/andybalholm/brotli"

	"github.com/curlew-rpc/curlew/compress/internal/compresstest"
)

func format() *compresstest.Format {
	return &compresstest.Format{
		Compressor: New(),
		Name:       "br",
		Pack: func(content []byte) ([]byte, error) {
			return compresstest.WriteAll(func(w io.Writer) (io.WriteCloser, error) {
				return brotli.NewWriter(w), nil
			}, content)
		},
		Unpack: func(packed []byte) ([]byte, error) {
			return compresstest.ReadAll(brotli.NewReader(bytes.NewReader(packed)), nil)
		},
	}
}

func TestCompressor(t *testing.T) { format().Test(t) }

func FuzzCompressor(f *testing.F) { format().Fuzz(f) }

func BenchmarkCompressor(b *testing.B) { format().Benchmark(b) }

func TestLevels(t *testing.T) {
	content := bytes.Repeat([]byte("curlews call, "), 1000)
	for level := range brotli.BestCompression + 1 {
		c, err := NewLevel(level)
		if err != nil || c.Name() != "br" {
			t.Fatalf("level %d: %v, %v", level, c, err)
		}
		for range 2 { // the second time with what was pooled
			packed, err := c.Compress(nil, content)
			if err != nil || len(packed) > 200 {
				t.Fatalf("level %d: %d bytes, %v", level, len(packed), err)
			}
			if got, err := New().Decompress(nil, packed, len(content)); err != nil || !bytes.Equal(got, content) {
				t.Fatalf("level %d: %d bytes of %d, %v", level, len(got), len(content), err)
			}
		}
	}
	for _, level := range []int{-1, 12, math.MinInt, math.MaxInt} {
		if c, err := NewLevel(level); err == nil || c != nil {
			t.Errorf("NewLevel(%d) = %v, %v", level, c, err)
		}
	}
}
