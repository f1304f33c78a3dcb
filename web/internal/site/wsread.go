package site

import (
	"errors"
	"time"

	"github.com/curlew-rpc/curlew/internal/bufpool"
	"github.com/curlew-rpc/curlew/internal/wire/websocket"
)

const (
	readBuffer = 4 << 10
	// readPiece is how much of a long frame is read at once.
	readPiece = 64 << 10
)

// How the reading of a WebSocket ends, beside errors of the socket, *websocket.Error for
// what is wrong by RFC 6455, and *transport.Status for what is wrong by the sub-protocol.
var (
	errClosed = errors.New("the client has closed the WebSocket")
	errCut    = errors.New("the server is shutting down")
	errSilent = errors.New("the client does not answer pings")
	errLate   = errors.New("the client takes too long")
)

// An inbound is what comes in over a WebSocket. It belongs to the goroutine that reads.
type inbound struct {
	c        *socket
	buf      []byte // what has been read and not used yet
	space    []byte // where buf lies
	asm      websocket.Assembler
	part     int    // bytes of the message under way
	skip     uint64 // bytes of a frame that nobody has a use for
	dropping bool   // messages are of no use any more
	pinged   bool   // and nothing has come since
	code     websocket.CloseCode
}

// next returns the next message, and answers control frames until then. The message is
// the caller's. One above the limit is an *websocket.Error with TooBig, after which
// there are no more, only control frames.
func (in *inbound) next() (websocket.Opcode, []byte, error) {
	for {
		for in.skip > 0 {
			if err := in.fill(1); err != nil {
				return 0, nil, err
			}
			n := min(in.skip, uint64(len(in.buf)))
			in.buf, in.skip = in.buf[n:], in.skip-n
		}
		h, err := in.header()
		switch {
		case err != nil:
		case h.Opcode.Control():
			err = in.control(h)
		case in.dropping:
			in.skip = h.Length
		default:
			if err = in.data(h); err == nil && in.asm.Done() {
				op, b := in.asm.Message()
				in.fresh()
				return op, b, nil
			}
		}
		if err != nil {
			return 0, nil, err
		}
	}
}

// fresh begins a new message.
func (in *inbound) fresh() { in.asm, in.part = websocket.Assembler{Limit: in.asm.Limit}, 0 }

func (in *inbound) header() (websocket.Header, error) {
	for {
		h, n, err := websocket.ParseHeader(in.buf, true)
		if err != nil {
			return h, err
		}
		if n > 0 {
			in.buf = in.buf[n:]
			return h, nil
		}
		if err := in.fill(len(in.buf) + 1); err != nil {
			return h, err
		}
	}
}

// data reads a data frame. An error of the socket may not be the end: then the rest of
// the frame is skipped.
func (in *inbound) data(h websocket.Header) error {
	if err := in.asm.Begin(h); err != nil {
		var we *websocket.Error
		if errors.As(err, &we) && we.Code == websocket.TooBig {
			in.fresh()
			in.dropping, in.skip = true, h.Length
		}
		return err
	}
	for in.asm.Left() > 0 {
		b := in.buf
		if len(b) == 0 && in.asm.Left() > readBuffer {
			if err := in.long(); err != nil {
				in.skip = in.asm.Left()
				return err
			}
			continue
		}
		if len(b) == 0 {
			if err := in.fill(1); err != nil {
				in.skip = in.asm.Left()
				return err
			}
			b = in.buf
		}
		rest, err := in.asm.Append(b)
		in.part += len(b) - len(rest)
		if in.buf = rest; err != nil {
			return err
		}
	}
	return nil
}

// long reads a piece of a frame that is longer than the buffer.
func (in *inbound) long() error {
	piece := bufpool.Get(readPiece)
	defer piece.Free()
	n, err := in.read(piece.B[:min(in.asm.Left(), readPiece)])
	if err != nil {
		return err
	}
	in.part += n
	_, err = in.asm.Append(piece.B[:n])
	return err
}

// control reads a control frame and does what it says.
func (in *inbound) control(h websocket.Header) error {
	n := int(h.Length)
	if err := in.fill(n); err != nil {
		in.skip = h.Length
		return err
	}
	payload := in.buf[:n]
	in.buf = in.buf[n:]
	websocket.Mask(payload, h.Key, 0)
	switch h.Opcode {
	case websocket.Ping:
		in.c.out.sendPong(payload)
	case websocket.Close:
		code, _, err := websocket.ParseClose(payload)
		if err != nil {
			return err
		}
		in.code = code
		return errClosed
	}
	return nil
}

// fill has buf hold n bytes or more, which must be fewer than the buffer has.
func (in *inbound) fill(n int) error {
	if len(in.buf) >= n {
		return nil
	}
	if in.space == nil {
		in.space = make([]byte, readBuffer)
	}
	have := copy(in.space, in.buf)
	for have < n {
		m, err := in.read(in.space[have:])
		if have += m; err != nil {
			in.buf = in.space[:have]
			return err
		}
	}
	in.buf = in.space[:have]
	return nil
}

// read reads from the connection when there is room for more, and asks the client now
// and then whether it is still there.
func (in *inbound) read(b []byte) (int, error) {
	c := in.c
	c.awaitRoom(in.part)
	for {
		by, err := c.armRead(in.pinged)
		if err != nil {
			return 0, err
		}
		n, err := c.conn.Read(b)
		switch {
		case n > 0:
			in.pinged = false
			return n, nil // an error comes again
		case err == nil || isTimeout(err) && time.Now().Before(by): // somebody has changed the time
		case !isTimeout(err):
			return 0, err
		case c.limited():
			return 0, errLate
		case in.pinged:
			return 0, errSilent
		default:
			in.pinged = true
			c.out.sendPing()
		}
	}
}

// armRead sets the time for the next read, and returns it.
func (c *socket) armRead(pinged bool) (by time.Time, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.cutting && !c.closing:
		return by, errCut
	case !c.by.IsZero():
		by = c.by
	case pinged:
		by = time.Now().Add(c.site.host.KeepaliveTimeout)
	default:
		by = time.Now().Add(c.pingTime())
	}
	return by, c.conn.SetReadDeadline(by)
}

func (c *socket) pingTime() time.Duration {
	if d := c.site.host.KeepaliveTime; d > 0 {
		return d
	}
	return keepalive
}

// limited reports whether reading has an end.
func (c *socket) limited() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.by.IsZero()
}
