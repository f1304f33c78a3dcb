package compress

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"sync"
	"testing"
)

// packZlib is the standard library's zlib, as another implementation of the format.
func packZlib(t testing.TB, content string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	if _, err := io.WriteString(w, content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestDeflateRoundTrip(t *testing.T) {
	contents := [][]byte{
		{0}, []byte("hello"), bytes.Repeat([]byte("curlew "), 10000), noise(100), noise(100000), make([]byte, 1<<20),
	}
	for level := zlib.HuffmanOnly; level <= zlib.BestCompression; level++ {
		c, err := DeflateLevel(level)
		if err != nil || c.Name() != "deflate" {
			t.Fatalf("level %d: %v, %v", level, c, err)
		}
		for _, content := range contents {
			packed, err := c.Compress([]byte("before"), content)
			if err != nil || string(packed[:6]) != "before" {
				t.Fatalf("level %d: %q, %v", level, packed[:6], err)
			}
			r, err := zlib.NewReader(bytes.NewReader(packed[6:]))
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
	for _, level := range []int{-3, 10, math.MinInt, math.MaxInt} {
		if c, err := DeflateLevel(level); err == nil || c != nil {
			t.Errorf("DeflateLevel(%d) = %v, %v", level, c, err)
		}
	}
}

func TestDeflateLimit(t *testing.T) {
	c := Deflate()
	for _, n := range []int{0, 1, 511, 512, 513, 70000} {
		content := strings.Repeat("a", n)
		packed := packZlib(t, content)
		for _, limit := range []int{n, n + 1, math.MaxInt} {
			got, err := c.Decompress([]byte("start"), packed, limit)
			if err != nil || string(got) != "start"+content {
				t.Fatalf("%d bytes, limit %d: %d bytes, %v", n, limit, len(got)-5, err)
			}
		}
		for _, limit := range []int{n - 1, n / 2, 0, -1, math.MinInt} {
			if limit >= n {
				continue
			}
			got, err := c.Decompress([]byte("start"), packed, limit)
			if err != ErrTooLarge || string(got) != "start" {
				t.Fatalf("%d bytes, limit %d: %q, %v", n, limit, got, err)
			}
		}
	}
}

func TestDeflateBomb(t *testing.T) {
	bomb := packZlib(t, string(make([]byte, 16<<20)))
	const limit = 100_000
	got, err := Deflate().Decompress(nil, bomb, limit)
	if err != ErrTooLarge || len(got) != 0 || cap(got) > 2*limit {
		t.Errorf("%d bytes: length %d, capacity %d, %v", len(bomb), len(got), cap(got), err)
	}
}

func TestDeflateRefuses(t *testing.T) {
	good := packZlib(t, strings.Repeat("hello", 100))
	damaged := bytes.Clone(good)
	damaged[len(damaged)-1] ^= 1 // in the checksum
	var dictionary bytes.Buffer
	w, err := zlib.NewWriterLevelDict(&dictionary, zlib.BestSpeed, []byte("hello"))
	if err != nil {
		t.Fatal(err)
	}
	w.Write([]byte("hellohello"))
	w.Close()
	for name, in := range map[string][]byte{
		"nothing":              nil,
		"not zlib":             []byte("hello, this is no zlib at all"),
		"deflate without zlib": good[2 : len(good)-4],
		"a wrong checksum":     damaged,
		"a preset dictionary":  dictionary.Bytes(),
		"a byte behind":        append(bytes.Clone(good), 0),
		"a second stream":      append(bytes.Clone(good), good...),
	} {
		got, err := Deflate().Decompress([]byte("dst"), in, 1<<20)
		if err == nil || errors.Is(err, ErrTooLarge) || string(got) != "dst" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	for n := range len(good) {
		got, err := Deflate().Decompress([]byte("dst"), good[:n], 1<<20)
		if !errors.Is(err, io.ErrUnexpectedEOF) || string(got) != "dst" {
			t.Errorf("the first %d bytes of %d: %q, %v", n, len(good), got, err)
		}
	}
	// Whatever was refused, what comes next works.
	if got, err := Deflate().Decompress(nil, good, 500); err != nil || len(got) != 500 {
		t.Errorf("afterwards: %d bytes, %v", len(got), err)
	}
}

func TestDeflateConcurrently(t *testing.T) {
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			c := Deflate()
			var packed, plain []byte
			for j := range 200 {
				content := bytes.Repeat(fmt.Appendf(nil, "%d-%d ", i, j), 1+j)
				var err error
				if packed, err = c.Compress(packed[:0], content); err != nil {
					t.Error(err)
					return
				}
				if j%3 == 0 { // an error must not spoil what is pooled
					if _, err := c.Decompress(nil, packed[:len(packed)-1], 1<<20); err == nil {
						t.Error("truncated input is accepted")
					}
				}
				if plain, err = c.Decompress(plain[:0], packed, len(content)); err != nil || !bytes.Equal(plain, content) {
					t.Errorf("%d-%d: %d bytes of %d, %v", i, j, len(plain), len(content), err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestDeflateAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("sync.Pool drops at random under the race detector")
	}
	c := Deflate()
	content := bytes.Repeat([]byte("curlew "), 500)
	packed := make([]byte, 0, 10000)
	plain := make([]byte, 0, 10000)
	round := func() {
		var err error
		if packed, err = c.Compress(packed[:0], content); err != nil {
			t.Fatal(err)
		}
		if plain, err = c.Decompress(plain[:0], packed, len(content)); err != nil {
			t.Fatal(err)
		}
	}
	if got := testing.AllocsPerRun(200, round); got > 1 { // zlib takes a new checksum each time
		t.Errorf("%v allocations", got)
	}
}
