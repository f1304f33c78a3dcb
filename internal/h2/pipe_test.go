package h2

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// newPipe returns the two ends of a connection in memory. Like a socket, and
// unlike net.Pipe, each direction holds up to limit bytes that nobody has read.
// All waiting is on a condition, which synctest knows to be a wait.
func newPipe(limit int) (*pipeEnd, *pipeEnd) {
	there, back := newPipeWay(limit), newPipeWay(limit)
	return &pipeEnd{in: back, out: there}, &pipeEnd{in: there, out: back}
}

// A pipeEnd is one end of a connection in memory.
type pipeEnd struct {
	in, out *pipeWay
}

func (p *pipeEnd) Read(b []byte) (int, error)        { return p.in.read(b) }
func (p *pipeEnd) Write(b []byte) (int, error)       { return p.out.write(b, true) }
func (p *pipeEnd) TryWrite(b []byte) (int, error)    { return p.out.write(b, false) }
func (p *pipeEnd) LocalAddr() net.Addr               { return pipeAddr("here") }
func (p *pipeEnd) RemoteAddr() net.Addr              { return pipeAddr("there") }
func (p *pipeEnd) SetReadDeadline(t time.Time) error { return p.in.setDeadline(&p.in.readBy, t) }

func (p *pipeEnd) SetWriteDeadline(t time.Time) error {
	return p.out.setDeadline(&p.out.writeBy, t)
}

func (p *pipeEnd) SetDeadline(t time.Time) error {
	p.SetReadDeadline(t)
	return p.SetWriteDeadline(t)
}

func (p *pipeEnd) CloseWrite() error {
	p.out.end(nil)
	return nil
}

func (p *pipeEnd) Close() error {
	p.in.end(net.ErrClosed)
	p.out.end(nil)
	return nil
}

// wayOnly hides everything of a connection but net.Conn: one that can only block.
type wayOnly struct{ net.Conn }

type pipeAddr string

func (pipeAddr) Network() string  { return "memory" }
func (a pipeAddr) String() string { return string(a) }

// A pipeWay is one direction of a pipe.
type pipeWay struct {
	mu      sync.Mutex
	changed sync.Cond
	limit   int
	buf     []byte
	ended   bool  // nobody writes any more
	readErr error // the reader has closed

	readBy, writeBy pipeDeadline
}

func newPipeWay(limit int) *pipeWay {
	w := &pipeWay{limit: limit}
	w.changed.L = &w.mu
	return w
}

func (w *pipeWay) read(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for {
		switch {
		case w.readErr != nil:
			return 0, w.readErr
		case w.readBy.passed:
			return 0, os.ErrDeadlineExceeded
		case len(w.buf) > 0:
			n := copy(b, w.buf)
			w.buf = w.buf[n:]
			w.changed.Broadcast()
			return n, nil
		case w.ended:
			return 0, io.EOF
		}
		w.changed.Wait()
	}
}

func (w *pipeWay) write(b []byte, block bool) (n int, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for {
		switch {
		case w.ended || w.readErr != nil:
			return n, syscall.EPIPE
		case w.writeBy.passed:
			return n, os.ErrDeadlineExceeded
		}
		if room := min(len(b)-n, w.limit-len(w.buf)); room > 0 {
			w.buf = append(w.buf, b[n:n+room]...)
			n += room
			w.changed.Broadcast()
		}
		if n == len(b) || !block {
			return n, nil
		}
		w.changed.Wait()
	}
}

// setLimit changes how much the way holds; 0 lets nothing through.
func (w *pipeWay) setLimit(limit int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.limit = limit
	w.changed.Broadcast()
}

// end ends the way: for its writer, or for its reader with readErr.
func (w *pipeWay) end(readErr error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if readErr != nil {
		w.readErr = readErr
		w.buf = nil
	} else {
		w.ended = true
	}
	w.readBy.stop()
	w.writeBy.stop()
	w.changed.Broadcast()
}

// A pipeDeadline is that of one side of a way.
type pipeDeadline struct {
	passed bool
	timer  *time.Timer
}

func (d *pipeDeadline) stop() {
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
}

func (w *pipeWay) setDeadline(d *pipeDeadline, at time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	d.stop()
	d.passed = false
	if at.IsZero() {
		return nil
	}
	var timer *time.Timer
	timer = time.AfterFunc(max(time.Until(at), 0), func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if d.timer == timer {
			d.passed = true
			w.changed.Broadcast()
		}
	})
	d.timer = timer
	return nil
}
