package bufpool

import (
	"runtime"
	"testing"
	"time"
)

func TestClasses(t *testing.T) {
	last := 0
	for c := range classes {
		size := sizeOf(c)
		if size <= last || class(size) != c || class(last+1) != c {
			t.Errorf("class %d has %d bytes, which are of class %d, after %d of class %d", c, size, class(size), last, class(last+1))
		}
		last = size
	}
	if last != maxSize || class(maxSize+1) != classes {
		t.Errorf("the last class has %d bytes", last)
	}
	for n := maxSmall + 1; n <= maxSize; n += 9973 {
		if size := sizeOf(class(n)); size < n || size > n+n/4 {
			t.Fatalf("%d bytes lie in %d", n, size)
		}
	}
}

func TestReserve(t *testing.T) {
	b := Get(100)
	b.B = append(b.B, "abc"...)
	b.Reserve(1 << 20)
	if string(b.B) != "abc" || cap(b.B) != 1<<20 {
		t.Errorf("%q in %d", b.B, cap(b.B))
	}
	b.Reserve(10)
	if cap(b.B) != 1<<20 {
		t.Errorf("Reserve shrinks to %d", cap(b.B))
	}
}

func TestLargeBuffersSurviveCollections(t *testing.T) {
	var s shelf
	c := class(1 << 20)
	b := &Buf{B: make([]byte, 0, sizeOf(c))}
	s.put(c, b)
	for range 4 {
		runtime.GC()
	}
	if s.take(c) != b {
		t.Error("a buffer in use is gone")
	}
	if s.take(c) != nil || s.bytes != 0 {
		t.Errorf("taken twice, %d bytes", s.bytes)
	}
}

func TestShelfHasABound(t *testing.T) {
	var s shelf
	c := class(1 << 20)
	for range 100 {
		s.put(c, &Buf{B: make([]byte, 0, sizeOf(c))})
	}
	if s.bytes != maxShelved {
		t.Errorf("%d bytes", s.bytes)
	}
}

// A shelf that nobody uses is cleared by a collection, and works after that.
func TestIdleShelfIsCleared(t *testing.T) {
	var s shelf
	c := class(100 << 10)
	for range 2 {
		s.put(c, &Buf{B: make([]byte, 0, sizeOf(c))})
		s.look(time.Now().Add(shelfTime / 2))
		if s.bytes == 0 {
			t.Error("cleared while in use")
		}
		s.mu.Lock()
		s.used = time.Now().Add(-2 * shelfTime)
		s.mu.Unlock()
		for end := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
			runtime.GC()
			s.mu.Lock()
			left := s.bytes
			s.mu.Unlock()
			if left == 0 {
				break
			}
			if time.Now().After(end) {
				t.Fatalf("%d bytes are left", left)
			}
		}
		if s.take(c) != nil {
			t.Error("a cleared shelf lends")
		}
	}
}
