package compress

import (
	"bytes"
	"compress/gzip"
	"testing"
)

// What waits in the pools refers neither to the caller's slices nor to what a peer
// wrote into a header.
func TestGzipPoolsKeepNothing(t *testing.T) {
	packed := pack(t, gzip.Header{Name: "secret", Comment: "secret", Extra: []byte("secret")}, "hello")
	r := new(gzipReader)
	gzipReaders.Put(r)
	w := new(gzipWriter)
	w.gzip, _ = gzip.NewWriterLevel(w, gzip.BestSpeed)
	gzipWriters[gzip.BestSpeed-gzip.HuffmanOnly].Put(w)
	for range 100 { // a sync.Pool gives no promise which one it takes
		if _, err := Gzip().Decompress(nil, packed, 100); err != nil {
			t.Fatal(err)
		}
		if _, err := Gzip().Compress(nil, []byte("hello")); err != nil {
			t.Fatal(err)
		}
	}
	for range 10 {
		if r, _ := gzipReaders.Get().(*gzipReader); r != nil {
			if h := r.gzip.Header; h.Name != "" || h.Comment != "" || h.Extra != nil || r.in.Size() != 0 {
				t.Errorf("a pooled reader has header %+v and %d bytes of input", h, r.in.Size())
			}
		}
		if w, _ := gzipWriters[gzip.BestSpeed-gzip.HuffmanOnly].Get().(*gzipWriter); w != nil && w.out != nil {
			t.Error("a pooled writer has its output")
		}
	}
}

// With buffers that fit, neither direction allocates, as long as no code is longer
// than 9 bits: for those compress/flate makes tables anew.
func TestGzipAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("sync.Pool drops at random under the race detector")
	}
	c := Gzip()
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
	if got := testing.AllocsPerRun(200, round); got > 0 {
		t.Errorf("%v allocations", got)
	}
}
