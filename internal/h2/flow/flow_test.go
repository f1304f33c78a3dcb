package flow

import (
	"math"
	"testing"
)

func TestSend(t *testing.T) {
	var w Send
	w.Init(65535)
	steps := []struct {
		name string
		do   func() bool
		ok   bool
		want int32
	}{
		{"take", func() bool { w.Take(65535); return true }, true, 0},
		{"credit", func() bool { return w.Add(100) }, true, 100},
		{"a smaller initial window", func() bool { return w.Adjust(16384 - 65535) }, true, 16384 - 65535 + 100}, // RFC 9113 §6.9.2
		{"credit for what is negative", func() bool { return w.Add(49051) }, true, 0},
		{"a larger initial window", func() bool { return w.Adjust(1000) }, true, 1000},
		{"too much credit", func() bool { return w.Add(maxWindow - 999) }, false, 1000},
		{"as much as there can be", func() bool { return w.Add(maxWindow - 1000) }, true, maxWindow},
		{"one more", func() bool { return w.Add(1) }, false, maxWindow},
		{"the most that can be said", func() bool { return w.Add(math.MaxUint32) }, false, maxWindow},
		{"a larger initial window, too large", func() bool { return w.Adjust(1) }, false, maxWindow},
		{"no change", func() bool { return w.Adjust(0) }, true, maxWindow},
	}
	for _, s := range steps {
		if ok := s.do(); ok != s.ok || w.Available() != s.want {
			t.Fatalf("%s: %v with %d available, want %v with %d", s.name, ok, w.Available(), s.ok, s.want)
		}
	}
	w.Init(-maxWindow)
	if w.Adjust(-2) || w.Available() != -maxWindow || !w.Adjust(-1) {
		t.Errorf("%d available at the lower end", w.Available())
	}
}

func TestRecv(t *testing.T) {
	var w Recv
	w.Init(1000)
	steps := []struct {
		name    string
		receive uint32
		ok      bool
		consume uint32
		update  uint32
	}{
		{"a little", 100, true, 100, 0},
		{"up to one less than half", 399, true, 399, 0},
		{"half", 1, true, 1, 500},
		{"nothing", 0, true, 0, 0},
		{"all at once", 1000, true, 0, 0},
		{"more than there is", 1, false, 0, 0},
		{"consumed in parts", 0, true, 499, 0},
		{"and more than half", 0, true, 501, 1000},
		{"far more than there is", math.MaxUint32, false, 0, 0},
		{"all again", 1000, true, 1000, 1000},
	}
	for _, s := range steps {
		if ok := w.Receive(s.receive); ok != s.ok {
			t.Fatalf("%s: Receive(%d) = %v", s.name, s.receive, ok)
		}
		if update := w.Consume(s.consume); update != s.update {
			t.Fatalf("%s: Consume(%d) = %d, want %d", s.name, s.consume, update, s.update)
		}
	}
}

func TestRecvGrow(t *testing.T) {
	var w Recv
	w.Init(1000)
	if !w.Receive(1000) || w.Consume(100) != 0 {
		t.Fatal("a window of 1000")
	}
	for _, size := range []int32{1000, 10, 0, -1} {
		if update := w.Grow(size); update != 0 || w.Size() != 1000 {
			t.Errorf("Grow(%d) = %d with a size of %d", size, update, w.Size())
		}
	}
	if update := w.Grow(3000); update != 2000 || w.Size() != 3000 {
		t.Errorf("Grow(3000) = %d with a size of %d", update, w.Size())
	}
	if w.Receive(2001) || !w.Receive(2000) {
		t.Error("not 2000 more")
	}
	if update := w.Consume(1399); update != 0 { // with the 100 above
		t.Errorf("an update of %d below half of the new size", update)
	}
	if update := w.Consume(1); update != 1500 {
		t.Errorf("an update of %d at half of the new size", update)
	}
	if update := w.Grow(maxWindow); update != maxWindow-3000 {
		t.Errorf("an update of %d", update)
	}
}

// Windows of next to nothing still let everything through.
func TestRecvTiny(t *testing.T) {
	for size := int32(1); size < 4; size++ {
		var w Recv
		w.Init(size)
		for range 100 {
			if !w.Receive(1) {
				t.Fatalf("a window of %d stalls", size)
			}
			w.Consume(1)
		}
	}
}

// FuzzWindows has a sender and a receiver keep to each other's words: all that is
// sent is accepted, and when all has been consumed at least half of the window is
// open again.
func FuzzWindows(f *testing.F) {
	f.Add(uint16(1000), []byte("\x00\xff\x01\x80\x02\xff\x00\xff"))
	f.Add(uint16(65535), []byte("\x00\xff\x00\xff\x03\x10\x01\xff\x02\x00"))
	f.Add(uint16(1), []byte("\x00\x01\x01\x01\x02\x00\x00\x01"))
	f.Fuzz(func(t *testing.T, size uint16, ops []byte) {
		var send Send
		var recv Recv
		send.Init(int32(size))
		recv.Init(int32(size))
		var held, onTheWay uint32 // not consumed yet; credit that has not arrived
		for i := 0; i+1 < len(ops); i += 2 {
			switch arg := uint32(ops[i+1]); ops[i] % 4 {
			case 0:
				n := min(send.Available(), int32(arg*arg))
				send.Take(n)
				if !recv.Receive(uint32(n)) {
					t.Fatalf("%d is refused", n)
				}
				held += uint32(n)
			case 1:
				n := held * arg / 255
				held -= n
				onTheWay += recv.Consume(n)
			case 2:
				if !send.Add(onTheWay) {
					t.Fatal("too much credit")
				}
				onTheWay = 0
			case 3:
				onTheWay += recv.Grow(int32(arg * 1000))
			}
			if send.Available() < 0 || int64(send.Available())+int64(onTheWay)+int64(held) > int64(recv.Size()) {
				t.Fatalf("%d available, %d on the way, %d held of %d", send.Available(), onTheWay, held, recv.Size())
			}
		}
		onTheWay += recv.Consume(held)
		if send.Add(onTheWay); send.Available() < (recv.Size()+1)/2 {
			t.Fatalf("%d available of %d", send.Available(), recv.Size())
		}
		if recv.Receive(uint32(send.Available()) + 1) {
			t.Fatal("more is accepted than was granted")
		}
	})
}
