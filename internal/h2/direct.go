package h2

import (
	"github.com/curlew-rpc/curlew/internal/bufpool"
	"github.com/curlew-rpc/curlew/internal/h2/frame"
)

// Long DATA is not copied into the connection's buffer: while nobody else writes,
// its sender writes it from where it is, with frame headers between.
const (
	// directSize is where that pays.
	directSize = 32 << 10
	// directPiece is what is written before the connection is looked at again. As
	// much may have to be copied when the socket is full; and where it cannot be
	// offered all at once, but by TLS's records, no more than may wait then.
	directPiece  = 512 << 10
	directPieces = maxRest / 2
)

// directPieceLocked returns how much of n bytes of DATA is to be written directly
// now; 0: it goes through the buffer.
func (c *Conn) directPieceLocked(n int) int {
	if n < directSize || c.writing || c.muted || c.gone {
		return 0
	}
	if c.nc == c.sock && c.sock.tryAll != nil {
		return min(n, directPiece)
	}
	return min(n, directPieces)
}

// writeDirectLocked writes what waits, and then data as DATA frames of s. It
// unlocks meanwhile; an error is the connection's end.
func (c *Conn) writeDirectLocked(s *Stream, data []byte, end bool) {
	c.writing = true
	out, bufs := c.directLocked(s.id, data, end)
	c.wakeSendersLocked() // there is room now
	if end {
		s.endLocalLocked() // before the peer can have answered
	}
	unsent := c.takenLocked()
	c.mu.Unlock()
	n, err := c.writeBuffers(bufs)
	out.Free()
	if err != nil {
		c.notWritten(n, unsent, err)
		c.mu.Lock()
		return
	}
	c.mu.Lock()
	if c.sock.blocked() || c.closing {
		go c.writeLoop(untilDone)
		return
	}
	c.writing = false
}

// directLocked takes the connection's buffer, completed by the headers of data's
// frames, and returns what is to be written, in order.
func (c *Conn) directLocked(id uint32, data []byte, end bool) (out *bufpool.Buf, bufs [][]byte) {
	size := int(c.peerMaxFrame)
	frames := (len(data) + size - 1) / size
	out = c.roomLocked(frames * frame.HeaderLen)
	c.wbuf = nil
	bufs = make([][]byte, 0, 2*frames+1)
	from := 0
	if t := &c.tail; t.id == id && t.end == len(out.B) && t.size() < size {
		// The frame of what came before takes the beginning too.
		n := min(len(data), size-t.size())
		frame.PutHeader(out.B[t.start:], dataHeader(id, t.size()+n, end && n == len(data)))
		bufs = append(bufs, out.B, data[:n])
		from = len(out.B)
		data = data[n:]
	}
	for len(data) > 0 {
		n := min(len(data), size)
		out.B = frame.AppendHeader(out.B, dataHeader(id, n, end && n == len(data)))
		bufs = append(bufs, out.B[from:], data[:n])
		from = len(out.B)
		data = data[n:]
	}
	return out, bufs
}

// writeBuffers writes bufs one after the other. TLS makes records of each.
func (c *Conn) writeBuffers(bufs [][]byte) (n int, err error) {
	if c.nc == c.sock {
		return c.sock.WriteBuffers(bufs)
	}
	for _, b := range bufs {
		m, err := c.nc.Write(b)
		n += m
		if err != nil {
			return n, err
		}
	}
	return n, nil
}
