// Package bufpool lends byte buffers in a few sizes, so that connections and
// streams own memory only while bytes are in them.
package bufpool

import (
	"math/bits"
	"sync"
)

// The classes are powers of two from 256 bytes to 4 MiB: a buffer wastes at
// most half, and growing byte by byte copies each byte about once more. What
// is larger is allocated exactly and left to the garbage collector.
const (
	minShift = 8
	classes  = 15
	maxSize  = 1 << (minShift + classes - 1)
)

var pools [classes]sync.Pool

// A Buf is a growing byte buffer on loan. Its holder appends to B, keeping
// len(B) <= cap(B) by calling Grow first, and gives it back with Free. It is
// not safe for concurrent use.
type Buf struct {
	B []byte
}

// class returns the smallest class that holds n bytes, or classes when none does.
func class(n int) int {
	if n <= 1<<minShift {
		return 0
	}
	return bits.Len(uint(n-1)) - minShift
}

// Get lends an empty buffer with room for at least n bytes.
func Get(n int) *Buf {
	c := class(n)
	if c >= classes {
		return &Buf{B: make([]byte, 0, n)}
	}
	if b, _ := pools[c].Get().(*Buf); b != nil {
		return b
	}
	return &Buf{B: make([]byte, 0, 1<<(minShift+c))}
}

// Grow makes room for n more bytes behind B, moving its bytes if it must.
func (b *Buf) Grow(n int) {
	if cap(b.B)-len(b.B) >= n {
		return
	}
	want := max(len(b.B)+n, 2*cap(b.B))
	if want > maxSize {
		want = max(len(b.B)+n, cap(b.B)+cap(b.B)/2)
	}
	bigger := Get(want)
	bigger.B = append(bigger.B, b.B...)
	b.B, bigger.B = bigger.B, b.B
	bigger.Free()
}

// Append adds p, growing the buffer as needed.
func (b *Buf) Append(p []byte) {
	b.Grow(len(p))
	b.B = append(b.B, p...)
}

// Free gives the buffer back. Neither b nor what B pointed to may be used
// afterwards. A nil Buf may be freed.
func (b *Buf) Free() {
	if b == nil {
		return
	}
	// A buffer that its holder replaced by another is pooled by what it is now.
	c := class(cap(b.B))
	if c >= classes || cap(b.B) != 1<<(minShift+c) {
		return
	}
	b.B = b.B[:0]
	pools[c].Put(b)
}
