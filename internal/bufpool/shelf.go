package bufpool

import (
	"runtime"
	"sync"
	"time"
)

// A shelf keeps large buffers. The collector runs often where large messages come
// and go, and a pool that it emptied would have to be filled anew each time: with
// zeroed memory, which costs more than all else that is done with a message. The
// shelf is cleared at the first collection after it has not been used for a while.
type shelf struct {
	mu      sync.Mutex
	bufs    [classes - smallClasses][]*Buf
	bytes   int
	used    time.Time
	watched bool // the next collection looks after it
}

const (
	// maxShelved bounds the bytes of a shelf.
	maxShelved = 32 << 20
	// shelfTime is how long they lie there unused.
	shelfTime = 2 * time.Second
)

// take returns a buffer of a class, or nil.
func (s *shelf) take(class int) *Buf {
	s.mu.Lock()
	defer s.mu.Unlock()
	bufs := &s.bufs[class-smallClasses]
	n := len(*bufs)
	if n == 0 {
		return nil
	}
	b := (*bufs)[n-1]
	(*bufs)[n-1] = nil
	*bufs = (*bufs)[:n-1]
	s.bytes -= cap(b.B)
	s.used = time.Now()
	return b
}

func (s *shelf) put(class int, b *Buf) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bytes+cap(b.B) > maxShelved {
		return
	}
	s.bufs[class-smallClasses] = append(s.bufs[class-smallClasses], b)
	s.bytes += cap(b.B)
	s.used = time.Now()
	if !s.watched {
		s.watched = true
		s.watch()
	}
}

// watch has the next collection call look.
func (s *shelf) watch() {
	type canary struct{ _ *byte }
	runtime.AddCleanup(new(canary), func(s *shelf) { s.look(time.Now()) }, s)
}

// look clears the shelf if it has not been used for a while.
func (s *shelf) look(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	idle := now.Sub(s.used)
	if idle < 0 || idle > shelfTime { // before: by the clock of a synctest bubble
		s.bufs = [classes - smallClasses][]*Buf{}
		s.bytes = 0
		s.watched = false
		return
	}
	s.watch()
}
