package compress

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// pack is the standard library's gzip, as another implementation of the format.
func pack(t testing.TB, header gzip.Header, content string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Header = header
	if _, err := io.WriteString(w, content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// noise is content that does not compress.
func noise(n int) []byte {
	b := make([]byte, n)
	rnd := rand.NewChaCha8([32]byte{1})
	_, _ = rnd.Read(b)
	return b
}

func allLevels(t *testing.T) map[int]Compressor {
	levels := map[int]Compressor{}
	for level := gzip.HuffmanOnly; level <= gzip.BestCompression; level++ {
		c, err := GzipLevel(level)
		if err != nil {
			t.Fatal(err)
		}
		levels[level] = c
	}
	return levels
}

func TestGzipRoundTrip(t *testing.T) {
	contents := [][]byte{
		nil, {0}, []byte("hello"), bytes.Repeat([]byte("curlew "), 10000), noise(100), noise(100000), make([]byte, 1<<20),
	}
	for level, c := range allLevels(t) {
		if c.Name() != "gzip" {
			t.Errorf("Name = %q", c.Name())
		}
		for _, content := range contents {
			packed, err := c.Compress([]byte("before"), content)
			if err != nil || string(packed[:6]) != "before" {
				t.Fatalf("level %d: %q, %v", level, packed[:6], err)
			}
			r, err := gzip.NewReader(bytes.NewReader(packed[6:]))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, content) {
				t.Fatalf("level %d: another reader finds %d bytes of %d, %v", level, len(got), len(content), err)
			}
			got, err := c.Decompress([]byte("before"), packed[6:], len(content))
			if err != nil || string(got) != "before"+string(content) {
				t.Fatalf("level %d: %d bytes of %d, %v", level, len(got)-6, len(content), err)
			}
		}
	}
}

func TestGzipLevelMatters(t *testing.T) {
	content := bytes.Repeat(noise(300), 20)
	size := map[int]int{}
	for level, c := range allLevels(t) {
		packed, err := c.Compress(nil, content)
		if err != nil {
			t.Fatal(err)
		}
		size[level] = len(packed)
	}
	if size[gzip.NoCompression] <= len(content) || size[gzip.BestCompression] > len(content)/10 {
		t.Errorf("sizes by level of %d bytes: %v", len(content), size)
	}
	for _, level := range []int{-3, 10, math.MinInt, math.MaxInt} {
		if c, err := GzipLevel(level); err == nil || c != nil {
			t.Errorf("GzipLevel(%d) = %v, %v", level, c, err)
		}
	}
}

// The limit is the number of bytes appended, to the byte, whatever room dst has.
func TestGzipLimit(t *testing.T) {
	c := Gzip()
	for _, n := range []int{0, 1, 511, 512, 513, 70000} {
		content := strings.Repeat("a", n)
		packed := pack(t, gzip.Header{}, content)
		for _, room := range []int{0, n, n + 1, 3 * n} {
			for _, limit := range []int{n, n + 1, math.MaxInt} {
				dst := append(make([]byte, 0, 5+room), "start"...)
				got, err := c.Decompress(dst, packed, limit)
				if err != nil || string(got) != "start"+content {
					t.Fatalf("%d bytes, limit %d, room %d: %d bytes, %v", n, limit, room, len(got)-5, err)
				}
			}
			for _, limit := range []int{n - 1, n / 2, 0, -1, math.MinInt} {
				if limit >= n {
					continue
				}
				dst := append(make([]byte, 0, 5+room), "start"...)
				got, err := c.Decompress(dst, packed, limit)
				if err != ErrTooLarge || string(got) != "start" {
					t.Fatalf("%d bytes, limit %d, room %d: %q, %v", n, limit, room, got, err)
				}
			}
		}
	}
}

// A bomb costs what the limit allows, in memory too.
func TestGzipBomb(t *testing.T) {
	var bomb []byte
	zeros := make([]byte, 16<<20)
	bomb, err := Gzip().Compress(nil, zeros)
	if err != nil {
		t.Fatal(err)
	}
	const limit = 100_000
	got, err := Gzip().Decompress(nil, bomb, limit)
	if err != ErrTooLarge || len(got) != 0 || cap(got) > 2*limit {
		t.Errorf("one member of %d bytes: length %d, capacity %d, %v", len(bomb), len(got), cap(got), err)
	}
	members := bytes.Repeat(pack(t, gzip.Header{}, string(zeros[:1000])), 200)
	got, err = Gzip().Decompress(nil, members, limit)
	if err != ErrTooLarge || len(got) != 0 || cap(got) > 2*limit {
		t.Errorf("many members: length %d, capacity %d, %v", len(got), cap(got), err)
	}
}

// The size in the trailer is only a claim.
func TestGzipFalseSize(t *testing.T) {
	for _, claim := range []string{"\xff\xff\xff\xff", "\x00\x00\x00\x00", "\x06\x00\x00\x00"} {
		packed := pack(t, gzip.Header{}, "hello")
		copy(packed[len(packed)-4:], claim)
		got, err := Gzip().Decompress(nil, packed, 1<<30)
		if !errors.Is(err, gzip.ErrChecksum) || len(got) != 0 || cap(got) > 4096 {
			t.Errorf("claim %x: length %d, capacity %d, %v", claim, len(got), cap(got), err)
		}
	}
}

func TestGzipMembers(t *testing.T) {
	joined := append(pack(t, gzip.Header{}, "one "), pack(t, gzip.Header{Name: "n", Comment: "c", Extra: []byte("x")}, "two ")...)
	joined = append(joined, pack(t, gzip.Header{}, "")...)
	joined = append(joined, pack(t, gzip.Header{}, "three")...)
	got, err := Gzip().Decompress(nil, joined, 13)
	if err != nil || string(got) != "one two three" {
		t.Errorf("Decompress = %q, %v", got, err)
	}
	if got, err := Gzip().Decompress(nil, joined, 12); err != ErrTooLarge || len(got) != 0 {
		t.Errorf("Decompress = %q, %v", got, err)
	}
}

func TestGzipRefuses(t *testing.T) {
	good := pack(t, gzip.Header{Name: "name", Extra: []byte("extra")}, strings.Repeat("hello", 100))
	damaged := bytes.Clone(good)
	damaged[len(damaged)-8] ^= 1 // in the checksum
	for name, in := range map[string][]byte{
		"nothing":            nil,
		"empty":              {},
		"not gzip":           []byte("hello, this is no gzip at all"),
		"zlib":               []byte("\x78\x9c\x03\x00\x00\x00\x00\x01"),
		"a wrong checksum":   damaged,
		"a byte behind":      append(bytes.Clone(good), 0),
		"zeros behind":       append(bytes.Clone(good), make([]byte, 512)...),
		"text behind":        append(bytes.Clone(good), "trailing garbage"...),
		"half a member more": append(bytes.Clone(good), good[:len(good)/2]...),
	} {
		got, err := Gzip().Decompress([]byte("dst"), in, 1<<20)
		if err == nil || errors.Is(err, ErrTooLarge) || string(got) != "dst" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	for n := 1; n < len(good); n++ {
		got, err := Gzip().Decompress([]byte("dst"), good[:n], 1<<20)
		if !errors.Is(err, io.ErrUnexpectedEOF) || string(got) != "dst" {
			t.Errorf("the first %d bytes of %d: %q, %v", n, len(good), got, err)
		}
	}
	// Whatever was refused, what comes next works.
	if got, err := Gzip().Decompress(nil, good, 500); err != nil || len(got) != 500 {
		t.Errorf("afterwards: %d bytes, %v", len(got), err)
	}
}
