// Package bufpool lends byte buffers in a few sizes, so that connections and
// streams own memory only while bytes are in them.
package bufpool

import (
	"math/bits"
	"sync"
)

// Small buffers come in powers of two, from 256 bytes to 64 KiB, and lie in pools
// that the garbage collector empties. Large ones, up to 8 MiB, come in quarters of a
// power of two, so that one wastes a fifth at most, and lie on a shelf. What is
// larger is allocated exactly and left to the garbage collector.
const (
	minShift     = 8
	smallShift   = 16
	maxShift     = 23
	smallClasses = smallShift - minShift + 1
	classes      = smallClasses + 4*(maxShift-smallShift)
	maxSmall     = 1 << smallShift
	maxSize      = 1 << maxShift
)

var (
	pools [smallClasses]sync.Pool
	large shelf
)

// A Buf is a growing byte buffer on loan. Its holder appends to B, keeping
// len(B) <= cap(B) by calling Grow first, and gives it back with Free. It is
// not safe for concurrent use.
type Buf struct {
	B []byte
}

// class returns the smallest class that holds n bytes, or classes when none does.
func class(n int) int {
	switch {
	case n <= 1<<minShift:
		return 0
	case n <= maxSmall:
		return bits.Len(uint(n-1)) - minShift
	case n > maxSize:
		return classes
	}
	shift := bits.Len(uint(n-1)) - 1 // n is in (1<<shift, 2<<shift]
	quarters := (n - 1<<shift + 1<<(shift-2) - 1) >> (shift - 2)
	return smallClasses + 4*(shift-smallShift) + quarters - 1
}

// sizeOf returns the size of a class's buffers.
func sizeOf(class int) int {
	if class < smallClasses {
		return 1 << (minShift + class)
	}
	class -= smallClasses
	shift := smallShift + class/4
	return 1<<shift + (class%4+1)<<(shift-2)
}

// Get lends an empty buffer with room for at least n bytes.
func Get(n int) *Buf {
	c := class(n)
	if c >= classes {
		return &Buf{B: make([]byte, 0, n)}
	}
	var b *Buf
	if c < smallClasses {
		b, _ = pools[c].Get().(*Buf)
	} else {
		b = large.take(c)
	}
	if b == nil {
		b = &Buf{B: make([]byte, 0, sizeOf(c))}
	}
	return b
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
	b.move(want)
}

// Reserve makes the buffer hold n bytes in all, those that it has included.
func (b *Buf) Reserve(n int) {
	if cap(b.B) < n {
		b.move(n)
	}
}

func (b *Buf) move(size int) {
	bigger := Get(size)
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
	if c >= classes || cap(b.B) != sizeOf(c) {
		return
	}
	b.B = b.B[:0]
	if c < smallClasses {
		pools[c].Put(b)
	} else {
		large.put(c, b)
	}
}
