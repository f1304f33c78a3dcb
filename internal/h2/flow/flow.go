// Package flow is HTTP/2 flow control (RFC 9113 §5.2 and §6.9) as arithmetic:
// what may be sent, what credit to return, how large a window should be. It
// neither locks nor asks the time.
package flow

const maxWindow = 1<<31 - 1

// A Send window is the credit that the peer has given. It may be negative, after
// a SETTINGS frame has lowered the initial size (RFC 9113 §6.9.2).
type Send struct {
	n int32
}

// Init sets the credit to begin with.
func (w *Send) Init(n int32) { w.n = n }

// Available returns the credit.
func (w *Send) Available() int32 { return w.n }

// Take uses n of the credit, which must be available.
func (w *Send) Take(n int32) { w.n -= n }

// Add adds the increment of a WINDOW_UPDATE. It reports false, and adds nothing,
// if the window would exceed 2^31-1.
func (w *Send) Add(inc uint32) bool {
	sum := int64(w.n) + int64(inc)
	if sum > maxWindow {
		return false
	}
	w.n = int32(sum)
	return true
}

// Adjust adds the change of SETTINGS_INITIAL_WINDOW_SIZE. It reports false if
// the window would exceed 2^31-1.
func (w *Send) Adjust(delta int32) bool {
	sum := int64(w.n) + int64(delta)
	if sum > maxWindow || sum < -maxWindow-1 {
		return false
	}
	w.n = int32(sum)
	return true
}

// A Recv window is the credit that we have given. Of its size,
//
//	size = left for the peer to send + owed (consumed, not returned yet) + held by the application
//
// Credit is returned when half of the size is owed: with a window of 64 KiB,
// after 32 KiB have been consumed, one WINDOW_UPDATE of 32 KiB.
type Recv struct {
	size int32
	left int32
	owed int32
}

// Init sets the size.
func (w *Recv) Init(size int32) { *w = Recv{size: size, left: size} }

// Size returns the size.
func (w *Recv) Size() int32 { return w.size }

// Left returns how much the peer may send.
func (w *Recv) Left() int32 { return w.left }

// Receive notes that the peer has sent n. It reports false if that is more than
// it may.
func (w *Recv) Receive(n uint32) bool {
	if int64(n) > int64(w.left) {
		return false
	}
	w.left -= int32(n)
	return true
}

// Consume notes that the application has taken n of what was received, and
// returns the increment of the WINDOW_UPDATE to send now, 0 for none.
func (w *Recv) Consume(n uint32) (update uint32) {
	w.owed += int32(n)
	if w.owed < w.size/2 {
		return 0
	}
	update = uint32(w.owed)
	w.left += w.owed
	w.owed = 0
	return update
}

// Grow makes the window larger, and returns the increment of the WINDOW_UPDATE
// to send for that, 0 if it was as large already.
func (w *Recv) Grow(size int32) (update uint32) {
	if size <= w.size {
		return 0
	}
	more := size - w.size
	w.size = size
	w.left += more
	return uint32(more)
}
