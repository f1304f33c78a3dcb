package snappy

import (
	"bytes"
	"io"
	"testing"

	"github.com/klauspost/compress/s2"

	"github.com/curlew-rpc/curlew/compress"
	"github.com/curlew-rpc/curlew/compress/internal/compresstest"
)

func format() *compresstest.Format {
	return &compresstest.Format{
		Compressor: New(),
		Name:       "snappy",
		Pack: func(content []byte) ([]byte, error) {
			return compresstest.WriteAll(func(w io.Writer) (io.WriteCloser, error) {
				return s2.NewWriter(w, s2.WriterSnappyCompat(), s2.WriterConcurrency(1)), nil
			}, content)
		},
		Unpack: func(packed []byte) ([]byte, error) {
			return compresstest.ReadAll(s2.NewReader(bytes.NewReader(packed), s2.ReaderMaxBlockSize(64<<10)), nil)
		},
		Complete: len(identifier),
	}
}

func TestCompressor(t *testing.T) { format().Test(t) }

func FuzzCompressor(f *testing.F) { format().Fuzz(f) }

func BenchmarkCompressor(b *testing.B) { format().Benchmark(b) }

// chunk is a chunk with its header.
func chunk(kind byte, body string) string {
	return string([]byte{kind, byte(len(body)), byte(len(body) >> 8), byte(len(body) >> 16)}) + body
}

// data is a body with its checksum before it.
func data(content, body string) string {
	c := checksum([]byte(content))
	return string([]byte{byte(c), byte(c >> 8), byte(c >> 16), byte(c >> 24)}) + body
}

func TestChunks(t *testing.T) {
	hello := chunk(chunkUncompressed, data("hello", "hello"))
	compressed := chunk(chunkCompressed, data("hello", string(s2.EncodeSnappy(nil, []byte("hello")))))
	large := string(compresstest.Noise(maxBlock + 1))
	for name, test := range map[string]struct {
		in   string
		want string
		ok   bool
	}{
		"nothing but the identifier":          {identifier, "", true},
		"a chunk as it is":                    {identifier + hello, "hello", true},
		"a compressed chunk":                  {identifier + compressed, "hello", true},
		"both":                                {identifier + hello + compressed, "hellohello", true},
		"padding":                             {identifier + chunk(0xfe, "zeros") + hello, "hello", true},
		"a chunk that may be skipped":         {identifier + chunk(0x80, "abc") + hello + chunk(0xfd, ""), "hello", true},
		"the identifier again":                {identifier + hello + identifier + hello, "hellohello", true},
		"an empty chunk":                      {identifier + chunk(chunkUncompressed, data("", "")), "", true},
		"the largest chunk":                   {identifier + chunk(chunkUncompressed, data(large[1:], large[1:])), large[1:], true},
		"a larger chunk":                      {identifier + chunk(chunkUncompressed, data(large, large)), "", false},
		"a larger chunk, compressed":          {identifier + chunk(chunkCompressed, data(large, string(s2.EncodeSnappy(nil, []byte(large))))), "", false},
		"no identifier":                       {hello, "", false},
		"another identifier":                  {"\xff\x06\x00\x00S2sTwO" + hello, "", false},
		"another identifier later":            {identifier + hello + "\xff\x06\x00\x00S2sTwO" + hello, "", false},
		"a long identifier":                   {identifier + hello + chunk(chunkIdentifier, "sNaPpY!"), "", false},
		"a chunk that may not be skipped":     {identifier + chunk(0x02, "abc") + hello, "", false},
		"the last of those":                   {identifier + chunk(0x7f, "") + hello, "", false},
		"a wrong checksum":                    {identifier + chunk(chunkUncompressed, data("hallo", "hello")), "", false},
		"a wrong checksum of a compressed":    {identifier + chunk(chunkCompressed, data("hallo", string(s2.EncodeSnappy(nil, []byte("hello"))))), "", false},
		"no room for a checksum":              {identifier + chunk(chunkUncompressed, "abc"), "", false},
		"a block without a length":            {identifier + chunk(chunkCompressed, data("", "")), "", false},
		"a block that is cut off":             {identifier + chunk(chunkCompressed, data("hello", string(s2.EncodeSnappy(nil, []byte("hello"))[:3]))), "", false},
		"a block that says it holds too much": {identifier + chunk(chunkCompressed, data("hello", "\xff\xff\xff\xff\x0f")), "", false},
	} {
		got, err := New().Decompress([]byte("dst"), []byte(test.in), 1<<20)
		if string(got) != "dst"+test.want || (err == nil) != test.ok || err == compress.ErrTooLarge {
			t.Errorf("%s: %d bytes, %v", name, len(got)-3, err)
		}
	}
}

// What does not compress is sent as it is, with a few bytes around it.
func TestNoise(t *testing.T) {
	content := compresstest.Noise(200_000)
	packed, err := New().Compress(nil, content)
	if most := len(content) + len(identifier) + 4*(headerSize+crcSize); err != nil || len(packed) != most {
		t.Errorf("%d bytes became %d, want %d, %v", len(content), len(packed), most, err)
	}
}
