package relay

import (
	"io"
	"net"
	"sync"
	"time"
)

const (
	pieceSize = 16 << 10 // of one read
	underWay  = 16       // pieces between reading and writing
)

// A Lane is one direction of a link.
type Lane struct {
	link     *Link
	from, to *net.TCPConn
	pieces   chan piece

	mu      sync.Mutex
	now     Conditions
	limit   int64         // bytes that may pass in all; negative: no limit
	passed  int64         // bytes written
	writes  int           // by how many writes
	over    bool          // the receiver has been told that no more will come
	changed chan struct{} // closed and replaced when something above changes
}

// A piece is what one read gave.
type piece struct {
	data []byte
	read time.Time
}

func newLane(link *Link, from, to *net.TCPConn, c Conditions) *Lane {
	return &Lane{
		link: link, from: from, to: to,
		pieces:  make(chan piece, underWay),
		now:     c,
		limit:   -1,
		changed: make(chan struct{}),
	}
}

// Set changes the conditions, those of bytes that are under way too.
func (l *Lane) Set(c Conditions) {
	l.change(func() { l.now = c })
}

// Limit has the lane stop after n bytes in all, exactly; a negative n is no limit.
// What comes further is held back, and passes when the limit is raised.
func (l *Lane) Limit(n int64) {
	l.change(func() { l.limit = n })
}

// Finish tells the receiver that no more will come, by FIN, while the other
// direction goes on. What comes further is forgotten.
func (l *Lane) Finish() {
	l.change(l.finishLocked)
}

func (l *Lane) finishLocked() {
	if !l.over {
		l.over = true
		l.to.CloseWrite()
	}
}

// Limited reports whether the lane has a limit.
func (l *Lane) Limited() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.limit >= 0
}

// Passed returns how many bytes have passed.
func (l *Lane) Passed() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.passed
}

// Reached returns when n bytes have passed, or the link has been cut or has ended.
func (l *Lane) Reached(n int64) {
	for {
		l.mu.Lock()
		enough, changed := l.passed >= n, l.changed
		l.mu.Unlock()
		if enough {
			return
		}
		select {
		case <-changed:
		case <-l.link.cut:
			return
		}
	}
}

func (l *Lane) change(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f()
	close(l.changed)
	l.changed = make(chan struct{})
}

// read takes what the sender sends.
func (l *Lane) read() {
	defer close(l.pieces)
	for {
		b := make([]byte, pieceSize)
		n, err := l.from.Read(b)
		if n > 0 {
			select {
			case l.pieces <- piece{b[:n], time.Now()}:
			case <-l.link.cut:
				return
			}
		}
		switch {
		case err == io.EOF:
			return
		case err != nil:
			l.link.Reset() // as the sender did
			return
		}
	}
}

// write gives it to the receiver, as the conditions have it.
func (l *Lane) write() {
	for p := range l.pieces {
		for len(p.data) > 0 {
			n, ok := l.admit(&p)
			if !ok {
				return
			}
			p.data = p.data[n:]
		}
	}
	// The end takes the same time as data, and is held back by a stall.
	if l.await(time.Now(), func(c *Conditions) bool { return !c.Stall && (l.limit < 0 || l.limit > l.passed) }) {
		l.mu.Lock()
		drop := l.now.Drop
		l.mu.Unlock()
		if drop {
			<-l.link.cut // nobody hears of it
			return
		}
		l.Finish()
	}
}

// admit forwards the first bytes of p when it is their time, and returns how many.
func (l *Lane) admit(p *piece) (int, bool) {
	may := func(c *Conditions) bool {
		return l.over || c.Drop || !c.Stall && (l.limit < 0 || l.passed < l.limit)
	}
	if !l.await(p.read, may) {
		return 0, false
	}
	l.mu.Lock()
	c, over, n := l.now, l.over, len(p.data)
	if c.Segment > 0 {
		n = min(n, c.Segment)
	}
	if l.limit >= 0 {
		n = min(n, int(max(l.limit-l.passed, 0)))
	}
	l.mu.Unlock()
	if over || c.Drop {
		return len(p.data), true
	}
	if _, err := l.to.Write(p.data[:n]); err != nil {
		l.mu.Lock()
		over = l.over
		l.mu.Unlock()
		if !over {
			l.link.Reset()
			return 0, false
		}
	}
	l.change(func() {
		l.passed += int64(n)
		l.writes++
	})
	if c.Rate > 0 && !l.pause(time.Duration(n)*time.Second/time.Duration(c.Rate)) {
		return 0, false
	}
	return n, true
}

// await waits until what was read at a time may be forwarded, and reports false
// if the link has been cut. may is called with the mutex held.
func (l *Lane) await(read time.Time, may func(*Conditions) bool) bool {
	for {
		l.mu.Lock()
		ok, changed := may(&l.now), l.changed
		wait := time.Until(read.Add(l.now.Delay))
		if l.now.Drop || l.over {
			wait = 0
		}
		l.mu.Unlock()
		if ok && wait <= 0 {
			return true
		}
		var due <-chan time.Time
		if ok {
			due = time.After(wait)
		}
		select {
		case <-due:
		case <-changed:
		case <-l.link.cut:
			return false
		}
	}
}

func (l *Lane) pause(d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-l.link.cut:
		return false
	}
}
