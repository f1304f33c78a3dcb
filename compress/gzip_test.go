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

func TestGzipLevelMatters(t *testing.T) {
	content := make([]byte, 300)
	_, _ = rand.NewChaCha8([32]byte{}).Read(content)
	content = bytes.Repeat(content, 20)
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

// Many small members are a bomb too.
func TestGzipBombOfMembers(t *testing.T) {
	const limit = 100_000
	members := bytes.Repeat(pack(t, gzip.Header{}, strings.Repeat("0", 1000)), 200)
	got, err := Gzip().Decompress(nil, members, limit)
	if err != ErrTooLarge || len(got) != 0 || cap(got) > 2*limit {
		t.Errorf("length %d, capacity %d, %v", len(got), cap(got), err)
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
		"a wrong checksum":   damaged,
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
}
