package h2

import (
	"runtime"
	"time"

	"github.com/curlew-rpc/curlew/internal/bufpool"
	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/internal/h2/hpack"
	"github.com/curlew-rpc/curlew/internal/signal"
)

// wire returns the bytes that wait to be written, with room for n more.
func (c *Conn) roomLocked(n int) *bufpool.Buf {
	if c.wbuf == nil {
		c.wbuf = bufpool.Get(n)
	} else {
		c.wbuf.Grow(n)
	}
	return c.wbuf
}

func (c *Conn) unwrittenLocked() int {
	if c.wbuf == nil {
		return 0
	}
	return len(c.wbuf.B)
}

// appendHeadersLocked appends a header block as HEADERS and, if it is long, CONTINUATION.
func (c *Conn) appendHeadersLocked(id uint32, fields []hpack.Field, end bool) {
	c.pings.paid = true
	b := c.roomLocked(frame.HeaderLen + 256)
	start := len(b.B)
	b.B = append(b.B, make([]byte, frame.HeaderLen)...)
	b.B = c.enc.Append(b.B, fields)
	block := b.B[start+frame.HeaderLen:]
	if uint32(len(block)) > c.peerMaxFrame {
		block = append([]byte(nil), block...)
		b.B = frame.AppendHeaders(b.B[:start], id, end, c.peerMaxFrame, block)
		return
	}
	flags := frame.FlagEndHeaders
	if end {
		flags |= frame.FlagEndStream
	}
	frame.PutHeader(b.B[start:], frame.Header{Length: uint32(len(block)), Type: frame.TypeHeaders, Flags: flags, StreamID: id})
}

// appendDataLocked appends DATA. What follows DATA of the same stream that has not
// been written goes into that frame: small messages would otherwise cost both ends a
// frame each, and there are peers that end connections on which too many small
// frames come (CVE-2019-9517 and its like; Rust's h2 from 0.4.16).
func (c *Conn) appendDataLocked(id uint32, data []byte, end bool) {
	for {
		b := c.roomLocked(frame.HeaderLen + min(len(data), int(c.peerMaxFrame)))
		if c.tail.id != id || c.tail.end != len(b.B) || c.tail.size() >= int(c.peerMaxFrame) {
			c.tail = tailFrame{id, len(b.B), len(b.B) + frame.HeaderLen}
			b.B = append(b.B, make([]byte, frame.HeaderLen)...)
		}
		n := min(len(data), int(c.peerMaxFrame)-c.tail.size())
		b.B = append(b.B, data[:n]...)
		c.tail.end += n
		frame.PutHeader(b.B[c.tail.start:], dataHeader(id, c.tail.size(), end && n == len(data)))
		if data = data[n:]; len(data) == 0 {
			return
		}
	}
}

func dataHeader(id uint32, n int, end bool) frame.Header {
	h := frame.Header{Length: uint32(n), Type: frame.TypeData, StreamID: id}
	if end {
		h.Flags = frame.FlagEndStream
	}
	return h
}

// A tailFrame is a DATA frame that is the last of the write buffer's.
type tailFrame struct {
	id         uint32
	start, end int // of its header, and of its content
}

func (t *tailFrame) size() int { return t.end - t.start - frame.HeaderLen }

func (c *Conn) appendResetLocked(id uint32, code frame.ErrCode) {
	b := c.roomLocked(frame.HeaderLen + 4)
	b.B = frame.AppendRSTStream(b.B, id, code)
}

func (c *Conn) appendWindowUpdateLocked(id, inc uint32) {
	b := c.roomLocked(frame.HeaderLen + 4)
	b.B = frame.AppendWindowUpdate(b.B, id, inc)
}

// flushUnlock writes all that waits, unless somebody is at it already and will
// take it along. When other streams are busy it first lets them run, so that
// their frames ride along: one write a batch instead of one a call.
func (c *Conn) flushUnlock() {
	switch {
	case c.yielding && c.starved > 0 && c.batch >= earlyBatch:
		// The turn of who lets others run is taken over from him.
	case c.writing || c.muted || c.unwrittenLocked() == 0:
		c.mu.Unlock()
		return
	default:
		c.writing = true
		if c.running > 0 || (c.client && len(c.streams) > 1) {
			c.yielding = true
			c.mu.Unlock()
			runtime.Gosched()
			c.mu.Lock()
			if !c.yielding { // taken over
				c.mu.Unlock()
				return
			}
		}
	}
	c.yielding = false
	c.mu.Unlock()
	c.writeLoop(callerRounds)
}

// Where the peer has nothing to say before it hears from us, as one of the last few
// reads has shown by having to wait, a batch leaves when it has earlyBatch messages,
// although more may follow: were all to leave together, both ends would take turns, one
// working while the other sleeps. A write costs as much as some messages do; shared by
// so many it weighs less than the sleep. Where both always find something to read,
// batches are as large as they become.
const (
	earlyBatch   = 8
	starvedReads = 4
)

// kickUnlock has a goroutine write what waits, so that a sender of many
// messages can go on and fill the buffer meanwhile.
func (c *Conn) kickUnlock() {
	if c.writing || c.unwrittenLocked() == 0 {
		c.mu.Unlock()
		return
	}
	c.writing = true
	c.mu.Unlock()
	go c.writeLoop(untilDone)
}

// How many times a writeLoop writes before it leaves the rest to a goroutine:
// a caller has things of its own to do, and the reader must read on.
const (
	untilDone    = 0 // that goroutine; it may wait for the socket
	readerRounds = 1
	callerRounds = 16
)

// writeLoop writes until nothing is left; c.writing is the caller's. Where the
// socket is full, or rounds are over, another goroutine goes on.
func (c *Conn) writeLoop(rounds int) {
	mayBlock := rounds == untilDone
	for i := 1; ; i++ {
		if mayBlock {
			if err := c.sock.drain(c.cfg.WriteTimeout); err != nil {
				c.breakOff(err)
				return
			}
		}
		c.mu.Lock()
		c.wakeSendersLocked()
		out := c.wbuf
		if c.unwrittenLocked() == 0 || c.gone {
			c.writing = false
			done := c.closing && !c.gone
			c.muted = c.muted || done
			c.mu.Unlock()
			if done {
				c.hangUp()
			}
			return
		}
		c.wbuf = nil
		unsent := c.takenLocked()
		c.mu.Unlock()
		n, err := c.nc.Write(out.B)
		out.Free()
		if err != nil {
			c.notWritten(n, unsent, err)
			return
		}
		if !mayBlock && (i >= rounds || c.sock.blocked()) && c.handOver() {
			return
		}
	}
}

// takenLocked notes that all that waits is being written, and returns what
// notWritten is to be given if that fails.
func (c *Conn) takenLocked() (unsent uint32) {
	c.forced = 0
	c.batch = 0
	c.tail = tailFrame{}
	unsent = c.unsent
	c.unsent = c.nextID
	return unsent
}

// notWritten ends a connection of whose last write the socket has taken n bytes.
func (c *Conn) notWritten(n int, unsent uint32, cause error) {
	if n == 0 {
		c.mu.Lock()
		c.unsent = unsent
		c.mu.Unlock()
	}
	c.breakOff(cause)
}

// breakOff ends a connection that cannot be written to any more; c.writing stays
// set, since nobody will. A server's handlers have nobody left to answer. A client
// still hears what the peer said before: it may be the very answers that its
// streams wait for.
func (c *Conn) breakOff(cause error) {
	err := &ConnError{Code: frame.CodeNo, Reason: "writing", Cause: cause}
	if !c.client {
		c.fail(err)
		return
	}
	c.mu.Lock()
	first := !c.draining
	c.draining = true
	if c.err == nil {
		c.err = err
	}
	c.mu.Unlock()
	if first && c.observer.Draining != nil {
		c.observer.Draining()
	}
	if c.sock.SetReadDeadline(time.Now().Add(lingerTime)) != nil {
		c.fail(err)
	}
}

// handOver leaves the writing to a goroutine, if there is still any to do.
func (c *Conn) handOver() bool {
	c.mu.Lock()
	more := (c.unwrittenLocked() > 0 || c.sock.blocked()) && !c.gone
	c.mu.Unlock()
	if more {
		go c.writeLoop(untilDone)
	}
	return more
}

// The senders of DATA that wait for the connection, for its window or for room
// in its buffer, stand in a queue. One is woken at a time; when it has taken
// its turn it wakes the next if anything is left.

func (c *Conn) wakeSendersLocked() {
	if len(c.sendQueue) == 0 || !c.connMaySendLocked() {
		return
	}
	sig := c.sendQueue[0]
	c.sendQueue[0] = nil
	c.sendQueue = c.sendQueue[1:]
	sig.Raise()
}

func (c *Conn) leaveQueueLocked(sig signal.Signal) {
	for i, q := range c.sendQueue {
		if q == sig {
			c.sendQueue = append(c.sendQueue[:i], c.sendQueue[i+1:]...)
			return
		}
	}
}

func (c *Conn) connMaySendLocked() bool {
	return c.send.Available() > 0 && c.unwrittenLocked() < c.cfg.SendBuffer
}
