package zstd

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/curlew-rpc/curlew/compress"
	"github.com/curlew-rpc/curlew/compress/internal/compresstest"
)

// format packs as a stream, whose frames do not say how much they hold.
func format() *compresstest.Format {
	return &compresstest.Format{
		Compressor: New(),
		Name:       "zstd",
		Pack: func(content []byte) ([]byte, error) {
			return compresstest.WriteAll(func(w io.Writer) (io.WriteCloser, error) {
				return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
			}, content)
		},
		Unpack: func(packed []byte) ([]byte, error) {
			r, err := zstd.NewReader(bytes.NewReader(packed), zstd.WithDecoderConcurrency(1))
			return compresstest.ReadAll(r, err)
		},
	}
}

func TestCompressor(t *testing.T) { format().Test(t) }

func FuzzCompressor(f *testing.F) { format().Fuzz(f) }

func BenchmarkCompressor(b *testing.B) { format().Benchmark(b) }

// frame is one that holds n bytes, with a window or none.
func frame(t testing.TB, content []byte, opts ...zstd.EOption) []byte {
	t.Helper()
	e, err := zstd.NewWriter(nil, append(opts, zstd.WithEncoderConcurrency(1))...)
	if err != nil {
		t.Fatal(err)
	}
	return e.EncodeAll(content, nil)
}

func TestFrames(t *testing.T) {
	big := compresstest.Noise(10 << 20)
	skippable := []byte("\x50\x2a\x4d\x18\x03\x00\x00\x00abc")
	joined := bytes.Join([][]byte{frame(t, []byte("one ")), skippable, frame(t, []byte("two"))}, nil)
	// A last block of one byte behind a header with a window of 8 MiB, and of 16.
	widest, wide := "\x28\xb5\x2f\xfd\x00\x68\x09\x00\x00x", "\x28\xb5\x2f\xfd\x00\x70\x09\x00\x00x"
	for name, test := range map[string]struct {
		in    []byte
		limit int
		want  []byte
		err   error // io.EOF for any but ErrTooLarge
	}{
		"frames are joined":                 {joined, 7, []byte("one two"), nil},
		"and limited together":              {joined, 6, nil, compress.ErrTooLarge},
		"a frame of no bytes":               {frame(t, nil, zstd.WithZeroFrames(true)), 0, nil, nil},
		"only a skippable frame":            {skippable, 0, nil, nil},
		"one segment needs no window":       {frame(t, big, zstd.WithSingleSegment(true)), len(big), big, nil},
		"a large window and a known size":   {frame(t, big, zstd.WithWindowSize(16<<20)), len(big), big, nil},
		"the largest window":                {[]byte(widest), 1, []byte("x"), nil},
		"a larger one, an unknown size":     {[]byte(wide), 1, nil, io.EOF},
		"without a checksum":                {frame(t, []byte("one"), zstd.WithEncoderCRC(false)), 3, []byte("one"), nil},
		"half of a frame behind a good one": {append(frame(t, []byte("one")), joined[:10]...), 100, nil, io.EOF},
	} {
		got, err := New().Decompress(nil, test.in, test.limit)
		if !bytes.Equal(got, test.want) {
			t.Errorf("%s: %d bytes, want %d", name, len(got), len(test.want))
		}
		if err != test.err && (test.err != io.EOF || err == nil || errors.Is(err, compress.ErrTooLarge)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A flipped bit anywhere is found, by the checksum at last.
func TestChecksum(t *testing.T) {
	good, err := New().Compress(nil, bytes.Repeat([]byte("hello "), 100))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 8 * len(good) {
		bad := bytes.Clone(good)
		bad[i/8] ^= 1 << (i % 8)
		if got, err := New().Decompress(nil, bad, 600); err == nil && string(got) != string(bytes.Repeat([]byte("hello "), 100)) {
			t.Errorf("bit %d of %d: %d bytes and no error", i, 8*len(good), len(got))
		}
	}
}

// What a frame says of its size is believed up to the limit.
func TestClaimedSize(t *testing.T) {
	// A single segment that claims 2^40 bytes, and one that claims a million.
	for claim, want := range map[string]error{
		"\x28\xb5\x2f\xfd\xe0\x00\x00\x00\x00\x00\x01\x00\x00\x01\x00\x00": compress.ErrTooLarge,
		"\x28\xb5\x2f\xfd\xa0\x40\x42\x0f\x00\x01\x00\x00":                 nil,
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		got, err := New().Decompress(nil, []byte(claim), 1<<20)
		runtime.ReadMemStats(&after)
		if err == nil || want != nil && err != want || len(got) != 0 {
			t.Errorf("%x: %d bytes, %v", claim, len(got), err)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > 16<<20 {
			t.Errorf("%x: %d bytes were allocated", claim, n)
		}
	}
}
