package compress_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"testing"

	"github.com/curlew-rpc/curlew/compress"
	"github.com/curlew-rpc/curlew/compress/internal/compresstest"
)

// formats are those of this package, with the standard library as the other
// implementation of each.
var formats = []struct {
	compresstest.Format
	level func(level int) (compress.Compressor, error)
}{
	{compresstest.Format{
		Compressor: compress.Gzip(),
		Name:       "gzip",
		Pack: func(content []byte) ([]byte, error) {
			return compresstest.WriteAll(func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil }, content)
		},
		Unpack: func(packed []byte) ([]byte, error) {
			r, err := gzip.NewReader(bytes.NewReader(packed))
			return compresstest.ReadAll(r, err)
		},
	}, compress.GzipLevel},
	{compresstest.Format{
		Compressor: compress.Deflate(),
		Name:       "deflate",
		Pack: func(content []byte) ([]byte, error) {
			return compresstest.WriteAll(func(w io.Writer) (io.WriteCloser, error) { return zlib.NewWriter(w), nil }, content)
		},
		Unpack: func(packed []byte) ([]byte, error) {
			r, err := zlib.NewReader(bytes.NewReader(packed))
			return compresstest.ReadAll(r, err)
		},
	}, compress.DeflateLevel},
}

func TestFormats(t *testing.T) {
	for _, f := range formats {
		t.Run(f.Name, f.Test)
		for level := gzip.HuffmanOnly; level <= gzip.BestCompression; level++ {
			t.Run(fmt.Sprintf("%s/level %d", f.Name, level), func(t *testing.T) {
				at := f.Format
				var err error
				if at.Compressor, err = f.level(level); err != nil {
					t.Fatal(err)
				}
				at.RoundTrip(t)
			})
		}
	}
}
