package h2

import (
	"bytes"
	"errors"
	"io"
	"runtime"

	"github.com/curlew-rpc/curlew/internal/bufpool"
	"github.com/curlew-rpc/curlew/internal/h2/frame"
)

const (
	// readSize is how much is read at once, and maxReadSize when that is not enough.
	readSize    = 32 << 10
	maxReadSize = 128 << 10
	// idleReadSize is the buffer with which a connection waits that cannot wait
	// without one.
	idleReadSize = 2 << 10
)

// readLoop is the reading goroutine.
func (c *Conn) readLoop() {
	err := c.readFrames()
	var ce *ConnError
	if errors.As(err, &ce) && ce.Cause == nil {
		c.die(ce)
		c.linger()
	}
	switch {
	case errors.Is(err, io.EOF):
		// io.EOF itself means to who receives messages that all of them have come.
		ce = &ConnError{Code: frame.CodeNo, Reason: "connection closed by peer", Cause: io.ErrUnexpectedEOF}
	case ce == nil:
		ce = &ConnError{Code: frame.CodeNo, Reason: "reading", Cause: err}
	}
	c.fail(ce)
	c.rbuf.Free()
	c.rbuf = nil
	close(c.done)
	if c.observer.Closed != nil {
		c.observer.Closed(c.Err())
	}
}

// ErrForeign is the cause of the end of a connection that [Config].Foreign was given.
var ErrForeign = errors.New("h2: not an HTTP/2 connection")

func (c *Conn) readFrames() error {
	for {
		if err := c.fillOnReader(); err != nil {
			return err
		}
		err := c.parseOnReader()
		c.tellOnReader()
		if err != nil {
			return err
		}
		c.settleOnReader()
		if c.emptied {
			// Those who were woken go first: what they cause to come can be read
			// together with what has come meanwhile.
			runtime.Gosched()
		}
	}
}

// fillOnReader reads what the socket has behind what is left in the buffer.
func (c *Conn) fillOnReader() error {
	var n int
	var err error
	if c.raw != nil {
		n, err = c.raw.read()
	} else {
		n, err = c.nc.Read(c.readSpaceOnReader())
	}
	if n > 0 {
		c.rbuf.B = c.rbuf.B[:len(c.rbuf.B)+n]
		c.emptied = len(c.rbuf.B) < cap(c.rbuf.B)
		switch {
		case !c.emptied:
			c.readSize = min(2*cap(c.rbuf.B), maxReadSize)
		case n < c.readSize/4:
			c.readSize = readSize
		}
		c.heardOnReader()
		return nil
	}
	if err == nil {
		err = io.ErrNoProgress
	}
	return err
}

// readSpaceOnReader returns where to read to.
func (c *Conn) readSpaceOnReader() []byte {
	if c.rbuf == nil {
		size := c.readSize
		if c.raw == nil && c.data.left == 0 {
			size = idleReadSize
		}
		c.rbuf = bufpool.Get(size)
	}
	if cap(c.rbuf.B)-len(c.rbuf.B) < idleReadSize/2 {
		c.rbuf.Grow(readSize)
	}
	return c.rbuf.B[len(c.rbuf.B):cap(c.rbuf.B)]
}

// readNothingOnReader gives the buffer back before a wait.
func (c *Conn) readNothingOnReader() {
	c.waited = true
	if len(c.rbuf.B) == 0 {
		c.rbuf.Free()
		c.rbuf = nil
	}
}

// parseOnReader handles all that is complete in the buffer.
func (c *Conn) parseOnReader() error {
	if !c.prefaced && !c.client {
		if ok, err := c.prefaceOnReader(); !ok {
			return err
		}
	}
	for {
		b := c.rbuf.B[c.roff:]
		if c.data.left > 0 {
			n := min(len(b), int(c.data.left))
			if n == 0 {
				break
			}
			c.data.left -= uint32(n)
			c.roff += n
			if err := c.dataOnReader(c.data.id, b[:n], 0, c.data.end && c.data.left == 0); err != nil {
				return err
			}
			continue
		}
		if len(b) < frame.HeaderLen {
			break
		}
		h := frame.ParseHeader(b)
		if err := c.admitOnReader(h); err != nil {
			return err
		}
		b = b[frame.HeaderLen:]
		// DATA need not be there whole; that of other frames is handled in place.
		if h.Type == frame.TypeData && !h.Flags.Has(frame.FlagPadded) && h.Length > 0 {
			c.roff += frame.HeaderLen
			c.data = dataFrame{id: h.StreamID, left: h.Length, end: h.Flags.Has(frame.FlagEndStream)}
			continue
		}
		if len(b) < int(h.Length) {
			break
		}
		c.roff += frame.HeaderLen + int(h.Length)
		if err := c.frameOnReader(h, b[:h.Length]); err != nil {
			if err := c.punishable(err); err != nil {
				return err
			}
		}
	}
	c.compactOnReader()
	return nil
}

// tellOnReader tells the owners of streams that the peer ended, or had us end.
// They may use the connection, so its mutex must be free.
func (c *Conn) tellOnReader() {
	for i, s := range c.aborted {
		c.aborted[i] = nil
		if s.owner != nil {
			s.owner.Aborted(s.err)
		}
	}
	c.aborted = c.aborted[:0]
}

// compactOnReader drops what has been handled; an empty buffer is given back.
func (c *Conn) compactOnReader() {
	left := c.rbuf.B[c.roff:]
	c.roff = 0
	if len(left) == 0 {
		c.rbuf.Free()
		c.rbuf = nil
		return
	}
	c.rbuf.B = c.rbuf.B[:copy(c.rbuf.B, left)]
}

// prefaceOnReader checks the client's first octets, RFC 9113 §3.4.
func (c *Conn) prefaceOnReader() (ok bool, err error) {
	b := c.rbuf.B
	n := min(len(b), len(frame.Preface))
	if !bytes.Equal(b[:n], []byte(frame.Preface[:n])) {
		if c.cfg.Foreign != nil {
			foreign := &ConnError{Reason: "given to another protocol", Cause: ErrForeign}
			c.surrender(foreign)
			return false, foreign
		}
		return false, connError(frame.CodeProtocol, "the connection does not open with the HTTP/2 preface")
	}
	if n < len(frame.Preface) {
		return false, nil
	}
	c.prefaced = true
	c.roff = n
	if c.cfg.Foreign != nil {
		c.mu.Lock()
		c.muted = false
		c.flushUnlock()
	}
	return true, nil
}

// surrender gives a connection of another protocol to who knows it.
func (c *Conn) surrender(foreign *ConnError) {
	c.mu.Lock()
	c.gone = true
	c.err = foreign // whatever we have said meanwhile
	c.wbuf.Free()
	c.wbuf = nil
	c.watch.stopLocked()
	c.mu.Unlock()
	read := append([]byte(nil), c.rbuf.B...)
	c.rbuf.Free()
	c.rbuf = nil
	nc := c.sock.Conn
	if c.tls != nil {
		nc = c.nc
		c.sock.blocking = true // nobody drains it any more
	}
	c.cfg.Foreign(nc, read)
}

// settleOnReader sends what handling a batch of frames has queued.
func (c *Conn) settleOnReader() {
	c.mu.Lock()
	c.heardLocked()
	if c.waited {
		c.starved, c.waited = starvedReads, false
	} else if c.starved > 0 {
		c.starved--
	}
	if c.watch.waiting > 0 {
		c.watch.armLocked(c, &c.watch.requests, c.cfg.ReadTimeout)
	}
	if v := c.violated; v != nil {
		c.violated = nil
		if c.observer.Violated != nil {
			defer c.observer.Violated(v)
		}
	}
	if c.unwrittenLocked() == 0 || c.writing || c.muted {
		hungUp := c.muted && c.closing
		c.mu.Unlock()
		if hungUp && c.peaceful() {
			c.lingerOn()
		}
		return
	}
	c.writing = true
	c.mu.Unlock()
	c.writeLoop(readerRounds)
}

// linger reads on for a moment after a connection error, so that the peer
// gets our GOAWAY instead of a reset. What it may have sent before it could hear us
// is as much as the buffers of both systems hold.
func (c *Conn) linger() {
	for read := 0; read < 16<<20; {
		if c.rbuf != nil {
			read += len(c.rbuf.B)
			c.rbuf.B = c.rbuf.B[:0]
		}
		if c.fillOnReader() != nil {
			return
		}
	}
}
