package compress

import (
	"bytes"
	"compress/zlib"
	"errors"
	"io"
	"math"
	"strings"
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

func TestDeflateLevelOutOfRange(t *testing.T) {
	for _, level := range []int{-3, 10, math.MinInt, math.MaxInt} {
		if c, err := DeflateLevel(level); err == nil || c != nil {
			t.Errorf("DeflateLevel(%d) = %v, %v", level, c, err)
		}
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
		"deflate without zlib": good[2 : len(good)-4],
		"a wrong checksum":     damaged,
		"a preset dictionary":  dictionary.Bytes(),
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
