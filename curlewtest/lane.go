package curlewtest

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// A lane is one direction of a pipe: a bounded buffer between a writer and a
// reader. Whoever waits does so on the lane's condition, which testing/synctest
// knows to be a wait.
type lane struct {
	mu      sync.Mutex
	changed sync.Cond // of mu: anything below
	limit   int
	buf     []byte // written; from off on it has not been read
	off     int

	ended    bool  // the writer has closed: what is left is followed by io.EOF
	readErr  error // the reader has closed
	writeErr error // either has closed

	readBy, writeBy deadline
}

func newLane(limit int) *lane {
	l := &lane{limit: limit}
	l.changed.L = &l.mu
	return l
}

func (l *lane) read(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		switch {
		case l.readErr != nil:
			return 0, l.readErr
		case l.readBy.passed():
			return 0, os.ErrDeadlineExceeded
		case len(p) == 0:
			return 0, nil
		case l.off < len(l.buf):
			n := copy(p, l.buf[l.off:])
			l.off += n
			l.changed.Broadcast()
			return n, nil
		case l.ended:
			return 0, io.EOF
		}
		l.changed.Wait()
	}
}

func (l *lane) write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	written := 0
	for {
		n, err := l.tryLocked(p[written:])
		written += n
		if err != nil || written == len(p) {
			return written, err
		}
		l.changed.Wait()
	}
}

// try writes what there is room for.
func (l *lane) try(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.tryLocked(p)
}

func (l *lane) tryLocked(p []byte) (int, error) {
	switch {
	case l.writeErr != nil:
		return 0, l.writeErr
	case l.writeBy.passed():
		return 0, os.ErrDeadlineExceeded
	}
	n := min(len(p), l.limit-(len(l.buf)-l.off))
	if n == 0 {
		return 0, nil
	}
	if l.off > 0 && len(l.buf)+n > cap(l.buf) {
		l.buf = l.buf[:copy(l.buf, l.buf[l.off:])]
		l.off = 0
	}
	l.buf = append(l.buf, p[:n]...)
	l.changed.Broadcast()
	return n, nil
}

// closeWrite is the writer's: the reader gets what has been written and then
// io.EOF, and writing more is the error err.
func (l *lane) closeWrite(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	l.writeErr = err
	l.writeBy.stop()
	l.changed.Broadcast()
}

// closeRead is the reader's: it reads no more, and nobody can write.
func (l *lane) closeRead() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.readErr = net.ErrClosed
	if l.writeErr == nil {
		l.writeErr = syscall.EPIPE
	}
	l.buf, l.off = nil, 0
	l.readBy.stop()
	l.changed.Broadcast()
}

// A deadline is that of a lane's reader or writer.
type deadline struct {
	at    time.Time   // zero: none
	timer *time.Timer // wakes those who wait then; an old one does so for nothing
}

func (d *deadline) passed() bool { return !d.at.IsZero() && !time.Now().Before(d.at) }

func (d *deadline) stop() {
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
}

// setDeadline sets d, which is one of the lane's, to at; zero is none.
func (l *lane) setDeadline(d *deadline, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	d.stop()
	d.at = at
	if at.IsZero() {
		return
	}
	d.timer = time.AfterFunc(time.Until(at), func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.changed.Broadcast()
	})
}
