// Package compresstest tests what every compressor promises.
package compresstest

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew/compress"
)

// A Format is what differs between compressors.
type Format struct {
	Compressor compress.Compressor
	Name       string

	// Pack and Unpack are another implementation of the format, or at least another
	// way through the same one.
	Pack   func(content []byte) ([]byte, error)
	Unpack func(packed []byte) ([]byte, error)

	// Complete is how many bytes, of those that Pack makes of a short text, are a whole
	// already, other than all of them; 0 if there is no such number.
	Complete int

	// Slack is what Decompress may take above twice the limit.
	Slack int
}

// Noise is content that does not compress.
func Noise(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(b)
	return b
}

func (f *Format) pack(t testing.TB, content []byte) []byte {
	t.Helper()
	packed, err := f.Pack(content)
	if err != nil {
		t.Fatal(err)
	}
	return packed
}

// Test runs all tests.
func (f *Format) Test(t *testing.T) {
	if got := f.Compressor.Name(); got != f.Name {
		t.Errorf("Name = %q, want %q", got, f.Name)
	}
	t.Run("RoundTrip", f.RoundTrip)
	t.Run("Limit", f.limit)
	t.Run("Bomb", f.bomb)
	t.Run("Truncated", f.truncated)
	t.Run("Damaged", f.damaged)
	t.Run("Concurrently", f.concurrently)
	t.Run("StartsNothing", f.startsNothing)
}

// RoundTrip is the one of the tests that is worth it at every level of a compressor.
func (f *Format) RoundTrip(t *testing.T) {
	for _, content := range [][]byte{
		{0}, []byte("hello"), bytes.Repeat([]byte("curlew "), 10000), Noise(100), Noise(65536), Noise(65537), Noise(300000), make([]byte, 1<<20),
	} {
		packed, err := f.Compressor.Compress([]byte("before"), content)
		if err != nil || string(packed[:6]) != "before" {
			t.Fatalf("%d bytes: %q, %v", len(content), packed[:6], err)
		}
		if got, err := f.Unpack(packed[6:]); err != nil || !bytes.Equal(got, content) {
			t.Fatalf("another reader finds %d bytes of %d, %v", len(got), len(content), err)
		}
		for name, packed := range map[string][]byte{"ours": packed[6:], "another's": f.pack(t, content)} {
			got, err := f.Compressor.Decompress([]byte("before"), packed, len(content))
			if err != nil || string(got) != "before"+string(content) {
				t.Fatalf("%s: %d bytes of %d, %v", name, len(got)-6, len(content), err)
			}
		}
	}
}

// The limit is the number of bytes appended, to the byte, whatever room dst has.
func (f *Format) limit(t *testing.T) {
	for _, n := range []int{0, 1, 511, 512, 513, 70000} {
		content := strings.Repeat("a", n)
		ours, err := f.Compressor.Compress(nil, []byte(content))
		if err != nil {
			t.Fatal(err)
		}
		for name, packed := range map[string][]byte{"ours": ours, "another's": f.pack(t, []byte(content))} {
			if len(packed) == 0 {
				continue // a format in which nothing is no stream, and comes of no content
			}
			for _, room := range []int{0, n, 3 * n} {
				for _, limit := range []int{n, n + 1, math.MaxInt} {
					dst := append(make([]byte, 0, 5+room), "start"...)
					got, err := f.Compressor.Decompress(dst, packed, limit)
					if err != nil || string(got) != "start"+content {
						t.Fatalf("%s: %d bytes, limit %d, room %d: %d bytes, %v", name, n, limit, room, len(got)-5, err)
					}
				}
				for _, limit := range []int{n - 1, n / 2, 0, -1, math.MinInt} {
					if limit >= n {
						continue
					}
					dst := append(make([]byte, 0, 5+room), "start"...)
					got, err := f.Compressor.Decompress(dst, packed, limit)
					if err != compress.ErrTooLarge || string(got) != "start" {
						t.Fatalf("%s: %d bytes, limit %d, room %d: %q, %v", name, n, limit, room, got, err)
					}
				}
			}
		}
	}
}

// A bomb costs what the limit allows, in memory too.
func (f *Format) bomb(t *testing.T) {
	const limit = 100_000
	zeros := make([]byte, 16<<20)
	ours, err := f.Compressor.Compress(nil, zeros)
	if err != nil {
		t.Fatal(err)
	}
	for name, bomb := range map[string][]byte{"ours": ours, "another's": f.pack(t, zeros)} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		got, err := f.Compressor.Decompress(nil, bomb, limit)
		runtime.ReadMemStats(&after)
		if err != compress.ErrTooLarge || len(got) != 0 || cap(got) > 2*limit+f.Slack {
			t.Errorf("%s: %d bytes: length %d, capacity %d, %v", name, len(bomb), len(got), cap(got), err)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > 12<<20 {
			t.Errorf("%s: %d bytes were allocated", name, n)
		}
	}
}

func (f *Format) truncated(t *testing.T) {
	good := f.pack(t, []byte(strings.Repeat("hello, curlew", 100)))
	for n := range len(good) {
		if n > 0 && n == f.Complete {
			continue
		}
		got, err := f.Compressor.Decompress([]byte("dst"), good[:n], 1<<20)
		if err == nil || err == compress.ErrTooLarge || string(got) != "dst" {
			t.Errorf("the first %d bytes of %d: %q, %v", n, len(good), got, err)
		}
	}
	// Whatever was refused, what comes next works.
	if got, err := f.Compressor.Decompress(nil, good, 1300); err != nil || len(got) != 1300 {
		t.Errorf("afterwards: %d bytes, %v", len(got), err)
	}
}

func (f *Format) damaged(t *testing.T) {
	good := f.pack(t, []byte(strings.Repeat("hello, curlew", 100)))
	for name, in := range map[string][]byte{
		"nothing":       nil,
		"empty":         {},
		"text":          []byte("hello, this is nothing that was compressed"),
		"gzip":          []byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
		"deflate":       []byte("\x78\x9c\x03\x00\x00\x00\x00\x01"),
		"a byte behind": append(bytes.Clone(good), 0),
		"text behind":   append(bytes.Clone(good), "trailing garbage"...),
		"zeros behind":  append(bytes.Clone(good), make([]byte, 512)...),
		"much behind":   append(bytes.Clone(good), Noise(100_000)...),
	} {
		if name == f.Name {
			continue // that is no damage
		}
		got, err := f.Compressor.Decompress([]byte("dst"), in, 1<<20)
		if err == nil || err == compress.ErrTooLarge || string(got) != "dst" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// Many goroutines share the pools and each finds its own content.
func (f *Format) concurrently(t *testing.T) {
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			var packed, plain []byte
			for j := range 100 {
				content := bytes.Repeat(fmt.Appendf(nil, "%d-%d ", i, j), 1+j)
				var err error
				if packed, err = f.Compressor.Compress(packed[:0], content); err != nil {
					t.Error(err)
					return
				}
				if j%3 == 0 { // an error must not spoil what is pooled
					if _, err := f.Compressor.Decompress(nil, packed[:len(packed)-1], 1<<20); err == nil {
						t.Error("truncated input is accepted")
					}
				}
				if plain, err = f.Compressor.Decompress(plain[:0], packed, len(content)); err != nil || !bytes.Equal(plain, content) {
					t.Errorf("%d-%d: %d bytes of %d, %v", i, j, len(plain), len(content), err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func (f *Format) startsNothing(t *testing.T) {
	content := bytes.Repeat(Noise(1000), 1000)
	packed := f.pack(t, content)
	before := runtime.NumGoroutine()
	for range 20 {
		if _, err := f.Compressor.Compress(nil, content); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Compressor.Decompress(nil, packed, len(content)); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Compressor.Decompress(nil, packed[:len(packed)/2], len(content)); err == nil {
			t.Fatal("truncated input is accepted")
		}
		if _, err := f.Compressor.Decompress(nil, packed, len(content)/2); err != compress.ErrTooLarge {
			t.Fatal(err)
		}
	}
	deadline := time.Now().Add(20 * time.Second)
	for runtime.NumGoroutine() > before {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, before there were %d", runtime.NumGoroutine(), before)
		}
		time.Sleep(time.Millisecond)
	}
}

// Fuzz reads the input both as what a peer sent and as what to send.
func (f *Format) Fuzz(fz *testing.F) {
	fz.Add([]byte("curlew curlew"), 5)
	fz.Add(f.pack(fz, []byte("curlew curlew")), 13)
	fz.Add(f.pack(fz, make([]byte, 1<<20)), 1000)
	fz.Add(append(f.pack(fz, []byte("curlew")), f.pack(fz, Noise(100))...), 1000)
	fz.Fuzz(func(t *testing.T, in []byte, limit int) {
		limit %= 1 << 20
		start := []byte("start")
		out, err := f.Compressor.Decompress(start, in, limit)
		if !bytes.HasPrefix(out, start) {
			t.Fatalf("dst became %q", out)
		}
		n := len(out) - len(start)
		if err != nil && n != 0 || n > max(limit, 0) || cap(out) > 2*max(limit, 0)+1024+f.Slack {
			t.Fatalf("%d bytes with limit %d, capacity %d, %v", n, limit, cap(out), err)
		}
		if err == nil && n > 0 {
			// The same content does not pass one byte below its size.
			if _, err := f.Compressor.Decompress(nil, in, n-1); err != compress.ErrTooLarge {
				t.Fatalf("%d bytes with limit %d: %v", n, n-1, err)
			}
		}
		if len(in) == 0 {
			return
		}
		packed, err := f.Compressor.Compress(start, in)
		if err != nil {
			t.Fatal(err)
		}
		back, err := f.Compressor.Decompress(start, packed[len(start):], len(in))
		if err != nil || !bytes.Equal(back[len(start):], in) {
			t.Fatalf("%d bytes come back as %d, %v", len(in), len(back)-len(start), err)
		}
	})
}

// Sample is a bit like a protobuf message: short fields, some of them repeating.
func Sample(n int) []byte {
	var b []byte
	for i := 0; len(b) < n; i++ {
		b = fmt.Appendf(b, "\x0a\x10user-%06d\x12\x14user%d@example.com\x18%c", i*7919%1000003, i, i*31)
	}
	return b[:n]
}

// Benchmark measures both directions, and how much is saved.
func (f *Format) Benchmark(b *testing.B) {
	for _, n := range []int{200, 4 << 10, 256 << 10} {
		in := Sample(n)
		packed, err := f.Compressor.Compress(nil, in)
		if err != nil {
			b.Fatal(err)
		}
		run := func(name string, op func(dst []byte) ([]byte, error)) {
			b.Run(fmt.Sprintf("%s/size=%d", name, n), func(b *testing.B) {
				var out []byte
				b.SetBytes(int64(n))
				b.ReportAllocs()
				for b.Loop() {
					if out, err = op(out[:0]); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(100*float64(len(packed))/float64(n), "%")
			})
		}
		run("compress", func(dst []byte) ([]byte, error) { return f.Compressor.Compress(dst, in) })
		run("decompress", func(dst []byte) ([]byte, error) { return f.Compressor.Decompress(dst, packed, n) })
	}
}

// ReadAll is Unpack for what makes a reader.
func ReadAll(r io.Reader, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// WriteAll is Pack for what makes a writer.
func WriteAll(make func(io.Writer) (io.WriteCloser, error), content []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := make(&b)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(content); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
