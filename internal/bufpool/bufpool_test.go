package bufpool

import (
	"bytes"
	"testing"
)

func TestGetHoldsWhatWasAskedFor(t *testing.T) {
	for _, n := range []int{0, 1, 255, 256, 257, 1024, 1025, 16384, 16393, 1 << 20, maxSize, maxSize + 1} {
		b := Get(n)
		if len(b.B) != 0 || cap(b.B) < n {
			t.Errorf("Get(%d): len %d cap %d", n, len(b.B), cap(b.B))
		}
		if n > 256 && n <= maxSize && cap(b.B) > 4*n {
			t.Errorf("Get(%d) wastes: cap %d", n, cap(b.B))
		}
		b.Free()
	}
	(*Buf)(nil).Free()
}

func TestGrowKeepsBytes(t *testing.T) {
	var want []byte
	b := Get(0)
	for i := range 20000 {
		p := bytes.Repeat([]byte{byte(i)}, i%997)
		want = append(want, p...)
		b.Append(p)
	}
	if !bytes.Equal(b.B, want) {
		t.Fatal("bytes differ after growing")
	}
	b.Free()
}

func TestForeignArraysAreNotPooled(t *testing.T) {
	b := Get(256)
	b.B = make([]byte, 10, 300)
	b.Free()
	for range 100 {
		if got := Get(1024); cap(got.B) < 1024 {
			t.Fatalf("got a buffer of %d", cap(got.B))
		}
	}
}

func TestSteadyStateDoesNotAllocate(t *testing.T) {
	if n := testing.AllocsPerRun(1000, func() { Get(4096).Free() }); n > 0.1 {
		t.Errorf("%v allocations a loan", n)
	}
}
